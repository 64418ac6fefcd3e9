"""Floors: what is owed by law, contract or guarantee, reckoned from the playbook's packs and paid without a click."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from makegood.core.floors import UnusableFacts, owed
from makegood.core.money import Money
from makegood.core.reasons import Reason
from makegood.journal.operations import Happened
from makegood.makegoods.doubts import Asked, doubts_write, fact_given, lacking
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import HAD, State
from makegood.makegoods.payouts import Payout, payouts_add
from makegood.makegoods.writing import NewMakeGood, makegoods_write
from makegood.organizations.queries import playbooks_said
from makegood.rules import packs
from makegood.store.preparing import prepared


@attrs.frozen(kw_only=True, slots=True)
class FloorDue:
    """A failure for which these packs are to be asked what is owed, as of `at` (None: now)."""

    failure_id: int
    packs: tuple[str, ...]
    at: datetime | None = None


@attrs.frozen(kw_only=True, slots=True)
class FloorOwed:
    """One amount that is owed for one failure, by one version of one rule; `form` is how the law wants it paid."""

    failure_id: int
    customer_id: int
    rule: str
    title: str
    form: str
    amount: Money
    due_at: datetime
    reasons: Sequence[Reason]
    at: datetime | None = None


NO_FACT = ""
"""What is lacking where a pack cannot be read: it is no fact that a person could give."""

FACTS = """
SELECT f.id, f.customer_id, p.facts, p.first_due_at, p.fulfilled_at FROM failures_failure f
JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id
JOIN promises_source s ON s.organization_id = p.organization_id AND s.id = p.source_id
WHERE f.organization_id = %s AND f.id = ANY(%s) AND f.withdrawn_at IS NULL AND p.facts IS NOT NULL
AND f.happened_at >= s.live_from
"""


def floors_post(*, organization_id: int, failures: Sequence[FloorDue], now: datetime) -> list[int]:
    """This function will post what these failures' packs say is owed, each once; return the new make-goods' ids."""
    return floors_owe(
        organization_id=organization_id,
        owed=floors_for(organization_id=organization_id, failures=failures, now=now),
        now=now,
    )


def floors_for(*, organization_id: int, failures: Sequence[FloorDue], now: datetime) -> list[FloorOwed]:
    """This function will reckon what is owed for failures whose promise carries the facts that their packs ask for.

    When and how late it came is added to the facts once the promise was fulfilled. Where the facts do not suffice
    although it was, a doubt is kept and `makegoods:floor:undecided` journalled, and somebody has to find out; before
    that it is simply not known. A pack of the house's own that cannot be read is such a doubt at once.
    Nothing is owed for what was due before its source went live.
    """
    asked = {one.failure_id: one for one in failures if one.packs}
    if not asked:
        return []
    with prepared() as cursor:
        cursor.execute(FACTS, [organization_id, list(asked)])
        rows = cursor.fetchall()
    found: list[FloorOwed] = []
    lacks: dict[Asked, tuple[str, datetime]] = {}
    decided: dict[Asked, datetime] = {}
    for failure_id, customer_id, stored, first_due_at, fulfilled_at in rows:
        due = asked[failure_id]
        at = max(due.at or now, fulfilled_at or due.at or now)
        for name in due.packs:
            try:
                pack = packs.load(name)
            except packs.UnusablePack:
                lacks[failure_id, name] = NO_FACT, at
                continue
            facts = _facts(stored, pack.facts, first_due_at, fulfilled_at)
            try:
                decision = owed(pack=pack, facts=facts)
            except UnusableFacts as error:
                if fulfilled_at is not None:
                    lacks[failure_id, name] = lacking(pack=name, error=error), at
                continue
            decided[failure_id, name] = at
            found += [
                FloorOwed(
                    failure_id=failure_id,
                    customer_id=customer_id,
                    rule=one.rule,
                    title=f"{pack.title}: {one.amount}",
                    form=one.form,
                    amount=one.amount,
                    due_at=one.due_by,
                    reasons=decision.reasons,
                    at=at,
                )
                for one in decision.owed
            ]
    doubts_write(organization_id=organization_id, lacks=lacks, decided=decided)
    return found


def _facts(
    stored: str, known: Mapping[str, object], first_due_at: datetime, fulfilled_at: datetime | None
) -> dict[str, object]:
    facts = {name: value for name, value in json.loads(stored).items() if name in known}
    if fulfilled_at is not None:
        late = (fulfilled_at - first_due_at).total_seconds() / 60
        came = {"arrival_delay_minutes": late, "fulfilled_at": fulfilled_at}
        facts |= {name: value for name, value in came.items() if name in known and name not in facts}
    return facts


def floors_owe(*, organization_id: int, owed: Sequence[FloorOwed], now: datetime) -> list[int]:
    """This function will post what is owed: accepted, in the ledger, and on its way to be paid without a click.

    Once per failure and rule; held where the failure sits in a proposed incident. Returns the new make-goods' ids.
    """
    made = makegoods_write(
        organization_id=organization_id,
        new=[
            NewMakeGood(
                failure_id=one.failure_id,
                customer_id=one.customer_id,
                part="floor",
                remedy=one.form,
                title=one.title,
                form="money",
                value_minor=one.amount.minor,
                cost_minor=one.amount.minor,
                currency=one.amount.currency,
                reasons=[reason.as_dict() for reason in one.reasons],
                state=State.ACCEPTED,
                at=one.at or now,
                rule=one.rule,
                due_at=one.due_at,
            )
            for one in owed
            if one.amount
        ],
        by=None,
    )
    payouts_add(
        organization_id=organization_id,
        payouts=[
            Payout(
                makegood_id=makegood_id,
                failure_id=n.failure_id,
                rule=n.rule,
                minor=n.value_minor,
                currency=n.currency,
                form=n.remedy,
                at=n.at,
            )
            for makegood_id, n in made.items()
        ],
    )
    return list(made)


def floor_fact_give(*, organization_id: int, failure_id: int, pack: str, value: object, by: int, now: datetime) -> None:
    """Take the fact that a pack lacked from a member, and post what is owed where it suffices now.

    Raises UnusableFacts for a value of another type or out of range, UnableToSettleFloor where nothing is lacking.
    """
    fact_given(organization_id=organization_id, failure_id=failure_id, pack=pack, value=value, by=by, now=now)
    due = FloorDue(failure_id=failure_id, packs=(pack,), at=now)
    floors_post(organization_id=organization_id, failures=[due], now=now)


LISTENED = """
SELECT f.id, s.playbook FROM failures_failure f
JOIN promises_promise p ON p.organization_id = f.organization_id AND p.id = f.promise_id
JOIN promises_source s ON s.organization_id = p.organization_id AND s.id = p.source_id
WHERE f.organization_id = %s AND f.{key} = ANY(%s) AND p.facts IS NOT NULL AND f.withdrawn_at IS NULL
AND (f.gate <> 'review' OR p.fulfilled_at IS NOT NULL)
"""


def floors_hear_failures(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Post what is owed for failures of promises, whatever the gate said: quiet ones too.

    A handler of `failures:failure:detected` and `gated`. Not while a silent source leaves the failure itself in doubt.
    """
    _hear(organization_id, "id", entries)


