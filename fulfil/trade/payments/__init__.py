"""Payment documents of orders, transactions at payment channels, refunds to the payer (P1–P4, P8, P10).

An order's payment document and the channel's transaction are two records: the transaction has a serial
number and an unguessable token and never sees the order. What a channel says is the truth: a timeout is
unknown and asked again, money that comes late is told to the order, which decides.
"""
