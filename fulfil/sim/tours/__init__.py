"""Which orders are picked in one tour, found at leisure: what the shop's own tours are measured against.

A shop decides in milliseconds, again and again while orders come (`fulfil/dispatch/rules/tours.py`). Here all
orders of a problem are known, and there is as much time as is given. numpy and HiGHS are loaded here.
"""
