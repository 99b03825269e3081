"""Machines of dispatch: fulfilment order, ticket, tour, offer and bag."""

from __future__ import annotations

from enum import StrEnum

from fulfil.kit.states import Machine


class FulfilmentState(StrEnum):
    OPEN = "open"
    WORKING = "working"
    READY = "ready"
    HANDED_OVER = "handed_over"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    VOID = "void"


class TicketState(StrEnum):
    QUEUED = "queued"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    WORKING = "working"
    DONE = "done"
    CANCELLED = "cancelled"


class TourState(StrEnum):
    OFFERED = "offered"
    WALKING = "walking"
    DONE = "done"
    DISSOLVED = "dissolved"


class OfferState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class BagState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    SEALED = "sealed"
    SHELVED = "shelved"
    RELEASED = "released"
    MISSING = "missing"
    RETURNED = "returned"
    DISCARDED = "discarded"


_F, _T, _O, _B, _W = FulfilmentState, TicketState, OfferState, BagState, TourState

FULFILMENT = Machine(
    "fulfilment",
    _F.OPEN,
    {
        _F.OPEN: {"start": _F.WORKING, "cancel": _F.CANCELLING, "void": _F.VOID},
        _F.WORKING: {"ready": _F.READY, "cancel": _F.CANCELLING, "void": _F.VOID},
        _F.READY: {"hand_over": _F.HANDED_OVER, "cancel": _F.CANCELLING, "void": _F.VOID},
        _F.HANDED_OVER: {"deliver": _F.DELIVERED, "return_begin": _F.RETURNING},
        _F.RETURNING: {"return_end": _F.RETURNED, "deliver": _F.DELIVERED},
        _F.RETURNED: {"restage": _F.READY, "cancel": _F.CANCELLING},
        _F.CANCELLING: {"cancelled": _F.CANCELLED},
        _F.DELIVERED: {},
        _F.CANCELLED: {},
        _F.VOID: {},
    },
)

TICKET = Machine(
    "ticket",
    _T.QUEUED,
    {
        _T.QUEUED: {"offer": _T.OFFERED, "assign": _T.ACCEPTED, "carry": _T.WORKING, "cancel": _T.CANCELLED},
        _T.OFFERED: {
            "accept": _T.ACCEPTED,
            "decline": _T.QUEUED,
            "expire": _T.QUEUED,
            "withdraw": _T.QUEUED,
            "cancel": _T.CANCELLED,
        },
        _T.ACCEPTED: {
            "begin": _T.WORKING,
            "finish": _T.DONE,
            "give_back": _T.QUEUED,
            "take_over": _T.QUEUED,
            "cancel": _T.CANCELLED,
        },
        _T.WORKING: {
            "finish": _T.DONE,
            "give_back": _T.QUEUED,
            "take_over": _T.QUEUED,
            "cancel": _T.CANCELLED,
        },
        _T.DONE: {},
        _T.CANCELLED: {},
    },
)

TOUR = Machine(
    "tour",
    _W.OFFERED,
    {
        _W.OFFERED: {"accept": _W.WALKING, "dissolve": _W.DISSOLVED},
        _W.WALKING: {"join": _W.WALKING, "finish": _W.DONE, "dissolve": _W.DISSOLVED},
        _W.DONE: {},
        _W.DISSOLVED: {},
    },
)

OFFER = Machine(
    "offer",
    _O.PENDING,
    {
        _O.PENDING: {
            "accept": _O.ACCEPTED,
            "decline": _O.DECLINED,
            "expire": _O.EXPIRED,
            "withdraw": _O.WITHDRAWN,
        },
        _O.ACCEPTED: {},
        _O.DECLINED: {},
        _O.EXPIRED: {},
        _O.WITHDRAWN: {},
    },
)

BAG = Machine(
    "bag",
    _B.OPEN,
    {
        _B.OPEN: {"close": _B.CLOSED, "discard": _B.DISCARDED, "return": _B.RETURNED},
        _B.CLOSED: {"reopen": _B.OPEN, "seal": _B.SEALED, "return": _B.RETURNED},
        _B.SEALED: {"shelve": _B.SHELVED, "release": _B.RELEASED, "miss": _B.MISSING, "return": _B.RETURNED},
        _B.SHELVED: {"release": _B.RELEASED, "miss": _B.MISSING, "return": _B.RETURNED},
        _B.MISSING: {"find": _B.SHELVED, "return": _B.RETURNED},
        _B.RELEASED: {"return": _B.RETURNED},
        _B.RETURNED: {},
        _B.DISCARDED: {},
    },
)

LIVE_TICKET = (_T.QUEUED, _T.OFFERED, _T.ACCEPTED, _T.WORKING)
HELD_TICKET = (_T.ACCEPTED, _T.WORKING)
STOPPED = (_F.CANCELLING, _F.CANCELLED, _F.VOID, _F.RETURNED)
PAST_COUNTER = (_F.HANDED_OVER, _F.DELIVERED, _F.RETURNING)
