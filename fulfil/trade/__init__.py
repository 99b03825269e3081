"""The trade side: all a customer buys with, from catalogue to refund; it knows no fulfilment."""
