"""Cases and refunds of orders: why money goes back, of which line, and whether it arrived (A1, A2, A7).

Amounts come from the shares that were frozen when the order was placed; payments moves the money and its
channel has the last word. The order itself is never marked short or returned (F2).
"""
