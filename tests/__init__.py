"""Tests of fulfil: the folders mirror the source; servers.py and conftest.py give every test its database."""
