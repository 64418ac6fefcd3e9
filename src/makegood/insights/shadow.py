"""What a source that only watches would have sent: each line of it, what it comes to, and how many people it takes.

A shadow runs to its ends (`journal.carrying`), so what is reported is what was worked out, by its own moments, and not
what somebody reckons afterwards. Money is at cost; what is offered costs only once somebody says yes, which no customer
of a shadow can.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import attrs

from makegood.core.capacity import Capacity, UnableToPlan, plan
from makegood.core.money import Money
from makegood.customers.models import Customer
from makegood.failures.gating import UNHEARD as NOT_HEARD
from makegood.insights.windows import rows
from makegood.journal.models import Entry
from makegood.makegoods.models import PromisedCharge
from makegood.organizations.models import Organization
from makegood.promises.models import Source
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.seeing import sees
from makegood.store.reading import read

TARGET_HOURS = Decimal(24)
HANDLE_MINUTES = Decimal(15)
"""What handling one recovery is taken for until somebody says otherwise: an assumption, which the report states."""
WORDS = 90
"""Of a letter the report shows so many characters."""


@attrs.frozen(kw_only=True, slots=True)
class ShadowLine:
    """One thing that would have left at `at`.

    `kind` is letter, payment, gift (whatever else is given or offered) or charge (a charge that would be stopped);
    `what` says which: a letter's kind, or the title of what is given. `to` is the customer's name, `address` where
    a letter goes, `channel` mail or page, payment, or by hand. `part` is floor, fix or extra. `given` is whether it
    costs what stands there, or is only offered. `why` is the failure's own reason, or the rule by which it is owed.
    """

    at: datetime
    kind: str
    what: str
    to: str
    address: str
    channel: str
    subject: str
    words: str
    part: str
    cost: Money | None
    given: bool
    number: int | None
    why: str


@attrs.frozen(kw_only=True, slots=True)
class ShadowDay:
    """One calendar day of the organization: how many of each kind, and what was given that day, by currency."""

    day: date
    letters: int
    payments: int
    gifts: int
    charges: int
    cost: tuple[Money, ...]


@attrs.frozen(kw_only=True)
class ShadowCost:
    """One currency: what would have been given, floor apart from fix and extra, and what more was offered."""

    currency: str
    floor: Money
    fix: Money
    extra: Money
    offered: Money


@attrs.frozen(kw_only=True)
class Unheard:
    """Broken promises of which nothing is decided: their source was not heard past their moment; None: never heard.

    `first_at` is when the first of them fell due.
    """

    count: int
    first_at: datetime
    heard_until: datetime | None


@attrs.frozen(kw_only=True)
class ShadowReport:
    """The report of one source, from when it began to watch until now, or until it went live.

    `letters` counts by kind, `waiting` the drafts that no person clicked: in live mode they wait as well. `recoveries`
    were opened. `capacity` is None where nothing was opened.
    """

    source: str
    watching: bool
    since: datetime
    until: datetime
    lines: tuple[ShadowLine, ...]
    days: tuple[ShadowDay, ...]
    letters: Mapping[str, int]
    costs: tuple[ShadowCost, ...]
    recoveries: int
    waiting: int
    open_now: int
    capacity: Capacity | None
    unheard: Unheard | None = None


FAILURES = """
SELECT id, customer_id, place_id, gate_reasons -> 0 ->> 'text' FROM failures_failure
WHERE organization_id = %s AND source_id = %s AND shadow
"""
LETTERS = """
SELECT m.sent_at, m.kind, m.customer_id, m.address, m.channel, m.subject, left(m.body, 600), m.thread_id
FROM conversations_message m
WHERE m.organization_id = %s AND m.thread_id = ANY (%s) AND m.state = 'shadowed' ORDER BY m.sent_at, m.id
"""
GIVEN = """
SELECT CASE WHEN state = 'shadowed' THEN settled_at ELSE offered_at END, state, form, part, title, cost_minor, currency,
    customer_id, failure_id, coalesce(nullif(rule, ''), reasons -> 0 ->> 'text', '')
