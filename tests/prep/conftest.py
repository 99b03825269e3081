"""The shop floor of tests/floor.py."""

from tests.floor import floor, sqlite_floor

__all__ = ["floor", "sqlite_floor"]
