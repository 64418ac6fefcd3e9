"""Writing make-goods: new ones, and their moves from state to state, with ledger, allowance and journal beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.failures.queries import failures_shadowed
from makegood.journal.operations import Happened, record
from makegood.makegoods.allowances import allowances_release
from makegood.makegoods.ledger import Movement, ledger_post
from makegood.makegoods.models import Hold, MakeGood
from makegood.makegoods.moves import CAME_TO_NOTHING, SETTLED_IN, State, move
from makegood.makegoods.pools import pools_settle
from makegood.store.bulk import insert, next_ids, record_set
from makegood.store.preparing import prepared
from makegood.store.reading import locked

COLUMNS = (
    "id", "organization_id", "failure_id", "customer_id", "part", "remedy", "title", "form", "value_minor",
    "cost_minor", "currency", "rule", "reasons", "offered_by_id", "allowance_id", "state", "offered_at", "due_at",
    "next_at", "shadow",
)  # fmt: skip


@attrs.frozen(kw_only=True, slots=True)
class NewMakeGood:
    """A make-good as it is written first; `state` is offered, or accepted where no yes is needed.

    Its cost is held out of `pools`.
    """

    failure_id: int
    customer_id: int
    part: str
    remedy: str
    title: str
    form: str
    value_minor: int
    cost_minor: int
    currency: str
    reasons: list[dict[str, Any]]
    state: State
    at: datetime
    rule: str = ""
    offered_by: int | None = None
    allowance_id: int | None = None
    pools: tuple[int, ...] = ()
    due_at: datetime | None = None
    next_at: datetime | None = None


def makegoods_write(*, organization_id: int, new: Sequence[NewMakeGood], by: int | None) -> dict[int, NewMakeGood]:
    """This function will write new make-goods, their ledger and journal; return them by id.

    A floor that was posted before for the same failure and rule is left as it stands and not returned. What is for a
    shadow's failure stands in no ledger.
    """
    shadows = failures_shadowed(organization_id=organization_id, failure_ids={n.failure_id for n in new})
    ids = next_ids(MakeGood, len(new))
    written = insert(
        MakeGood,
        COLUMNS,
        [
            (
                makegood_id, organization_id, n.failure_id, n.customer_id, n.part, n.remedy[:60], n.title[:160],
                n.form, n.value_minor, n.cost_minor, n.currency, n.rule[:80], n.reasons, n.offered_by,
                n.allowance_id, n.state, n.at, n.due_at, n.next_at, n.failure_id in shadows,
            )
            for makegood_id, n in zip(ids, new, strict=True)
        ],
        on_conflict="ON CONFLICT DO NOTHING",
        returning=("id",),
    )  # fmt: skip
    fresh = {row[0] for row in written}
    made = {makegood_id: n for makegood_id, n in zip(ids, new, strict=True) if makegood_id in fresh}
    insert(
        Hold,
        ("organization_id", "makegood_id", "pool_id"),
        [(organization_id, makegood_id, pool_id) for makegood_id, n in made.items() for pool_id in n.pools],
    )
    ledger_post(
        organization_id=organization_id,
        movements=[
            Movement(
                makegood_id=makegood_id, debit=n.part, credit="owed", minor=n.cost_minor, currency=n.currency, at=n.at
            )
            for makegood_id, n in made.items()
            if n.failure_id not in shadows
        ],
    )
    record(
        organization_id=organization_id,
        entries=[
            _happened(n, makegood_id=makegood_id, action=n.state, at=n.at, by=by or n.offered_by)
            for makegood_id, n in made.items()
        ],
    )
    return made


def _happened(row: NewMakeGood | MakeGood, *, makegood_id: int, action: str, at: datetime, by: int | None) -> Happened:
    return Happened(
        at=at,
        event=f"makegoods:makegood:{action}",
        subject="makegood",
        subject_id=makegood_id,
        actor_id=by,
        data={"failure": row.failure_id, "part": row.part, "minor": row.value_minor, "currency": row.currency},
    )


def makegood_locked(*, organization_id: int, makegood_id: int, error: type[ValueError]) -> MakeGood:
    """This function will lock one make-good until the transaction ends; raises `error` if there is none here."""
    row = locked(MakeGood, organization_id=organization_id, row_id=makegood_id)
    if row is None:
        raise error("There is no such make-good here: look for it on its recovery.")
    return row


def makegoods_move(
    *, organization_id: int, rows: Sequence[MakeGood], to: State, at: Mapping[int, datetime], by: int | None = None
) -> None:
    """This function will move locked make-goods to a state, each at its own moment (`at`, by id).

    What is delivered is settled in the ledger and given out of its pools; what came to nothing is released there, and
    given back to the allowance and the pools it was taken from. A shadow's becomes shadowed instead of delivered,
    and no ledger moves. Raises UnableToMoveMakeGood if one of them may not move there.
    """
    if to is State.DELIVERED:
        _move(organization_id, [row for row in rows if row.shadow], State.SHADOWED, at, by)
        rows = [row for row in rows if not row.shadow]
    _move(organization_id, rows, to, at, by)


def _move(
    organization_id: int, rows: Sequence[MakeGood], to: State, at: Mapping[int, datetime], by: int | None
) -> None:
    if not rows:
        return
    for row in rows:
        move(state=row.state, to=to)
    _state_set(organization_id, [(row.id, at[row.id]) for row in rows], to)
    if to is State.DELIVERED or to in CAME_TO_NOTHING:
        ledger_post(
            organization_id=organization_id,
            movements=[
                Movement(
                    makegood_id=row.id,
                    debit="owed",
                    credit=SETTLED_IN.get(row.form, "kind") if to is State.DELIVERED else "released",
                    minor=row.cost_minor,
                    currency=row.currency,
                    at=at[row.id],
                )
                for row in rows
                if not row.shadow
            ],
        )
        bounded = [row.id for row in rows if row.part == "extra" and row.cost_minor and not row.shadow]
        pools_settle(organization_id=organization_id, makegood_ids=bounded, given=to is State.DELIVERED)
    if to in CAME_TO_NOTHING:
        allowances_release(
            organization_id=organization_id,
            costs=[(row.allowance_id, row.cost_minor) for row in rows if row.allowance_id is not None],
        )
    record(
        organization_id=organization_id,
        entries=[_happened(row, makegood_id=row.id, action=to, at=at[row.id], by=by) for row in rows],
    )


def _state_set(organization_id: int, moved: Sequence[tuple[int, datetime]], to: State) -> None:
    from_, parameter = record_set("m", {"id": "bigint", "at": "timestamptz"}, moved)
    with prepared() as cursor:
        cursor.execute(
            "UPDATE makegoods_makegood g SET state = %s, next_at = NULL,"
            f" settled_at = CASE WHEN %s THEN NULL ELSE m.at END FROM {from_}"
            " WHERE g.organization_id = %s AND g.id = m.id",
            [to, to is State.ACCEPTED, parameter, organization_id],
        )
