"""The command line. `main` is the entry; the commands stand in files by what they are for."""

from fulfil.cli.entry import main

__all__ = ["main"]
