"""The screens: one folder a role (handheld, station, counter, …), each a web app on the shared `core`.

`pages.py` serves them all: the shells (one HTML page a role), the static assets under a content hash, and the
service worker. A browser module imports only from its own folder, from `core` and from
`vendor`; the board and the console also from `desk`.
"""
