"""The scheduler 履约调度 (F3): fulfilment orders, tickets, offers, takeovers, containers, promise, board.

It alone hands work to people and knows nothing of what is inside a ticket: that is the stages' business.
"""
