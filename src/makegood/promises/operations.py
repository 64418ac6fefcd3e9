"""Writes of the ledger of promises: made, changed, expected, kept, released, broken; and the sources behind them.

Each operation takes a batch, writes each table once, and answers the same for the same word heard twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import attrs

from makegood.journal.operations import Happened, record
from makegood.promises import early
from makegood.promises.models import TESTS, Promise, Source
from makegood.store.bulk import insert, next_ids, record_set
from makegood.store.clocks import Moment
from makegood.store.clocks import moment as store_moment
from makegood.store.preparing import prepared

MADE_COLUMNS = (
    "id",
    "organization_id",
    "source_id",
    "customer_id",
    "purchase_id",
    "visit_id",
    "place_id",
    "member_id",
    "recovery_id",
    "key_hash",
    "kind",
    "what",
    "product",
    "partner",
    "value_minor",
    "currency",
    "facts",
    "made_at",
    "due_at",
    "first_due_at",
    "state",
)


SOURCE_LOCK = 7401
CHANGED = {
    "id": "bigint", "due_at": "timestamptz", "expected_at": "timestamptz", "fulfilled_at": "timestamptz",
    "state": "text", "settled_at": "timestamptz",
}  # fmt: skip
BROKEN, FULFILLED = LATER = ("promises:promise:broken", "promises:promise:fulfilled")


class UnableToMakePromise(ValueError):
    """A promise cannot be due before it was made."""


class UnableToWatchSource(ValueError):
    """There is no such source here that can only watch: reload the list."""


@attrs.frozen(kw_only=True, slots=True)
class NewPromise:
    """A promise as it is made. `key_hash` is the keyed hash of the source's own reference.

    `facts` are what a rule pack asks for: numbers, codes and ISO times, never personal data.
    """

    source_id: int
    customer_id: int
    key_hash: bytes
    kind: str
    made_at: datetime
    due_at: datetime
    what: str = ""
    purchase_id: int | None = None
    visit_id: int | None = None
    place_id: int | None = None
    member_id: int | None = None
    recovery_id: int | None = None
    product: str = ""
    partner: str = ""
    value_minor: int | None = None
    currency: str = ""
    facts: Mapping[str, Any] | None = None


@attrs.frozen(kw_only=True, slots=True)
class Word:
    """Word about a promise: kept, released, changed or expected, as it happened and as it was received.

    `due_at` is the changed due time, or the expected time; `agreed` says that the customer agreed to a change.
    """

    source_id: int
    key_hash: bytes
    action: str
    happened_at: datetime
    received_at: datetime
    due_at: datetime | None = None
    agreed: bool = False


def source_create(
    *,
    organization_id: int,
    code: str,
    now: datetime,
    name: str = "",
    live_from: datetime | None = None,
    rhythm_minutes: int | None = None,
    playbook: str = "default",
    mode: str = "live",
    watchable: bool = True,
) -> int:
    """Name a source, or find the one of this code; return its id. Where people write it is not `watchable`."""
    source, _ = Source.objects.get_or_create(
        organization_id=organization_id,
        code=code,
        defaults={
            "name": name or code,
            "live_from": live_from or now,
            "rhythm_minutes": rhythm_minutes,
            "playbook": playbook,
            "mode": mode,
            "watchable": watchable,
            "created_at": now,
        },
    )
    return source.id


def source_watch(*, organization_id: int, source_id: int, watched: bool, by: int, now: datetime) -> None:
    """Let a source only watch, so that nothing leaves for what it tells of, or trust it from now on.

    What fell due while it only watched stays in the past, as what was due before a source went live does; what it told
    of while it was live goes on. Raises UnableToWatchSource for one that is not here or not watchable.
    """
    mine = Source.objects.filter(organization_id=organization_id, id=source_id, watchable=True).exclude(code=TESTS)
    mode = "shadow" if watched else "live"
    if not mine.exists():
        raise UnableToWatchSource(UnableToWatchSource.__doc__)
    changed = mine.exclude(mode=mode)
    if changed.update(mode=mode) if watched else changed.update(mode=mode, live_from=now):
        told = Happened(
            at=now,
            event="promises:source:changed",
            subject="source",
            subject_id=source_id,
            data={"mode": mode},
            actor_id=by,
        )
        record(organization_id=organization_id, entries=[told])


HEARD = (
    "UPDATE promises_source SET heard_until = greatest(heard_until, %s) WHERE organization_id = %s AND id = %s"
    " RETURNING rhythm_minutes IS NOT NULL"
)


def source_heard(*, organization_id: int, source_id: int, until_at: datetime) -> bool:
    """Note that everything which happened at this source up to `until_at` has been delivered; never moves back.

    Return whether it has a rhythm, so that what is late there may have waited for this word.
    """
    with prepared() as cursor:
        cursor.execute(HEARD, [until_at, organization_id, source_id])
        found: tuple[bool] | None = cursor.fetchone()
    return found is not None and found[0]


def promises_make(*, organization_id: int, promises: Sequence[NewPromise]) -> dict[tuple[int, bytes], int]:
    """Put promises on the ledger; one that is already there stays as it is. Return the ids of the new ones by key.

    Raises UnableToMakePromise if one is due before it was made; nothing is written then.
    """
    if any(promise.due_at < promise.made_at for promise in promises):
        raise UnableToMakePromise(UnableToMakePromise.__doc__)
    sources_lock(source_ids={promise.source_id for promise in promises})
    fresh = {(p.source_id, p.key_hash): p for p in reversed(promises)}
    ids = next_ids(Promise, len(fresh))
    made = insert(
        Promise,
        MADE_COLUMNS,
        [
            (
                promise_id,
                organization_id,
                p.source_id,
                p.customer_id,
                p.purchase_id,
                p.visit_id,
                p.place_id,
                p.member_id,
                p.recovery_id,
                p.key_hash,
                p.kind,
                p.what,
                p.product,
                p.partner,
                p.value_minor,
                p.currency,
                p.facts and dict(p.facts),
                p.made_at,
                p.due_at,
                p.due_at,
                "open",
            )
            for promise_id, p in zip(ids, fresh.values(), strict=True)
        ],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash) DO NOTHING",
        returning=("source_id", "key_hash", "id"),
    )
    new = {(source_id, bytes(key_hash)): promise_id for source_id, key_hash, promise_id in made}
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=fresh[key].made_at,
                event="promises:promise:made",
                subject="promise",
                subject_id=promise_id,
                data={
                    "due_at": fresh[key].due_at.isoformat(),
                    "customer": fresh[key].customer_id,
                    "source": fresh[key].source_id,
                },
            )
            for key, promise_id in new.items()
        ],
    )
    held = early.take(organization_id=organization_id, keys=list(new))
    promises_hear(organization_id=organization_id, words=held)
    return new


def promises_hear(*, organization_id: int, words: Sequence[Word]) -> None:
    """Apply word about promises, in the order in which it happened; word of an unknown promise is held for it."""
    if not words:
        return
    sources_lock(source_ids={word.source_id for word in words})
    moment = store_moment(organization_id=organization_id)
    known = _lock(organization_id, {(word.source_id, word.key_hash) for word in words})
    entries: list[Happened] = []
    unknown: list[Word] = []
    for word in sorted(words, key=lambda word: (word.happened_at, word.received_at)):
        promise = known.get((word.source_id, word.key_hash))
        if promise is None:
            unknown.append(word)
        else:
            entries += APPLY[word.action](promise, word, moment)
    early.hold(organization_id=organization_id, words=unknown)
    _save(organization_id, [promise for promise in known.values() if promise.changed])
    # What was unbroken has no failure any more before it can break again, and what broke makes its failure before
    # anyone hears that it was fulfilled late; each promise's own entries keep their order.
    for phase in (lambda event: event not in LATER, BROKEN.__eq__, FULFILLED.__eq__):
        record(organization_id=organization_id, entries=[entry for entry in entries if phase(entry.event)])


@attrs.define(kw_only=True, slots=True)
class Held:
    """A promise locked for change."""

    id: int
    customer_id: int
    due_at: datetime
    expected_at: datetime | None
    fulfilled_at: datetime | None
    state: str
    settled_at: datetime | None
    changed: bool = False


def sources_lock(*, source_ids: set[int]) -> None:
    """Let one transaction at a time write for a source, so that a promise and early word of it always meet."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, (id %% 2147483647)::int) FROM unnest(%s::bigint[]) AS id ORDER BY id",
            [SOURCE_LOCK, sorted(source_ids)],
        )


