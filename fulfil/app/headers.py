"""The header fields of an HTTP request, read strictly (RFC 9112, section 5).

The standard library reads them as e-mail, which is lenient and takes a twentieth of a server's time. What two
readers could understand in two ways is refused here, because a proxy in front of us may be the other one:
folded lines, spaces around a name, two lengths, a length beside chunks.
"""

from __future__ import annotations

import re
from typing import BinaryIO

LINE_BYTES_MAX = 65_536
FIELDS_MAX = 100
ONCE = frozenset({"content-length", "transfer-encoding", "host"})
# A token, a colon, and a value without control characters; latin-1 as WSGI wants it. No two of its parts take
# the same character: blanks are stripped afterwards, because trying where they belong costs their cube.
FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00-\x08\x0a-\x1f\x7f]*)\r?\n")
BLANKS = " \t"
LENGTH = re.compile(r"[0-9]{1,18}")


class Headers:
    """What gevent's handler asks of the header fields. `status` says what is wrong with them, else ""."""

    def __init__(self, lines: BinaryIO) -> None:
        self.headers: list[str] = []  # "Name: value" each
        self._values: dict[str, str] = {}
        self.status = self._read(lines)

    @property
    def typeheader(self) -> str | None:
        return self._values.get("content-type")

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of a field."""
        return self._values.get(name.lower(), default)

    getheader = get

    def __delitem__(self, name: str) -> None:
        """Forget a field, as gevent does with a length beside chunks. Raises KeyError where there is none."""
        del self._values[name.lower()]

    def _read(self, lines: BinaryIO) -> str:
        while (line := lines.readline(LINE_BYTES_MAX + 1)) not in (b"\r\n", b"\n"):
            if len(line) > LINE_BYTES_MAX or len(self.headers) == FIELDS_MAX:
                return "too long"
            if (field := FIELD.fullmatch(line.decode("latin-1"))) is None:
                return "not a header field"
            name, value = field[1], field[2].strip(BLANKS)
            key = name.lower()
            if key in ONCE and key in self._values:
                return f"two of {name}"
            self._values.setdefault(key, value)
            self.headers.append(f"{name}: {value}")
        return self._ambiguous()

    def _ambiguous(self) -> str:
        length, coding = self.get("content-length"), self.get("transfer-encoding")
        if length is not None and not LENGTH.fullmatch(length):
            return "no length"
        if coding is not None and (length is not None or coding.lower() != "chunked"):
            return "no way to tell where the body ends"
        return ""
