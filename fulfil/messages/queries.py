"""Every select on messages."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Row

from fulfil.kit.checks import Violation
from fulfil.kit.db import Tx
from fulfil.kit.moves import History
from fulfil.kit.statements import one_of
from fulfil.kit.tasks import Task
from fulfil.messages.errors import UnknownMessage
from fulfil.messages.model import Message
from fulfil.messages.states import MESSAGE, MessageState

TASK_KEY = "message:"
_MESSAGE = sa.select(*Message.__table__.c).where(Message.id == sa.bindparam("message"))


def message(tx: Tx, message_id: int) -> Row:
    """The message. Raises UnknownMessage."""
    row = tx.one(_MESSAGE, {"message": message_id})
    if row is None:
        raise UnknownMessage()
    return row


def found(tx: Tx, message_id: int) -> Row | None:
    """The message, None when it has been kept its time."""
    return tx.one(_MESSAGE, {"message": message_id})


def violations(tx: Tx) -> list[Violation]:
    """Invariants 11 (state is the last history row) and 14 (what waits to be sent has a task)."""
    table = Message.__tablename__
    last = sa.select(History.entity_id, History.seq, History.to_state).where(
        History.entity == table).subquery()
    stale = sa.select(Message.id).outerjoin(
        last, sa.and_(last.c.entity_id == Message.id, last.c.seq == Message.version),
    ).where(sa.or_(last.c.to_state.is_distinct_from(Message.state), Message.state.not_in(MESSAGE.states)))
    found = [Violation(11, table, str(row), "state differs from the last history row")
             for row in tx.scalars(stale)]
    key = sa.literal(TASK_KEY, sa.Text) + sa.cast(Message.id, sa.Text)
    forgotten = sa.select(Message.id).where(
        one_of(Message.state, MessageState.QUEUED), ~sa.exists().where(Task.key == key))
    return found + [Violation(14, table, str(row), "waits to be sent, and no task sends it")
                    for row in tx.scalars(forgotten)]