def _lock(organization_id: int, keys: set[tuple[int, bytes]]) -> dict[tuple[int, bytes], Held]:
    named, parameter = record_set("k", {"source_id": "bigint", "key_hash": "bytea"}, keys)
    with prepared() as cursor:
        cursor.execute(
            "SELECT p.source_id, p.key_hash, p.id, p.customer_id, p.due_at, p.expected_at, p.fulfilled_at, p.state,"
            f" p.settled_at FROM {named} JOIN promises_promise p"
            " ON p.organization_id = %s AND p.source_id = k.source_id AND p.key_hash = k.key_hash"
            " ORDER BY p.id FOR UPDATE OF p",
            [parameter, organization_id],
        )
        return {
            (row[0], bytes(row[1])): Held(
                id=row[2],
                customer_id=row[3],
                due_at=row[4],
                expected_at=row[5],
                fulfilled_at=row[6],
                state=row[7],
                settled_at=row[8],
            )
            for row in cursor.fetchall()
        }


def _save(organization_id: int, promises: Sequence[Held]) -> None:
    if not promises:
        return
    rows = [(p.id, p.due_at, p.expected_at, p.fulfilled_at, p.state, p.settled_at) for p in promises]
    changed, parameter = record_set("c", CHANGED, rows)
    with prepared() as cursor:
        cursor.execute(
            "UPDATE promises_promise p SET due_at = c.due_at, expected_at = c.expected_at,"
            " fulfilled_at = c.fulfilled_at, state = c.state, settled_at = c.settled_at"
            f" FROM {changed} WHERE p.organization_id = %s AND p.id = c.id",
            [parameter, organization_id],
        )


