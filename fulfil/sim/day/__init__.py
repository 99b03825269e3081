"""A day of one shop as the dispatcher's decisions make it: orders, walks, people – no database, no network.

The rules of dispatch and picking decide here as they do in the shop; what is left out is everything that is
not a decision. So a day of 4 000 orders takes seconds, and can be lived again with one rule taken away.
"""