def floors_hear_fulfilled(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Post what is owed once it is known how late it came; a handler of `promises:promise:fulfilled`."""
    _hear(organization_id, "promise_id", entries)


def _hear(organization_id: int, key: str, entries: Sequence[Happened]) -> None:
    with_packs = _packs(organization_id)
    if not with_packs:
        return
    at = {entry.subject_id: entry.at for entry in entries}
    with prepared() as cursor:
        cursor.execute(
            LISTENED.format(key=key).replace("SELECT f.id", f"SELECT f.id, f.{key}"), [organization_id, list(at)]
        )
        rows = cursor.fetchall()
    floors_post(
        organization_id=organization_id,
        failures=[
            FloorDue(failure_id=failure_id, at=at[subject_id], packs=with_packs[playbook])
            for failure_id, subject_id, playbook in rows
            if playbook in with_packs
        ],
        now=max(at.values()),
    )


def _packs(organization_id: int) -> dict[str, tuple[str, ...]]:
    said = playbooks_said(organization_id=organization_id)
    return {code: tuple(data["floor_packs"]) for code, data in said.items() if data.get("floor_packs")}


def floors_of(*, organization_id: int, failure_ids: Sequence[int]) -> dict[int, list[Money]]:
    """This function will return what is owed for each of these failures."""
    found: dict[int, list[Money]] = defaultdict(list)
    rows = MakeGood.objects.filter(
        organization_id=organization_id,
        failure_id__in=list(failure_ids),
        part="floor",
        state__in=["accepted", *HAD],
    )
    for failure_id, minor, currency in rows.order_by("id").values_list("failure_id", "value_minor", "currency"):
        found[failure_id].append(Money(minor=minor, currency=currency))
    return dict(found)
