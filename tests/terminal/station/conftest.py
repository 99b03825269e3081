from tests.terminal.floor_desk import open_desk, shop, stand_in

__all__ = ["open_desk", "shop", "stand_in"]
