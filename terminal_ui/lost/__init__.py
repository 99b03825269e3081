"""What a person sees instead of a problem document: an address that leads nowhere, a server in trouble.

`pages.py` looks at every answer on its way out; programs still get `application/problem+json`.
"""
