"""What clients of each socket namespace may say, and who may open it. Every event is authorised anew."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_socketio import ConnectionRefusedError, Namespace

from fulfil.kit import json_body
from fulfil.kit.errors import Refusal, Unavailable
from fulfil.kit.security import Principal

if TYPE_CHECKING:
    from fulfil.app.sockets import Sockets

BOARD_ROLES = frozenset({"supervisor", "operator", "finance", "admin"})
QUEUED_MAX, SEQ_MAX = 100_000, 2**53
TRACK_TOKEN = re.compile(r"[0-9a-zA-Z_-]{1,100}")


@dataclass
class Follower:
    """A connected handheld. `sent` is the last number pushed to it, None before its first hello is answered.

    `asked` is the number that its last hello named, until that is answered.
    """

    sid: str
    person_id: int
    session_id: int
    token: str
    sent: int | None = None
    asked: int | None = None

    def caught_up(self) -> int | None:
        """The number that it has; a hello counts for more than what was pushed before."""
        if self.asked is not None:
            self.sent, self.asked = self.asked, None
        return self.sent


class Bare(Namespace):
    """Handlers are told the `sid`: Flask-SocketIO would enter a request's context for each event.

    What a client says beyond an event's one message is not heard.
    """

    def trigger_event(self, event: str, *args: Any) -> Any:
        return super(Namespace, self).trigger_event(event, *args)


class TerminalNamespace(Bare):
    """Handhelds and stations of signed-in staff."""

    def __init__(self, name: str, sockets: Sockets) -> None:
        super().__init__(name)
        self._sockets = sockets

    def on_connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        who = _principal_or_refuse(self._sockets, sid, self.namespace, auth)
        if who.kind != "staff" or who.session_id is None:
            raise ConnectionRefusedError("forbidden")
        self._sockets.follow(Follower(sid, who.id, who.session_id, auth["token"]))
        self._sockets.beat(who.id, None, None)

    def on_disconnect(self, sid: str, *_: Any) -> None:
        self._sockets.unfollow(sid)

    def on_hello(self, sid: str, message: Any = None, *_: Any) -> None:
        follower = self._authorised(sid)
        if follower is None:
            return
        since = message.get("since") if isinstance(message, dict) else None
        if isinstance(since, bool) or not isinstance(since, int) or not 0 <= since <= SEQ_MAX:
            self.emit(
                "refused", {"code": "invalid", "detail": "hello needs `since`, a whole number."}, room=sid
            )
            return
        self._sockets.hello(follower, since)

    def on_beat(self, sid: str, message: Any = None, *_: Any) -> None:
        follower = self._authorised(sid)
        if follower is None:
            return
        told = message if isinstance(message, dict) else {}
        self._sockets.beat(
            follower.person_id, _whole(told.get("battery"), 100), _whole(told.get("queued"), QUEUED_MAX)
        )

    def _authorised(self, sid: str) -> Follower | None:
        follower = self._sockets.followers.get(sid)
        try:
            if follower is None:
                raise Refusal()
            self._sockets.principal(follower.token)
        except Unavailable:
            self._sockets.drop(sid, "/terminal")
            return None
        except Refusal:
            self.emit("signed_out", {}, room=sid)
            self.disconnect(sid)
            return None
        return follower


class BoardNamespace(Bare):
    """Supervisors' boards: `changed` hints of one shop."""

    def __init__(self, name: str, sockets: Sockets) -> None:
        super().__init__(name)
        self._sockets = sockets

    def on_connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        who = _principal_or_refuse(self._sockets, sid, self.namespace, auth)
        store_id = _store_meant(auth, who)
        if who.kind != "staff" or not who.roles & BOARD_ROLES or not who.sees(store_id):
            raise ConnectionRefusedError("forbidden")
        self.enter_room(sid, f"board:{store_id}")
        self._sockets.watch(sid, who)

    def on_disconnect(self, sid: str, *_: Any) -> None:
        self._sockets.unwatch(sid)


class TrackNamespace(Bare):
    """Customers who hold an order's link: `changed` hints of that order."""

    def __init__(self, name: str, sockets: Sockets) -> None:
        super().__init__(name)
        self._sockets = sockets

    def on_connect(self, sid: str, _environ: Any, auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not TRACK_TOKEN.fullmatch(token):
            raise ConnectionRefusedError("invalid")
        if (order_no := self._sockets.order_of_link(token)) is None:
            raise ConnectionRefusedError("not_found")
        self.enter_room(sid, f"track:{order_no}")


def _principal_or_refuse(sockets: Sockets, sid: str, namespace: str, auth: Any) -> Principal:
    try:
        json_body.check(auth)
        return sockets.principal(auth.get("token") if isinstance(auth, dict) else None)
    except Unavailable:
        sockets.drop(sid, namespace)
        raise ConnectionRefusedError("unavailable") from None
    except Refusal as refusal:
        raise ConnectionRefusedError(refusal.code) from None


def _store_meant(auth: Any, who: Principal) -> int:
    """The shop whose board is asked for: the one named, else the caller's only one."""
    if "store_id" not in auth and who.store_ids is not None and len(who.store_ids) == 1:
        return next(iter(who.store_ids))
    named = str(auth.get("store_id", ""))
    if not named.isascii() or not named.isdigit() or len(named) > 18:
        raise ConnectionRefusedError("invalid")
    return int(named)


def _whole(value: Any, most: int) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        return None
    return value
