"""Who may be asked, as a plan sees them: what they can do, and what is in their hands or soon will not be."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Row

from fulfil.dispatch import queries, rules
from fulfil.dispatch.rules import Place, Policy, Work, Worker
from fulfil.dispatch.service import speeds, tickets
from fulfil.kit.db import Tx
from fulfil.staff import rules as staff_rules

EVERYBODY = 1_000_000
LONG = timedelta(hours=1)  # no ticket takes longer
CHOICE = 3  # people more than tickets, where it matters who stands near


class Crew:
    """Who may be asked, the least loaded first: of a big crew only as many as a plan can choose from.

    The database hands people out one by one for each stage, while this is entered.
    """

    def __init__(self, tx: Tx, store_id: int, policy: Policy) -> None:
        self._tx, self._store_id, self._policy = tx, store_id, policy
        self._rows: dict[tuple[str, bool], Iterator[Row]] = {}
        self._results = ExitStack()
        self._found: dict[int, Row] = {}
        # By stage and person: who was not found for a stage is not to be asked for it.
        self._in_hand: dict[str, dict[int, int]] = defaultdict(dict)
        self._free_in: dict[int, dict[str, int]] = defaultdict(dict)
        self._walking_to: dict[int, Place | None] = {}
        self._battery: dict[int, int | None] = {}
        self._seasoned: dict[tuple[str, str], bool] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *_: object) -> None:
        self._results.close()

    def for_any(self, stages: Sequence[str]) -> bool:
        """Whether there is somebody for one of these stages."""
        return any(self._next(stage) is not None for stage in stages)

    def look_for(self, works: Sequence[Work]) -> None:
        """Find enough people for each stage's work, and those whose hands will soon be free for it."""
        by_stage: dict[str, list[Work]] = defaultdict(list)
        for work in works:
            by_stage[work.stage].append(work)
        for stage, same in by_stage.items():
            wanted = self._wanted(same)
            for row in [self._found[person_id] for person_id in self._in_hand[stage]]:
                self._subtract(wanted, row)
            self._look(stage, wanted, hard=False)
            self._look(stage, wanted, hard=True)
        if by_stage:
            self._look_ahead(by_stage)

    def sessions(self) -> dict[int, int]:
        """The session of everybody who was found."""
        return {person_id: row.session_id for person_id, row in self._found.items()}

    def workers(self) -> list[Worker]:
        learned = speeds.of(self._tx, self._store_id).speeds
        return [
            Worker(
                person_id=person_id,
                roles=frozenset(row.roles),
                zones=frozenset(row.zones),
                live={stage: held.get(person_id, EVERYBODY) for stage, held in self._in_hand.items()},
                load_seconds=row.load_seconds,
                load_lines=row.load_lines,
                load_grams=row.load_grams,
                missed=row.missed,
                battery=self._battery[person_id],
                speed=learned.get(person_id, {}),
                free_in=self._free_in.get(person_id, {}),
                until=self._until(row),
                newcomer=self._is_new(row),
                place=self._walking_to.get(person_id, rules.point(row.x, row.y)),
            )
            for person_id, row in self._found.items()
        ]

    def offer_seconds(self) -> dict[int, int]:
        """How long an offer stands, for each who was found (floor rule 17)."""
        policy = self._policy
        return {
            person_id: policy.newcomer_offer_seconds if self._is_new(row) else policy.offer_seconds
            for person_id, row in self._found.items()
        }

    def for_newcomers(self, works: Sequence[Work]) -> list[Work]:
        """The work with what of it is not for newcomers, if any of those was found."""
        if not any(self._is_new(row) for row in self._found.values()):
            return list(works)
        return [replace(work, newcomers=False) if self._hard(work) else work for work in works]

    def _hard(self, work: Work) -> bool:
        """Whether it is not for newcomers: too hard for them, and somebody else is on duty for it."""
        if rules.for_newcomers(work.stage, work.zone, work.lines, alone=False, policy=self._policy):
            return False
        place = work.role, work.zone
        if place not in self._seasoned:
            self._seasoned[place] = queries.seasoned(
                self._tx, self._store_id, *place, self._policy.newcomer_tickets
            )
        return self._seasoned[place]

    def _wanted(self, works: Sequence[Work]) -> Counter[tuple[str, bool]]:
        """How many people of each zone are enough to choose from: one for each ticket and each who said no.

        And some more where it is known at what place work begins. True counts how many of them must not be
        new: for what is too hard for newcomers.
        """
        wanted: Counter[tuple[str, bool]] = Counter()
        for work in works:
            people = 1 + len(work.refused_by) + len(work.missed_by)
            wanted[work.zone, False] += people
            if self._hard(work):
                wanted[work.zone, True] += people
        for zone in {work.zone for work in works if work.place is not None}:
            wanted[zone, False] += CHOICE
        return wanted

    def _look(self, stage: str, wanted: Counter[tuple[str, bool]], *, hard: bool) -> None:
        """Find people until there are enough; for what is too hard for newcomers only those who are not new.

        Among a crew of newcomers the few others would be found only after all of them.
        """
        while (
            self._everybody(stage)
            and not hard
            or any(count > 0 for (_, is_hard), count in wanted.items() if is_hard == hard)
        ):
            row = self._next(stage, hard=hard)
            if row is None:
                return
            self._subtract(wanted, row)

    def _subtract(self, wanted: Counter[tuple[str, bool]], row: Row) -> None:
        """Count somebody off for what they can do; nobody who leaves soon, for it may take too long."""
        until = self._until(row)
        if until is None or until > self._tx.now + LONG:
            new, zones = self._is_new(row), {"all", *row.zones}
            wanted.subtract([(zone, hard) for zone, hard in wanted if zone in zones and not (hard and new)])

    def _until(self, row: Row) -> datetime | None:
        return staff_rules.works_until(self._tx.now, row.ends_at, row.break_at, row.break_ends_at)

    def _is_new(self, row: Row) -> bool:
        return row.tickets_done < self._policy.newcomer_tickets

    def _look_ahead(self, stages: Mapping[str, Sequence[Work]]) -> None:
        """Add who will have a hand free within a moment: when the first of their tickets should be done."""
        ends: dict[tuple[int, str], float] = {}
        places: dict[int, Place | None] = {}
        for row in queries.done_soon(self._tx, self._store_id, self._policy.look_ahead_seconds):
            soon = row.left_us / 1_000_000
            if row.stage in stages:
                place = row.assignee_id, row.stage
                ends[place] = min(soon, ends.get(place, soon))
                places[row.assignee_id] = rules.point(row.begins_x, row.begins_y)
        ends = {
            (person_id, stage): soon
            for (person_id, stage), soon in ends.items()
            if person_id not in self._in_hand[stage]
        }
        if not ends:
            return
        on_duty = queries.people_on_duty(self._tx, self._store_id, {person_id for person_id, _ in ends})
        here = {row.person_id: row for row in on_duty if self._asked(row)}
        for (person_id, stage), soon in ends.items():
            if person_id in here:
                self._found.setdefault(person_id, here[person_id])
                self._free_in[person_id][stage] = max(1, round(soon))
                self._walking_to[person_id] = places[person_id]

    def _next(self, stage: str, *, hard: bool = False) -> Row | None:
        """The next person for a stage who is in touch and may be offered work."""
        for row in self._of(stage, hard):
            if row.person_id in self._in_hand[stage] or not self._asked(row):
                continue
            self._found.setdefault(row.person_id, row)
            self._in_hand[stage][row.person_id] = row.in_hand
            if row.missed < self._policy.missed_max:
                return row
        return None

    def _asked(self, row: Row) -> bool:
        """Whether somebody is in touch."""
        seen = self._tx.kit.services["presence"].merged([row]).get(row.person_id)
        if seen is None or rules.contact(self._tx.now, seen.at, self._policy) != "here":
            return False
        self._battery[row.person_id] = seen.battery
        return True

    def _of(self, stage: str, hard: bool) -> Iterator[Row]:
        if (stage, hard) not in self._rows:
            role = tickets.stage_of(self._tx, stage).role
            roles = (role, *rules.STAND_IN.get(role, ()))
            most = EVERYBODY if self._everybody(stage) else self._policy.capacity.get(stage, 1)
            result = queries.free_people(
                self._tx,
                self._store_id,
                stage,
                roles,
                most,
                done=self._policy.newcomer_tickets if hard else 0,
            )
            self._rows[stage, hard] = iter(self._results.enter_context(closing(result)))
        return self._rows[stage, hard]

    def _everybody(self, stage: str) -> bool:
        """Whoever stands in does so only when nobody of the role is there, busy or not: all must be known."""
        return tickets.stage_of(self._tx, stage).role in rules.STAND_IN
