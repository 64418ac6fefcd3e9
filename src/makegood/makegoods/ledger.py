"""The ledger: each movement one row with its debit and its credit, so that the sums match whatever happens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import attrs

from makegood.makegoods.models import LedgerEntry
from makegood.store.bulk import insert


@attrs.frozen(kw_only=True, slots=True)
class Movement:
    """What one make-good moves from one account to another, in minor units of what it costs the business."""

    makegood_id: int
    debit: str
    credit: str
    minor: int
    currency: str
    at: datetime


def ledger_post(*, organization_id: int, movements: Iterable[Movement]) -> None:
    """This function will write movements to the ledger; what costs nothing moves nothing."""
    insert(
        LedgerEntry,
        ("organization_id", "makegood_id", "debit", "credit", "amount_minor", "currency", "at"),
        [(organization_id, m.makegood_id, m.debit, m.credit, m.minor, m.currency, m.at) for m in movements if m.minor],
    )
