"""The ground floor: transactions, tasks, states, the strict HTTP edge."""
