"""How long everything is kept: what goes by age, what is archived, what is erased (docs/retention.md).

It stands above the folders whose rows it takes away, because an order is whole only across all of them.
"""
