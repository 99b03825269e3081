"""The customer's ordering page at `/`: products, basket, checkout, payment, and the customer's orders.

Each address after `#` is one view (`#/checkout`). `main.js` draws the frame; `state.js` holds shop, products
and basket; `account.js` says who the customer is; `placing.js` orders and pays.
"""
