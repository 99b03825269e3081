"""Expected refusals. Each has an HTTP status and a stable code; anything else that is raised is a bug."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is understood and refused. `extra` goes into the problem document beside `detail`."""

    status = 409
    code = "refused"
    title = "The request was refused."

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """The RFC 9457 document of this refusal."""
        return {
            **self.extra,
            "type": f"urn:fulfil:problem:{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
        }


class Invalid(Refusal):
    status, code, title = 422, "invalid", "The request is malformed."


class Malformed(Refusal):
    status, code, title = 400, "malformed", "The body is not the JSON that is expected."


class Unauthenticated(Refusal):
    status, code, title = 401, "unauthenticated", "Sign in first."


class Forbidden(Refusal):
    status, code, title = 403, "forbidden", "You may not do this."


class NotFound(Refusal):
    status, code, title = 404, "not_found", "There is no such thing here."


class Conflict(Refusal):
    status, code, title = 409, "conflict", "The state does not allow this."


class TooMany(Refusal):
    status, code, title = 429, "too_many", "Too many requests. Wait and try again."


class Unavailable(Refusal):
    status, code, title = 503, "unavailable", "This does not work at the moment. Try again soon."


class CallRefused(Unavailable):
    code, title = "dependency_unavailable", "A system that this needs is not available at the moment."


class IllegalMove(Conflict):
    code, title = "illegal_move", "The state does not allow this step."

    def __init__(self, machine: str, state: str, event: str) -> None:
        super().__init__(f"{machine}: {event} is not possible in {state}.", state=state, event=event)
        self.machine, self.state, self.event = machine, state, event


class StaleRow(Conflict):
    code, title = "stale_version", "Somebody else changed this first. Read it again."


class ConfigError(Exception):
    """A wrong setting. The message says which, and what it must be."""
