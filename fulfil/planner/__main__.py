"""`python -m fulfil.planner`: answers a server's questions over its standard input and output.

It ends with the server, however that ends: as soon as nobody holds the other end of the pipe.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import threading

from fulfil.planner.answers import ANSWERS
from fulfil.planner.frames import packed, receive, send

QUESTION_BYTES_MAX = 1_000_000
MEMORY_BYTES_MAX = 1 << 30  # ten times what it was seen to need: more is an error
NICENESS = 5  # the serving loop goes first


def main() -> None:
    """Answer until the server closes its end. What goes wrong in an answer is told, and ends nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints does not reach the server
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    with os.fdopen(os.dup(0), "rb") as questions:
        while True:
            try:
                name, payload = receive(questions, QUESTION_BYTES_MAX)
            except EOFError:
                return
            send(answers, packed(_answer(name, payload)))


def _answer(name: str, payload: object) -> dict[str, object]:
    try:
        return {"answer": ANSWERS[name](payload)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _end_with_the_server() -> None:
    hung_up = select.poll()
    hung_up.register(0, 0)
    hung_up.poll()
    os._exit(0)


if __name__ == "__main__":
    main()
