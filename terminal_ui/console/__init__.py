"""The operators' console at `/console`: orders, cases, refunds, stuck things, stock, switches, figures.

`view.py` composes one order of what trade and the floor know, `goods.py` a product, `figures.py` what the
charts show; `api.py` gives them as JSON. `state.js` follows the shop by hints, `route.js` says which page the
address means; each page is a module of its own.
"""
