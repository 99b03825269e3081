"""How much goes wrong: chances of every fault that is injected, by level."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Faults:
    """Chances from 0 to 1, of one message, op, ticket, order, call or look at a device.

    `hits_to_crash` is the mean number of failpoints between two crashes of the server; `…_every` are mean
    seconds between two; 0 for none.
    """

    lose_request: float = 0.0
    lose_answer: float = 0.0
    double: float = 0.0
    delay: float = 0.0
    cut_push: float = 0.0
    double_push: float = 0.0
    hits_to_crash: int = 0
    crash_again: float = 0.0
    stall: float = 0.0
    channel_lost: float = 0.0
    channel_silent: float = 0.0
    channel_crash: float = 0.0
    callback_double: float = 0.0
    callback_late: float = 0.0
    callback_never: float = 0.0
    refund_fails: float = 0.0
    wrong_amount: float = 0.0
    pay_late: float = 0.0
    device_lost: float = 0.0
    device_silent: float = 0.0
    human_error: float = 0.0
    hundredfold: float = 0.0
    second_login: float = 0.0
    device_away: float = 0.0
    device_clock: float = 0.0
    callback_forged: float = 0.0
    worker_paused: float = 0.0
    io_error: float = 0.0
    disk_full_every: float = 0.0
    clock_jump_every: float = 0.0


LEVELS = {
    "none": Faults(),
    "light": Faults(
        lose_request=0.005,
        lose_answer=0.005,
        double=0.01,
        delay=0.005,
        cut_push=0.01,
        double_push=0.01,
        hits_to_crash=15_000,
        crash_again=0.1,
        stall=0.01,
        channel_lost=0.01,
        channel_silent=0.02,
        channel_crash=0.001,
        callback_double=0.1,
        callback_late=0.1,
        callback_never=0.01,
        refund_fails=0.01,
        wrong_amount=0.002,
        pay_late=0.01,
        device_lost=0.002,
        device_silent=0.002,
        human_error=0.02,
        hundredfold=0.0002,
        second_login=0.0002,
        device_away=0.0001,
        device_clock=0.02,
        callback_forged=0.02,
        worker_paused=0.002,
        io_error=0.00005,
        disk_full_every=40_000,
        clock_jump_every=40_000,
    ),
    "heavy": Faults(
        lose_request=0.05,
        lose_answer=0.05,
        double=0.1,
        delay=0.05,
        cut_push=0.1,
        double_push=0.1,
        hits_to_crash=1_500,
        crash_again=0.3,
        stall=0.05,
        channel_lost=0.05,
        channel_silent=0.1,
        channel_crash=0.02,
        callback_double=0.4,
        callback_late=0.3,
        callback_never=0.1,
        refund_fails=0.1,
        wrong_amount=0.01,
        pay_late=0.05,
        device_lost=0.02,
        device_silent=0.015,
        human_error=0.08,
        hundredfold=0.002,
        second_login=0.003,
        device_away=0.001,
        device_clock=0.2,
        callback_forged=0.2,
        worker_paused=0.03,
        io_error=0.001,
        disk_full_every=7_000,
        clock_jump_every=7_000,
    ),
}
