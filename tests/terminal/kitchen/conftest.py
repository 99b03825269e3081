from tests.terminal.floor_desk import open_desk, shop

__all__ = ["open_desk", "shop"]