def _said(promise: Held, action: str, at: datetime, **data: Any) -> Happened:
    return Happened(
        at=at,
        event=f"promises:promise:{action}",
        subject="promise",
        subject_id=promise.id,
        data={name: value.isoformat() if isinstance(value, datetime) else value for name, value in data.items()},
    )


def _kept(promise: Held, word: Word, moment: Moment) -> list[Happened]:
    """It was kept; of two moments at which it is said to have been, the earlier counts."""
    if promise.state == "released" or (promise.fulfilled_at is not None and promise.fulfilled_at <= word.happened_at):
        return []
    corrected = promise.fulfilled_at is not None
    promise.changed = True
    promise.fulfilled_at = word.happened_at
    if word.happened_at <= promise.due_at and promise.state != "kept":
        return [_settled(promise, "kept", word, fulfilled_at=word.happened_at)]
    if corrected:
        return [_said(promise, "corrected", word.received_at, fulfilled_at=word.happened_at)]
    entries = []
    if promise.state == "open":
        promise.state, promise.settled_at = "broken", promise.due_at
        broken_at = promise.due_at if moment.stepped else word.received_at
        entries.append(_said(promise, "broken", broken_at, due_at=promise.due_at))
    entries.append(_said(promise, "fulfilled", word.received_at, fulfilled_at=word.happened_at))
    return entries


def _settled(promise: Held, state: str, word: Word, **data: datetime) -> Happened:
    """Settle it as kept or released. One that was believed broken never was: it is unbroken."""
    action = "unbroken" if promise.state == "broken" else state
    promise.state, promise.settled_at = state, word.received_at
    return _said(promise, action, word.received_at, **({**data, "state": state} if action == "unbroken" else data))


def _released(promise: Held, word: Word, _: Moment) -> list[Happened]:
    """It holds no more; one let go before it was due never broke, however late we hear of it."""
    if promise.state != "open" and not _before_it_broke(promise, word):
        return []
    promise.changed = True
    return [_settled(promise, "released", word)]


def _before_it_broke(promise: Held, word: Word) -> bool:
    """Whether this happened in time, to a promise that is believed broken."""
    return promise.state == "broken" and word.happened_at <= promise.due_at


def _changed(promise: Held, word: Word, _: Moment) -> list[Happened]:
    """It is due at another time; one that was moved with the customer's yes before it was due did not break then."""
    if word.due_at is None or word.due_at == promise.due_at:
        return []
    if word.agreed and word.due_at > promise.due_at and _before_it_broke(promise, word):
        promise.changed = True
        promise.due_at = word.due_at
        if promise.fulfilled_at is not None and promise.fulfilled_at <= word.due_at:
            return [_settled(promise, "kept", word, due_at=word.due_at)]
        promise.state, promise.settled_at = "open", None
        return [_said(promise, "unbroken", word.received_at, state="open", due_at=word.due_at)]
    if promise.state != "open":
        return []
    promise.changed = True
    promise.due_at = word.due_at
    return [_said(promise, "changed", word.received_at, due_at=word.due_at, agreed=word.agreed)]


def _expected(promise: Held, word: Word, _: Moment) -> list[Happened]:
    if promise.state != "open" or word.due_at is None or word.due_at == promise.expected_at:
        return []
    promise.changed = True
    promise.expected_at = word.due_at
    return [_said(promise, "expected", word.received_at, expected_at=word.due_at)]


APPLY = {"kept": _kept, "released": _released, "changed": _changed, "expected": _expected}


def promises_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank what erased customers' promises say in words (handler of customers:customer:erased); the counts stay."""
    Promise.objects.filter(
        organization_id=organization_id, customer_id__in=[entry.subject_id for entry in entries]
    ).update(what="")


def promise_informed(*, organization_id: int, promise_id: int, facts: Mapping[str, Any]) -> None:
    """Add facts that a member found out to those that a promise's source gave; who asks for them journals it."""
    promise = Promise.objects.select_for_update().get(organization_id=organization_id, id=promise_id)
    promise.facts = {**(promise.facts or {}), **facts}
    promise.save(update_fields=["facts"])
