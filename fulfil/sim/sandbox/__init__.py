"""The sandbox payment channel: a provider as its own process, with cashier, callbacks, refunds and bills.

`command.py` serves it. `book.py` keeps charges and refunds, `outbox.py` delivers signed
callbacks, `web.py` is its HTTP, `inside.py` is the same channel without a process, for virtual clocks.
"""