FROM makegoods_makegood WHERE organization_id = %s AND failure_id = ANY (%s) AND shadow
    AND state IN ('offered', 'shadowed', 'expired', 'declined') AND offered_at >= %s AND offered_at < %s ORDER BY 1, id
"""
CHARGES = """
SELECT settled_at, (payload ->> 'minor')::bigint, payload ->> 'currency', (payload ->> 'failure')::bigint
FROM journal_effect WHERE organization_id = %s AND subject = 'charge' AND subject_id = ANY (%s)
    AND kind = 'charge_stop' AND state = 'shadowed' AND settled_at >= %s AND settled_at < %s ORDER BY 1, id
"""
UNHEARD = """
SELECT count(*), min(happened_at) FROM failures_failure
WHERE organization_id = %s AND source_id = %s AND shadow AND gate = 'waiting' AND withdrawn_at IS NULL
    AND gate_reasons @> %s::jsonb AND (%s::bigint[] IS NULL OR place_id = ANY(%s))
"""
WAITING = """
SELECT count(*) FROM conversations_message WHERE organization_id = %s AND thread_id = ANY (%s) AND state = 'draft'
"""


class _Failed(NamedTuple):
    customer_id: int
    place_id: int | None
    why: str | None


class _Case(NamedTuple):
    id: int
    number: int
    thread_id: int
    owner_id: int
    place_id: int | None
    state: str
    opened_at: datetime


@attrs.frozen
class _Watched:
    """What one source told of while it watched, each table asked by its keys.

    Joined, the database may pair all rows with all, where it has not counted an organization's tables yet.
    """

    organization_id: int
    since: datetime
    until: datetime
    failures: Mapping[int, _Failed]
    cases: Mapping[int, _Case]
    of_failure: Mapping[int, _Case]
    first: Mapping[int, str]
    """Why the first failure of each case is one, by the case."""

    def names(self, customer_ids: Iterable[int]) -> dict[int, str]:
        """What these customers are called."""
        asked = {"organization_id": self.organization_id, "id": set(customer_ids)}
        return dict(read(Customer, "id", "name", **asked))

    def number(self, failure_id: int) -> int | None:
        """The number of a failure's case."""
        case = self.of_failure.get(failure_id)
        return case.number if case else None


def _watched_of(
    organization_id: int,
    source_id: int,
    between: tuple[datetime, datetime],
    seen: Callable[[int | None, int], bool],
) -> _Watched:
    here = {"organization_id": organization_id}
    found = {one: _Failed(*rest) for one, *rest in rows(FAILURES, [organization_id, source_id])}
    links = read(RecoveryFailure, "id", "failure_id", "recovery_id", **here, failure_id=list(found))
    cases = {
        row[0]: _Case(*row)
        for row in read(Recovery, *_Case._fields, **here, id={recovery_id for _, _, recovery_id in links})
    }
    kept = {
        one.id: one
        for one in cases.values()
        if between[0] <= one.opened_at < between[1] and seen(one.place_id, one.owner_id)
    }
    of_failure = {failure_id: cases[recovery_id] for _, failure_id, recovery_id in links}
    first: dict[int, str] = {}
    for _, failure_id, recovery_id in sorted(links):
        first.setdefault(recovery_id, found[failure_id].why or "")
    mine = {
        one: failed
        for one, failed in found.items()
        if (of_failure[one].id in kept if one in of_failure else seen(failed.place_id, 0))
    }
    return _Watched(organization_id, *between, mine, kept, of_failure, first)


