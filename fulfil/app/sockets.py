"""Socket.IO: pushes and presence only. What is pushed stands in a person's live log first (kit.live).

`/terminal` replays and follows the log of the person who signed in. `/board` and `/track` send only `changed`
hints. Every event of a client is authorised anew; the socket of an ended session is closed within seconds.
A node pushes to its own sockets only: hints (kit.signals) tell it that another node wrote, and it also looks
into the logs by itself, so that a hint that got lost only costs a moment.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from itertools import count
from typing import Any

from flask import Flask

from fulfil.app.namespaces import BoardNamespace, Follower, TerminalNamespace, TrackNamespace
from fulfil.app.websockets import WAITING_PACKETS_MAX, Server, cut
from fulfil.kit.base import Kit
from fulfil.kit.db import Tx
from fulfil.kit.security import Principal
from fulfil.kit.signals import SESSIONS
from fulfil.staff import service as staff
from fulfil.trade.orders import queries as orders

log = logging.getLogger("fulfil.sockets")

MESSAGE_BYTES_MAX = 64 * 1024
HINT_SECONDS = 0.2
LOOK_SECONDS = 10.0
LOOK_OFTEN_SECONDS = 1.0  # while hints of other processes may be missing
LOOKS_PER_CHANGED = 5  # watchers fetch a whole snapshot for a hint: while none arrive they get fewer
PUSH_AT_ONCE = 500
SESSION_CHECK_SECONDS = 3.0
NAMESPACES = ("/terminal", "/board", "/track")


class Sockets:
    """The connected clients of this node and the loops that serve them; only one of them pushes."""

    def __init__(self, app: Flask, kit: Kit) -> None:
        self._kit = kit
        self.server = Server(app, NAMESPACES, MESSAGE_BYTES_MAX)
        self.followers: dict[str, Follower] = {}
        self._boards: dict[str, int] = {}
        self._programs: dict[str, int] = {}
        self._by_person: dict[int, set[str]] = {}
        self._woken_people: set[int] = set()
        self._woken = threading.Event()
        self._topics: set[str] = set()
        self._changed = threading.Event()
        self._ended: set[int] = set()
        self._some_ended = threading.Event()
        self._gap_ended = threading.Event()
        for namespace in (
            TerminalNamespace("/terminal", self),
            BoardNamespace("/board", self),
            TrackNamespace("/track", self),
        ):
            self.server.on_namespace(namespace)
        kit.live.on_wake(self._wake)
        kit.live.on_changed(self._hint)
        kit.signals.hear(SESSIONS, self._end)
        kit.signals.hear_of_gaps(self._gap_ended.set)

    def start(self) -> None:
        """Start the loops; greenlets under gevent."""
        for loop in (
            self._push_forever,
            self._hint_forever,
            self._check_sessions_forever,
            self._look_forever,
            self.server.ping_forever,
        ):
            self.server.start_background_task(loop)

    def principal(self, token: Any) -> Principal:
        """The owner of a socket's token. Raises Refusal."""
        with self._kit.db.read() as tx:
            return self._kit.security.principal(tx, token if isinstance(token, str) else "", {})

    def order_of_link(self, token: str) -> int | None:
        """The order that a customer's link leads to."""
        with self._kit.db.read() as tx:
            return orders.order_no_of_track_token(tx, token)

    def follow(self, follower: Follower) -> None:
        self.followers[follower.sid] = follower
        self._by_person.setdefault(follower.person_id, set()).add(follower.sid)
        self._kit.metrics.level("handhelds_connected", len(self.followers))

    def unfollow(self, sid: str) -> None:
        follower = self.followers.pop(sid, None)
        if follower is not None:
            of_person = self._by_person[follower.person_id]
            of_person.discard(sid)
            if not of_person:
                del self._by_person[follower.person_id]
        self._kit.metrics.level("handhelds_connected", len(self.followers))

    def watch(self, sid: str, who: Principal) -> None:
        """Remember what opened a board: a person's session or a program's token."""
        if who.session_id is None:
            self._programs[sid] = who.id
        else:
            self._boards[sid] = who.session_id

    def unwatch(self, sid: str) -> None:
        self._boards.pop(sid, None)
        self._programs.pop(sid, None)

    def hello(self, follower: Follower, since: int) -> None:
        """The device has everything up to `since`: the next push replays what it has missed."""
        follower.asked = since
        self._wake({follower.person_id})

    def beat(self, person_id: int, battery: int | None, queued: int | None) -> None:
        self._kit.services["presence"].beat(person_id, battery=battery, queued=queued)

    def drop(self, sid: str, namespace: str) -> None:
        """Break the connection, as the network would: the device comes back by itself."""
        if (connection := self._connection(sid, namespace)) is not None:
            cut(connection)

    def _connection(self, sid: str, namespace: str) -> Any:
        """What carries a socket, None when it is gone."""
        return self.server.eio.sockets.get(self.server.server.manager.eio_sid_from_sid(sid, namespace))

    def close_session(self, session_id: int) -> None:
        """Cut the sockets of an ended session."""
        for follower in [f for f in self.followers.values() if f.session_id == session_id]:
            self._cut(follower)
        for sid in [sid for sid, opened_by in self._boards.items() if opened_by == session_id]:
            self._cut_board(sid)

    def _cut_board(self, sid: str) -> None:
        self.server.server.disconnect(sid, namespace="/board")
        self.unwatch(sid)

    def _cut(self, follower: Follower) -> None:
        self.server.emit("signed_out", {}, to=follower.sid, namespace="/terminal")
        self.server.server.disconnect(follower.sid, namespace="/terminal")
        self.unfollow(follower.sid)

    def _wake(self, people: Collection[int]) -> None:
        self._woken_people.update(people)
        self._woken.set()

    def _end(self, session_ids: Collection[int]) -> None:
        self._ended.update(session_ids)
        self._some_ended.set()

    def _hint(self, topic: str) -> None:
        self._topics.add(topic)
        self._changed.set()

    def _push_forever(self) -> None:
        while True:
            self._woken.wait()
            self._woken.clear()
            people, self._woken_people = self._woken_people, set()
            try:
                self.push(people)
            except Exception:
                log.exception("pushing stumbled")
                self._woken_people |= people
                self.server.sleep(0.2)
                self._woken.set()

    def push(self, people: Collection[int]) -> None:
        """Send these people's devices what their logs hold beyond what they have. One loop does this."""
        waiting = [
            self.followers[sid]
            for person in sorted(people)
            for sid in sorted(self._by_person.get(person, ()))
        ]
        for first in range(0, len(waiting), PUSH_AT_ONCE):
            some = waiting[first : first + PUSH_AT_ONCE]
            with self._kit.db.read() as tx:
                missed = self._missed(tx, some)
            for follower, head, events in missed:
                self._send(follower, head, events)

    def _missed(self, tx: Tx, some: Collection[Follower]) -> list[tuple[Follower, int, list | None]]:
        """Of these, who lags behind: the number of the last push, and all that were missed."""
        heads = self._kit.live.heads(tx, {follower.person_id for follower in some})
        found = []
        for follower in some:
            has, head = follower.caught_up(), heads.get(follower.person_id, 0)
            if has is not None and has != head:
                found.append((follower, head, self._kit.live.since(tx, follower.person_id, has)))
        return found

    def _send(self, follower: Follower, head: int, events: list[dict[str, Any]] | None) -> None:
        """Push, or tell the device to fetch everything anew where the log no longer reaches back."""
        connection = self._connection(follower.sid, "/terminal")
        if connection is not None and connection.queue.qsize() > WAITING_PACKETS_MAX:
            log.warning("a device does not read; it is cut off")
            self.drop(follower.sid, "/terminal")
            return
        follower.sent = head
        if events is None:
            self.server.emit("reset", {"seq": head}, to=follower.sid, namespace="/terminal")
            return
        for happened in events:
            self._kit.db.failpoints.hit("push:before-send")
            self.server.emit("event", happened, to=follower.sid, namespace="/terminal")
            self._kit.db.failpoints.hit("push:after-send")

    def _look_forever(self) -> None:
        """Look into all logs followed here, whatever was hinted at; often while hints may be missing."""
        for n in count(1):
            complete = self._kit.signals.complete
            gap_ended = self._gap_ended.wait(LOOK_SECONDS if complete else LOOK_OFTEN_SECONDS)
            self._gap_ended.clear()
            self._wake(self._by_person)
            if gap_ended or (not complete and n % LOOKS_PER_CHANGED == 0):
                for topic in self._watched():
                    self._hint(topic)

    def _watched(self) -> list[str]:
        """What the boards and tracking pages of this node watch."""
        rooms = self.server.server.manager.rooms
        return [
            room
            for namespace in ("/board", "/track")
            for room in rooms.get(namespace, ())
            if room and room.startswith(f"{namespace[1:]}:")
        ]

    def _hint_forever(self) -> None:
        while True:
            self._changed.wait()
            self._changed.clear()
            topics, self._topics = self._topics, set()
            for topic in sorted(topics):
                namespace = "/" + topic.partition(":")[0]
                self.server.emit("changed", {"topic": topic}, to=topic, namespace=namespace)
            self.server.sleep(HINT_SECONDS)

    def _check_sessions_forever(self) -> None:
        while True:
            self._some_ended.wait(SESSION_CHECK_SECONDS)
            self._some_ended.clear()
            try:
                ended, self._ended = self._ended, set()
                for session_id in sorted(ended):
                    self.close_session(session_id)
                self._check_sessions()
            except Exception:
                log.exception("checking sessions stumbled")

    def _check_sessions(self) -> None:
        sessions = {f.session_id for f in self.followers.values()} | {*self._boards.values()}
        tokens = {*self._programs.values()}
        if not sessions and not tokens:
            return
        with self._kit.db.read() as tx:
            live = staff.sessions_live(tx, sessions)
            tokens_live = staff.tokens_live(tx, tokens)
        for session_id in sessions - {*live}:
            self.close_session(session_id)
        for sid in [sid for sid, token in self._programs.items() if token in tokens - tokens_live]:
            self._cut_board(sid)
