"""The shop floor of tests/floor.py."""

from tests.floor import floor

__all__ = ["floor"]
