"""Lists of recoveries: what to do today, by expected loss; and the search among all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from makegood.core.money import Money
from makegood.core.scores import BENEFIT_FROM
from makegood.core.steps import step_overdue
from makegood.messages.handing import waiting_kinds
from makegood.recoveries.models import STEPS, TEST, Pause, Rating, Recovery, RecoveryClock, Step
from makegood.recoveries.queries.faces import late, others_tests
from makegood.recoveries.queries.news import word_of, words_from
from makegood.recoveries.seeing import seen_by
from makegood.recoveries.unanswered import unanswered
from makegood.store.clocks import now as store_now

COUNT_TO = 10_000
"""Counting stops here: "more than 10,000" says enough, and a page stays quick."""


ORDERS: dict[str, tuple[str, ...]] = {
    "due": ("next_due_at", "id"),
    "risk": ("-expected_loss_minor", "next_due_at", "id"),
    "grave": ("-severity", "next_due_at", "id"),
    "oldest": ("opened_at", "id"),
}
"""Orders of a list besides the latest first, by their short names."""


@attrs.frozen(kw_only=True, slots=True)
class StepMark:
    """One of the seven steps as a list shows it: todo, done, skipped or overdue."""

    step: str
    state: str


@attrs.frozen(kw_only=True, slots=True)
class Listed:
    """One recovery in a list. `expected_loss` is what is at stake times the chance that its next clock is missed.

    `unanswered_at` is since when what the customer wrote waits for an answer; `failed_score` is the score under 4 that
    opened it again and that nobody has answered yet. `soonest` is the clock or step that is due first, at `soonest_at`.
    """

    id: int
    number: int
    customer_id: int
    customer: str
    what: str
    kind: str
    loss: str
    severity: int
    group: str
    state: str
    review: bool
    owner_id: int
    owner: str
    place_id: int | None
    place: str
    incident_id: int | None
    next_step: str
    next_due_at: datetime
    due_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    price: Money | None
    expected_loss: Money | None
    steps: tuple[StepMark, ...]
    version: int
    soonest: str
    soonest_at: datetime
    unanswered_at: datetime | None = None
    failed_score: int | None = None
    shadow: bool = False
    test: bool = False
    """Whether its source only watched: nothing of it leaves."""
    waiting: frozenset[str] = frozenset()
    """The kinds of messages that stand on the page of a customer who does not have its link."""
    late: bool = False
    """Whether it is past a deadline, where the list tells those apart."""
    word_from: datetime | None = None
    """From when the message of the next step may leave, where they had other news of late; None where it may now."""

    @property
    def word_waits(self) -> bool:
        """Whether what is due first is a message that may not leave by then."""
        word = self.soonest in (self.next_step, "respond")
        return self.word_from is not None and word and self.soonest_at < self.word_from


@attrs.frozen(kw_only=True, slots=True)
class Page:
    """One page of a list: `total` counts at most 10,000, and `more` says whether there are more pages."""

    rows: tuple[Listed, ...]
    total: int
    more: bool


@attrs.frozen(kw_only=True)
class Filters:
    """What a list is narrowed to; None or empty narrows nothing. `overdue` keeps those due before this moment."""

    state: str = ""
    owner_id: int | None = None
    place_ids: Sequence[int] | None = None
    customer_ids: Sequence[int] | None = None
    number: int | None = None
    kind: str = ""
    severity: int | None = None
    incident_id: int | None = None
    review: bool | None = None
    overdue: datetime | None = None
    group: str = ""
    numbers: Sequence[int] | None = None
    seen_by: tuple[Sequence[int] | None, int] | None = None
    """Only what a member sees: their places (None: all), and what they own themselves."""
    walker: int | None = None
    """Whose test is listed until it is over; all other tests are left out."""


def today(
    *,
    organization_id: int,
    owner_id: int | None = None,
    place_ids: Sequence[int] | None = None,
    limit: int = 50,
    walker: int | None = None,
) -> tuple[Listed, ...]:
    """This function will list the open recoveries, those past a deadline first, then the greatest expected loss.

    `owner_id` and `place_ids` narrow it to one person's or to some places'. A test is listed for its `walker` alone.
    """
    overdue = late(organization_id=organization_id, now=store_now(organization_id=organization_id))
    rows = _filtered(organization_id, Filters(state="open", owner_id=owner_id, place_ids=place_ids, walker=walker))
    dearest = rows.order_by("-expected_loss_minor", "next_due_at", "id")
    over = list(dearest.filter(overdue).values_list("id", flat=True)[:limit])
    others = list(dearest.exclude(overdue).values_list("id", flat=True)[: limit - len(over)])
    return tuple(
        attrs.evolve(row, late=place < len(over))
        for place, row in enumerate(_chosen(organization_id, [*over, *others]))
    )


def recoveries_list(
    *, organization_id: int, filters: Filters, order: str = "", limit: int = 50, offset: int = 0
) -> Page:
    """This function will list recoveries that fit the filters, the latest opened first or in one of ORDERS."""
    latest = ("-opened_at", "-id") if filters.state else ("-number",)
    rows = _filtered(organization_id, filters).order_by(*ORDERS.get(order, latest))
    return _page(organization_id, rows, limit, offset)


def recoveries_counted_to(*, organization_id: int, filters: Filters) -> int:
    """This function will count the recoveries that fit the filters, to 10,000 at most."""
    return _filtered(organization_id, filters).order_by()[:COUNT_TO].count()


def recoveries_matching(*, organization_id: int, filters: Filters, limit: int) -> list[int]:
    """This function will list the ids of recoveries that fit the filters, at most `limit`."""
    return list(_filtered(organization_id, filters).order_by("id").values_list("id", flat=True)[:limit])


def customer_recoveries(*, organization_id: int, customer_id: int, limit: int = 50) -> tuple[Listed, ...]:
    """This function will list one customer's recoveries, the latest first."""
    return recoveries_list(
        organization_id=organization_id, filters=Filters(customer_ids=[customer_id]), limit=limit
    ).rows


