"""The books of the sandbox channel: transactions, charges and refunds; every charge happens once.

State is in memory; with a journal file every change is appended as a line, so a restart knows all charges.
The same seed gives the same tokens and numbers for the same serial numbers.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fulfil.kit.clock import Clock, rfc3339

PENDING, SUCCEEDED, FAILED = "pending", "succeeded", "failed"
OUTCOMES = (SUCCEEDED, FAILED, "timeout")
BILL_COLUMNS = (
    "type",
    "at",
    "channel_txn",
    "serial_no",
    "channel_refund",
    "refund_id",
    "amount",
    "currency",
    "account",
)


class BookRefused(Exception):
    """The channel says no. `status` is the HTTP status, `code` stable."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Transaction:
    """A payment that was asked for; `charged` minor units once it succeeded. `told`: a callback was heard."""

    serial_no: str
    amount: int
    currency: str
    account: str
    notify_url: str
    return_url: str
    pay_token: str
    state: str = PENDING
    charged: int = 0
    channel_txn: str | None = None
    settled_at: str | None = None
    told: bool = False

    def notice(self, state: str | None = None) -> dict[str, Any]:
        """What the channel says of it, now or of an earlier try."""
        state = state or self.state
        return {
            "type": "payment",
            "serial_no": self.serial_no,
            "state": state,
            "currency": self.currency,
            "channel_txn": self.channel_txn if state == SUCCEEDED else None,
            "account": self.account,
            "amount": self.charged if state == SUCCEEDED else self.amount,
        }


@dataclass
class Refund:
    """Money on its way back to the payer."""

    refund_id: str
    serial_no: str
    amount: int
    currency: str
    account: str
    notify_url: str
    channel_refund: str
    state: str = PENDING
    settled_at: str | None = None
    told: bool = False

    def notice(self) -> dict[str, Any]:
        return {
            "type": "refund",
            "serial_no": self.serial_no,
            "refund_id": self.refund_id,
            "state": self.state,
            "channel_refund": self.channel_refund,
            "amount": self.amount,
            "currency": self.currency,
        }


