"""Draws every state machine of the house: `python -m fulfil.app.drawings > docs/states.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

from fulfil.contracts.folders import FOLDERS
from fulfil.kit.states import Machine

HEAD = """\
# States

Written by `make states` from the tables in each folder's `states.py`; do not edit it by hand.
A machine is a table `{state: {event: state}}`. Only `fulfil/kit/moves.py` moves a row along it, and every
move is a row of `history`. An event that a state's row does not name is refused with 409 `illegal_move`.
"""


def document() -> str:
    """The page with every machine as a Mermaid diagram, in the order in which an order meets the folders."""
    sections = [
        f"## {machine.name}\n\n`fulfil/{folder.replace('.', '/')}/states.py`\n\n"
        f"```mermaid\n{machine.drawing()}\n```\n"
        for folder, machine in machines()
    ]
    return "\n".join([HEAD, *sections])


def machines() -> Iterator[tuple[str, Machine]]:
    """Every machine with the folder that owns it."""
    for folder in FOLDERS:
        name = f"fulfil.{folder}.states"
        if find_spec(name):
            for value in vars(import_module(name)).values():
                if isinstance(value, Machine):
                    yield folder, value


if __name__ == "__main__":
    sys.stdout.write(document())