def workload(*, organization_id: int) -> dict[int, int]:
    """This function will count each member's open recoveries, tests left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner_id, count(*) FROM recoveries_recovery WHERE organization_id = %s AND state = 'open'"
            " AND NOT starts_with(happening_key, %s) GROUP BY owner_id",
            [organization_id, TEST],
        )
        return dict(cursor.fetchall())


def _filtered(organization_id: int, filters: Filters) -> QuerySet[Recovery]:
    found = Q(organization_id=organization_id) & ~others_tests(organization_id=organization_id, walker=filters.walker)
    exact = {
        "state": filters.state,
        "owner_id": filters.owner_id,
        "number": filters.number,
        "kind": filters.kind,
        "severity": filters.severity,
        "incident_id": filters.incident_id,
        "group": filters.group,
    }
    found &= Q(**{name: value for name, value in exact.items() if value not in ("", None)})
    if filters.place_ids is not None:
        found &= Q(place_id__in=list(filters.place_ids))
    if filters.numbers is not None:
        found &= Q(number__in=list(filters.numbers))
    if filters.seen_by is not None:
        found &= seen_by(member_id=filters.seen_by[1], places=filters.seen_by[0])
    if filters.customer_ids is not None:
        found &= Q(customer_id__in=list(filters.customer_ids))
    if filters.review is not None:
        found &= Q(review=filters.review)
    if filters.overdue is not None:
        found &= Q(state="open") & late(organization_id=organization_id, now=filters.overdue)
    return Recovery.objects.filter(found)


def _deadlines(organization_id: int, recovery_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """By when each clock of these recoveries that still runs, or ran out, is to be met."""
    found: dict[int, dict[str, datetime]] = {}
    rows = RecoveryClock.objects.filter(
        organization_id=organization_id, recovery_id__in=recovery_ids, met_at=None
    ).exclude(state__in=("paused", "ended"))
    for recovery_id, target, due_at in rows.values_list("recovery_id", "target", "due_at"):
        if due_at is not None:
            found.setdefault(recovery_id, {})[target] = due_at
    return found


def soonest_of(row: Recovery, clocks: Mapping[str, datetime], *, answers: bool) -> tuple[str, datetime]:
    """This function will say what is due first, and when: the answer to a customer who waits, else a clock or step."""
    if answers and "respond" in clocks:
        return "respond", clocks["respond"]
    step = [] if row.next_step == "respond" and word_by(clocks) else [(row.next_step, row.next_due_at)]
    return min([*step, *clocks.items()], key=lambda one: one[1])


def word_by(clocks: Mapping[str, datetime]) -> datetime | None:
    """This function will say by when who asked nothing has word from us: by the clock of the next word.

    None where an answer is due, or where no such clock runs: then the step to respond has its own time.
    """
    return None if "respond" in clocks else clocks.get("update")


def _page(organization_id: int, rows: QuerySet[Recovery], limit: int, offset: int) -> Page:
    ids = list(rows.values_list("id", flat=True)[offset : offset + limit + 1])
    more = len(ids) > limit
    total = rows.order_by()[:COUNT_TO].count() if offset or more else len(ids)
    return Page(rows=_chosen(organization_id, ids[:limit]), total=total, more=more)


def _chosen(organization_id: int, ids: Sequence[int]) -> tuple[Listed, ...]:
    """List recoveries that were chosen by their ids: joined to names before the cut, a far page would read them all."""
    found = Recovery.objects.select_related("customer", "owner", "place").in_bulk(list(ids))
    return _listed(organization_id, [found[one] for one in ids])


def _listed(organization_id: int, rows: Sequence[Recovery]) -> tuple[Listed, ...]:
    ids = [row.id for row in rows]
    clocks = _deadlines(organization_id, ids)
    marks = _marks(organization_id, rows, clocks)
    said = _what(organization_id, ids)
    waiting = unanswered(organization_id=organization_id, recovery_ids=ids)
    pages = waiting_kinds(organization_id=organization_id, thread_ids=[row.thread_id for row in rows])
    scores = failed_scores(organization_id=organization_id, recovery_ids=ids)
    kinds = {
        row.thread_id: word_of(next_step=row.next_step, states=marks[row.id])
        for row in rows
        if row.state == "open" and row.id not in {*waiting, *scores}
    }
    later = words_from(organization_id=organization_id, kinds=kinds, now=store_now(organization_id=organization_id))
    soonest = {row.id: soonest_of(row, clocks.get(row.id, {}), answers=row.id in {*waiting, *scores}) for row in rows}
    return tuple(
        Listed(
            id=row.id,
            number=row.number,
            customer_id=row.customer_id,
            customer=row.customer.name,
            what=said.get(row.id, ""),
            kind=row.kind,
            loss=row.loss,
            severity=row.severity,
            group=row.group,
            state=row.state,
            review=row.review,
            shadow=row.shadow,
            test=row.test,
            owner_id=row.owner_id,
            owner=row.owner.name,
            place_id=row.place_id,
            place=row.place.name if row.place else "",
            incident_id=row.incident_id,
            next_step=row.next_step,
            next_due_at=row.next_due_at,
            due_at=row.due_at,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            price=money(row.price_minor, row.currency),
            expected_loss=money(row.expected_loss_minor, row.currency),
            steps=tuple(StepMark(step=step, state=marks[row.id].get(step, "todo")) for step in STEPS),
            version=row.version,
            soonest=soonest[row.id][0],
            soonest_at=soonest[row.id][1],
            unanswered_at=waiting.get(row.id),
            failed_score=scores.get(row.id),
            waiting=pages.get(row.thread_id, frozenset()),
            word_from=later.get(row.thread_id),
        )
        for row in rows
    )


def _marks(
    organization_id: int, rows: Sequence[Recovery], clocks: Mapping[int, Mapping[str, datetime]]
) -> dict[int, dict[str, str]]:
    """Where the steps of these recoveries stand, as their own pages say it."""
    ids = [row.id for row in rows]
    now = store_now(organization_id=organization_id)
    still = set(
        Pause.objects.filter(organization_id=organization_id, recovery_id__in=ids, to_at__isnull=True).values_list(
            "recovery_id", flat=True
        )
    )
    goes_on = {row.id for row in rows if row.state == "open"}
    marks: dict[int, dict[str, str]] = {one: {} for one in ids}
    for recovery_id, step, state, due_at in Step.objects.filter(
        organization_id=organization_id, recovery_id__in=ids
    ).values_list("recovery_id", "step", "state", "due_at"):
        known = clocks.get(recovery_id, {})
        late = recovery_id in goes_on and step_overdue(
            state=state,
            due_at=(step == "respond" and word_by(known)) or due_at,
            now=now,
            stands_still=recovery_id in still and (step != "respond" or "respond" not in known),
        )
        marks[recovery_id][step] = "overdue" if late else state
    return marks


def failed_scores(*, organization_id: int, recovery_ids: Sequence[int]) -> dict[int, int]:
    """This function will find, for open recoveries, the last score where it is under 4 and waits for our answer."""
    waits = RecoveryClock.objects.filter(
        organization_id=organization_id,
        recovery_id=OuterRef("recovery_id"),
        recovery__state="open",
        target="respond",
        met_at=None,
    ).exclude(state="ended")
    rows = (
        Rating.objects.filter(
            Exists(waits), organization_id=organization_id, recovery_id__in=list(recovery_ids), score__isnull=False
        )
        .order_by("recovery_id", "-answered_at", "-id")
        .distinct("recovery_id")
        .values_list("recovery_id", "score")
    )
    return {recovery_id: score for recovery_id, score in rows if score is not None and score < BENEFIT_FROM}


def _what(organization_id: int, recovery_ids: Sequence[int]) -> dict[int, str]:
    """What the first failure of each was about."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (rf.recovery_id) rf.recovery_id, f.what FROM recoveries_recoveryfailure rf"
            " JOIN failures_failure f ON f.organization_id = rf.organization_id AND f.id = rf.failure_id"
            " WHERE rf.organization_id = %s AND rf.recovery_id = ANY(%s) ORDER BY rf.recovery_id, rf.id",
            [organization_id, list(recovery_ids)],
        )
        return dict(cursor.fetchall())


def money(minor: int | None, currency: str) -> Money | None:
    """This function will make money of a stored amount; none where the amount or its currency is unknown."""
    return Money(minor=minor, currency=currency) if minor is not None and currency else None
