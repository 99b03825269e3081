"""`fulfil simulate`: the real shop on a virtual clock, people who err, a network and a channel that fail.

One process, one thread, one heap of what happens next. Every actor has its own randomness from the seed, so
the same seed gives the same history bit for bit. Nothing in here knows the inside of the shop: people speak
HTTP, devices follow their person's log of pushes, and what they were told is compared with the database.
"""
