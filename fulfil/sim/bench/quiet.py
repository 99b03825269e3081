"""A quiet demo shop in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from types import TracebackType
from typing import Any

from fulfil.sim import children


class QuietShop:
    """`with QuietShop() as shop:` runs `fulfil demo --quiet-shop`; `access` is its first line."""

    def __enter__(self) -> QuietShop:
        command = [sys.executable, "-m", "fulfil", "demo", "--quiet-shop", "--json", "--port", "0"]
        self._process = children.start(command, stdout=subprocess.PIPE)
        self.access: dict[str, Any] = json.loads(children.first_line(self._process, "the demo shop"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        children.end([self._process])
