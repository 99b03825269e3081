"""The customer's page `/track/<token>`, which needs no JavaScript, and the carrier's page `/ride/<token>`.

`view.py` composes what trade and the floor know of an order, `eta.py` when it comes, `api.py` gives it as
JSON, `pages.py` as HTML; `track.js` renews the page when something happens. `ride.js` is a third party's
rider's page over the carrier link.
"""