def shadow_report(
    *,
    organization_id: int,
    source_id: int,
    now: datetime,
    places: Sequence[int] | None = None,
    member_id: int = 0,
    handle_minutes: Decimal = HANDLE_MINUTES,
) -> ShadowReport | None:
    """This function will report what a source that only watches, or did last, would have sent; None for no source.

    It is empty for one that never did. `places` narrows to the recoveries of places, and those that `member_id` owns;
    None is all. People are those who answer within 24 hours, at `handle_minutes` each.
    """
    source = Source.objects.filter(organization_id=organization_id, id=source_id).first()
    if source is None:
        return None
    since, until = _watched(organization_id, source, now)
    zone = ZoneInfo(Organization.objects.values_list("zone", flat=True).get(id=organization_id))

    def seen(place_id: int | None, owner_id: int) -> bool:
        return sees(member_id=member_id, places=places, place_id=place_id, owner_id=owner_id)

    told = _watched_of(organization_id, source_id, (since, until), seen)
    ties = [row[0] for row in read(PromisedCharge, "id", organization_id=organization_id, source_id=source_id)]
    lines = sorted([*_letters(told), *_given(told), *_charges(told, ties)], key=lambda one: one.at)
    open_now = [one.thread_id for one in told.cases.values() if one.state == "open"]
    return ShadowReport(
        source=source.name,
        watching=source.mode == "shadow",
        since=since,
        until=until,
        lines=tuple(lines),
        days=_days(lines, zone),
        letters=Counter(one.what for one in lines if one.kind == "letter"),
        costs=_costs(lines),
        recoveries=len(told.cases),
        waiting=rows(WAITING, [organization_id, open_now])[0][0],
        open_now=len(open_now),
        capacity=_capacity(len(told.cases), until - since, handle_minutes),
        unheard=_unheard(organization_id, source, places),
    )


def _unheard(organization_id: int, source: Source, places: Sequence[int] | None) -> Unheard | None:
    """What broke and waits for word of its source: with the next file or event it is decided."""
    served = None if places is None else list(places)
    rule = json.dumps([{"rule": NOT_HEARD[0].rule}])
    count, first_at = rows(UNHEARD, [organization_id, source.id, rule, served, served])[0]
    return Unheard(count=count, first_at=first_at, heard_until=source.heard_until) if count else None


def sources_watched(*, organization_id: int) -> set[int]:
    """This function will find the sources that only watch, or did."""
    told = Entry.objects.filter(organization_id=organization_id, subject="source", event="promises:source:changed")
    now = Source.objects.filter(organization_id=organization_id, mode="shadow")
    return set(told.values_list("subject_id", flat=True)) | set(now.values_list("id", flat=True))


def _watched(organization_id: int, source: Source, now: datetime) -> tuple[datetime, datetime]:
    """From when until when it watched last; no time at all where it never did."""
    changes = list(
        Entry.objects.filter(
            organization_id=organization_id, subject="source", subject_id=source.id, event="promises:source:changed"
        )
        .order_by("id")
        .values_list("data", "at")
    )
    began = [at for data, at in changes if data["mode"] == "shadow"]
    if not began and source.mode != "shadow":
        return source.created_at, source.created_at
    since = began[-1] if began else source.created_at
    ended = [at for data, at in changes if data["mode"] == "live" and at >= since]
    return since, ended[-1] if ended and source.mode == "live" else now + timedelta(microseconds=1)


def _letters(told: _Watched) -> Iterable[ShadowLine]:
    of_thread = {one.thread_id: one for one in told.cases.values()}
    found = rows(LETTERS, [told.organization_id, list(of_thread)])
    names = told.names(row[2] for row in found)
    for at, what, customer_id, address, channel, subject, body, thread_id in found:
        yield ShadowLine(
            at=at,
            kind="letter",
            what=what,
            to=names.get(customer_id, ""),
            address=address,
            channel="mail" if channel == "mail" else "page",
            subject=subject,
            words=first_words(body),
            part="",
            cost=None,
            given=False,
            number=of_thread[thread_id].number,
            why=told.first[of_thread[thread_id].id],
        )


