"""Use cases of the payment centre, one file each; this is what orders and aftersales call."""

from fulfil.trade.payments.queries import captured
from fulfil.trade.payments.service.channel import Channel, channel_named
from fulfil.trade.payments.service.channels import channels
from fulfil.trade.payments.service.documents import close, close_extra, foresee, open_document, open_extra
from fulfil.trade.payments.service.hearing import hear_notice, sweep_nonces
from fulfil.trade.payments.service.holding import resolve
from fulfil.trade.payments.service.polling import MORE_TASK, ask_more, ask_silent, query_payment
from fulfil.trade.payments.service.refunding import refund, refund_again, refunds_once
from fulfil.trade.payments.service.sandbox import SandboxChannel
from fulfil.trade.payments.service.starting import ask_channel, cashier, intend, intend_extra

__all__ = [
    "MORE_TASK",
    "Channel",
    "SandboxChannel",
    "ask_channel",
    "ask_more",
    "ask_silent",
    "captured",
    "cashier",
    "channel_named",
    "channels",
    "close",
    "close_extra",
    "foresee",
    "hear_notice",
    "intend",
    "intend_extra",
    "open_document",
    "open_extra",
    "query_payment",
    "refund",
    "refund_again",
    "refunds_once",
    "resolve",
    "sweep_nonces",
]
