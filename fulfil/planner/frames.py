"""Messages between a server and its planner: four bytes of length, then msgpack."""

from __future__ import annotations

from typing import Any, Protocol

import msgpack

LENGTH_BYTES = 4


class Stream(Protocol):
    """A file of bytes."""

    def read(self, size: int, /) -> bytes: ...

    def write(self, data: bytes, /) -> Any: ...

    def flush(self) -> None: ...


class Garbage(ValueError):
    """What came is no message."""


def packed(message: Any) -> bytes:
    """A message of plain values, instants with a zone included."""
    return msgpack.packb(message, datetime=True)


def send(stream: Stream, body: bytes) -> None:
    """Write a packed message."""
    stream.write(len(body).to_bytes(LENGTH_BYTES) + body)
    stream.flush()


def receive(stream: Stream, bytes_max: int) -> Any:
    """The next message; lists come as tuples. Raises EOFError, Garbage."""
    length = int.from_bytes(_exactly(stream, LENGTH_BYTES))
    if length > bytes_max:
        raise Garbage(f"a message of {length} bytes")
    try:
        return msgpack.unpackb(_exactly(stream, length), timestamp=3, strict_map_key=False, use_list=False)
    except (ValueError, TypeError, OverflowError, msgpack.UnpackException) as error:
        raise Garbage(str(error)) from error


def _exactly(stream: Stream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
