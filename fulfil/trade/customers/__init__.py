"""Who buys: guests by token, members by phone and one-time code; sessions of customers only."""
