"""The trade side: everything a customer buys with, from the catalogue to the refund; it knows no fulfilment."""