@dataclass
class Book:
    """All that the channel knows. `seed` None draws from the system's randomness."""

    clock: Clock
    seed: str | None = None
    journal: Path | None = None
    transactions: dict[str, Transaction] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    refund_failures: int = 0

    def __post_init__(self) -> None:
        self._by_token: dict[str, Transaction] = {}
        self._refunds_of: dict[str, dict[str, Refund]] = {}
        if self.journal is None:
            return
        if self.journal.exists():
            self._replay(self.journal.read_text(encoding="utf-8"))
        self._file = self.journal.open("a", encoding="utf-8")

    def create(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """Take a payment in; the same serial number again gives the same answer. 409 for another amount."""
        known = self.transactions.get(asked["serial_no"])
        if known is None:
            known = Transaction(
                asked["serial_no"],
                asked["amount"],
                asked["currency"],
                asked["account"],
                asked["notify_url"],
                asked["return_url"],
                self._token("pay", asked["serial_no"]),
            )
            self._keep(known)
        elif (known.amount, known.currency) != (asked["amount"], asked["currency"]):
            raise BookRefused(409, "serial_no_reused")
        return {"pay_token": known.pay_token, "state": known.state}

    def by_token(self, pay_token: str) -> Transaction:
        """The payment behind a cashier's address."""
        if pay_token not in self._by_token:
            raise BookRefused(404, "unknown_payment")
        return self._by_token[pay_token]

    def transaction(self, serial_no: str) -> Transaction:
        if serial_no not in self.transactions:
            raise BookRefused(404, "unknown_transaction")
        return self.transactions[serial_no]

    def pay(self, pay_token: str, outcome: str, amount: int | None = None) -> Transaction:
        """The customer pays, or is declined. A second try changes nothing once there was a charge.

        A declined payment may be tried again; `amount` lets a customer pay a wrong sum. "timeout": the money
        is taken and no callback follows.
        """
        found = self.by_token(pay_token)
        if found.state == SUCCEEDED:
            return found
        found.state = FAILED if outcome == FAILED else SUCCEEDED
        found.settled_at = rfc3339(self.clock.now())
        if found.state == SUCCEEDED:
            found.charged = found.amount if amount is None else amount
            found.channel_txn = f"SB{self._token('txn', found.serial_no)[:24]}"
        found.told = outcome == "timeout"
        self._keep(found)
        return found

    def refund(self, asked: Mapping[str, Any]) -> Refund:
        """Take a refund in, once per refund_id; one that failed may be asked for again.

        404 for an unknown payment, 409 for one that is not paid, too much, or an id with another amount.
        """
        charge = self.transaction(asked["serial_no"])
        known = self.refunds.get(asked["refund_id"])
        if known is not None and (known.serial_no, known.amount) != (charge.serial_no, asked["amount"]):
            raise BookRefused(409, "refund_id_reused")
        if known is not None and known.state != FAILED:
            return known
        if charge.state != SUCCEEDED or asked["amount"] > charge.charged - self._given_back(charge.serial_no):
            raise BookRefused(409, "nothing_to_refund")
        refund = Refund(
            asked["refund_id"],
            charge.serial_no,
            asked["amount"],
            charge.currency,
            charge.account,
            charge.notify_url,
            f"SR{self._token('refund', asked['refund_id'])[:24]}",
        )
        self._keep(refund)
        return refund

    def settle_refund(self, refund: Refund) -> Refund:
        """The bank's answer to a refund under way: paid back, unless a failure was asked for."""
        if refund.state != PENDING:
            return refund
        refund.state = FAILED if self.refund_failures > 0 else SUCCEEDED
        self.refund_failures = max(self.refund_failures - 1, 0)
        refund.settled_at = rfc3339(self.clock.now())
        self._keep(refund)
        return refund

    def heard(self, row: Transaction | Refund) -> None:
        """The shop has answered a callback: it is not sent again after a restart.

        A refund that was asked for again meanwhile stands as it is now: the older one's word is history.
        """
        if isinstance(row, Refund) and self.refunds.get(row.refund_id) is not row:
            return
        if not row.told:
            row.told = True
            self._keep(row)

    def untold(self) -> list[Transaction | Refund]:
        """What has settled and was not heard yet."""
        rows = [*self.transactions.values(), *self.refunds.values()]
        return [row for row in rows if row.state != PENDING and not row.told]

    def under_way(self) -> list[Refund]:
        """Refunds that have no last word yet."""
        return [row for row in self.refunds.values() if row.state == PENDING]

    def refund_of(self, refund_id: str) -> Refund:
        if refund_id not in self.refunds:
            raise BookRefused(404, "unknown_refund")
        return self.refunds[refund_id]

    def charges(self, serial_no: str | None) -> list[dict[str, Any]]:
        """Every charge, or those of one serial number: money that was taken."""
        return [
            {
                "serial_no": row.serial_no,
                "channel_txn": row.channel_txn,
                "amount": row.charged,
                "currency": row.currency,
                "at": row.settled_at,
                "refunded": self._given_back(row.serial_no),
            }
            for row in self.transactions.values()
            if row.state == SUCCEEDED and serial_no in (None, row.serial_no)
        ]

    def bill(self, date: str) -> str:
        """The day's bill (UTC) as CSV: charges and refunds in the order they settled."""
        rows = [
            {"type": "payment", "at": row.settled_at, **row.notice()}
            for row in self.transactions.values()
            if row.state == SUCCEEDED
        ] + [
            {
                "at": row.settled_at,
                **row.notice(),
                "account": row.account,
                "channel_txn": self.transactions[row.serial_no].channel_txn,
            }
            for row in self.refunds.values()
            if row.state == SUCCEEDED
        ]
        out = io.StringIO()
        sheet = csv.DictWriter(out, BILL_COLUMNS, extrasaction="ignore", restval="", lineterminator="\n")
        sheet.writeheader()
        of_day = [row for row in rows if row["at"].startswith(date)]
        sheet.writerows(
            sorted(of_day, key=lambda row: (row["at"], row["serial_no"], row.get("refund_id", "")))
        )
        return out.getvalue()

    def _given_back(self, serial_no: str) -> int:
        mine = self._refunds_of.get(serial_no, {}).values()
        return sum(row.amount for row in mine if row.state != FAILED)

    def _token(self, kind: str, number: str) -> str:
        source = random.SystemRandom() if self.seed is None else random.Random(f"{self.seed}/{kind}/{number}")
        return f"{source.getrandbits(128):032x}"

    def _keep(self, row: Transaction | Refund) -> None:
        self._index(row)
        if self.journal is not None:
            kind = "refund" if isinstance(row, Refund) else "transaction"
            self._file.write(json.dumps({"kind": kind, "row": asdict(row)}, ensure_ascii=False) + "\n")
            self._file.flush()

    def _index(self, row: Transaction | Refund) -> None:
        if isinstance(row, Refund):
            self.refunds[row.refund_id] = row
            self._refunds_of.setdefault(row.serial_no, {})[row.refund_id] = row
        else:
            self.transactions[row.serial_no] = self._by_token[row.pay_token] = row

    def _replay(self, text: str) -> None:
        """Read the journal; a last line that a crash cut short is no entry."""
        complete = text[: text.rfind("\n") + 1]
        for line in complete.splitlines():
            entry = json.loads(line)
            self._index((Refund if entry["kind"] == "refund" else Transaction)(**entry["row"]))
        if complete != text and self.journal is not None:
            self.journal.write_text(complete, encoding="utf-8")
