"""A small shop on each database, as dispatch has it."""

from tests.dispatch.conftest import shop

__all__ = ["shop"]