def first_words(body: str) -> str:
    """This function will return how a letter begins, on one line, as the report shows it."""
    return " ".join(body.split())[:WORDS]


def _given(told: _Watched) -> Iterable[ShadowLine]:
    found = rows(GIVEN, [told.organization_id, list(told.failures), told.since, told.until])
    names = told.names(row[7] for row in found)
    for at, state, form, part, title, minor, currency, customer_id, failure_id, why in found:
        paid = form == "money"
        yield ShadowLine(
            at=at,
            kind="payment" if paid and state == "shadowed" else "gift",
            what=title,
            to=names.get(customer_id, ""),
            address="",
            channel="payment" if paid else "by hand",
            subject="",
            words="",
            part=part,
            cost=Money(minor=minor, currency=currency),
            given=state == "shadowed",
            number=told.number(failure_id),
            why=why,
        )


def _charges(told: _Watched, ties: Sequence[int]) -> Iterable[ShadowLine]:
    asked = rows(CHARGES, [told.organization_id, list(ties), told.since, told.until])
    found = [row for row in asked if row[3] in told.failures]
    names = told.names(told.failures[row[3]].customer_id for row in found)
    for at, minor, currency, failure_id in found:
        failed = told.failures[failure_id]
        yield ShadowLine(
            at=at,
            kind="charge",
            what=f"a charge of {Money(minor=minor, currency=currency)} is stopped",
            to=names.get(failed.customer_id, ""),
            address="",
            channel="payment",
            subject="",
            words="",
            part="",
            cost=None,
            given=False,
            number=told.number(failure_id),
            why=failed.why or "",
        )


def _days(lines: Sequence[ShadowLine], zone: ZoneInfo) -> tuple[ShadowDay, ...]:
    by_day: dict[date, list[ShadowLine]] = {}
    for one in lines:
        by_day.setdefault(one.at.astimezone(zone).date(), []).append(one)
    found = []
    for day, mine in sorted(by_day.items()):
        kinds = Counter(one.kind for one in mine)
        cost: Counter[str] = Counter()
        for one in mine:
            if one.given and one.cost is not None:
                cost[one.cost.currency] += one.cost.minor
        found.append(
            ShadowDay(
                day=day,
                letters=kinds["letter"],
                payments=kinds["payment"],
                gifts=kinds["gift"],
                charges=kinds["charge"],
                cost=tuple(Money(minor=minor, currency=currency) for currency, minor in sorted(cost.items())),
            )
        )
    return tuple(found)


def _costs(lines: Sequence[ShadowLine]) -> tuple[ShadowCost, ...]:
    sums: dict[str, Counter[str]] = {}
    for one in lines:
        if one.cost is not None:
            sums.setdefault(one.cost.currency, Counter())[one.part if one.given else "offered"] += one.cost.minor
    return tuple(
        ShadowCost(
            currency=currency,
            floor=Money(minor=mine["floor"], currency=currency),
            fix=Money(minor=mine["fix"], currency=currency),
            extra=Money(minor=mine["extra"], currency=currency),
            offered=Money(minor=mine["offered"], currency=currency),
        )
        for currency, mine in sorted(sums.items())
    )


def _capacity(count: int, length: timedelta, minutes: Decimal) -> Capacity | None:
    if not count:
        return None
    days = max(Decimal(1), (Decimal(int(length.total_seconds())) / 86_400).quantize(Decimal("0.1")))
    try:
        return _planned(count, days, minutes)
    except UnableToPlan:
        return None


@lru_cache(maxsize=64)
def _planned(count: int, days: Decimal, minutes: Decimal) -> Capacity:
    """Remembered, since the simulation takes a second or more."""
    return plan(
        opportunities=Decimal(count),
        failure_rate=Decimal(1),
        days=days,
        handle_minutes=minutes,
        target_hours=TARGET_HOURS,
    )
