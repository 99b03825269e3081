from tests.terminal.open_house import house, visit

__all__ = ["house", "visit"]
