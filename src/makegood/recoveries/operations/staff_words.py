"""The word of staff: found in what they write, proposed, put on the ledger by a click, and kept by the act it names.

Nothing becomes a promise by itself. What is on the ledger breaks, is gated and joins its recovery as any promise does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from makegood.core.calendars import Calendar, history_of
from makegood.core.lengths import fitting
from makegood.core.staff_words import GivenWord, words_given
from makegood.journal.operations import Happened, record
from makegood.makegoods.models import MakeGood
from makegood.messages.models import Message
from makegood.organizations.models import Organization
from makegood.promises.models import StaffWord
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make, source_create
from makegood.recoveries.frozen import calendars_named, playbook_frozen
from makegood.recoveries.models import TEST, Recovery, RecoveryFailure
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change
from makegood.rules.staff_words_data import UnableToReadStaffWordRules, staff_word_rules
from makegood.store.bulk import insert
from makegood.store.preparing import prepared
from makegood.store.reading import GIVEN, locked, read
from makegood.store.secrets import keyed_hash

KIND = "staff_word"
AROUND = """
SELECT o.language, coalesce(nullif(c.zone, ''), o.zone), r.playbook_id
FROM recoveries_recovery r
JOIN customers_customer c ON c.organization_id = r.organization_id AND c.id = r.customer_id
JOIN organizations_organization o ON o.id = r.organization_id
WHERE r.organization_id = %s AND r.id = %s AND NOT starts_with(r.happening_key, %s)
"""
WRITTEN = """
SELECT m.id, r.id, m.body, o.language, coalesce(nullif(c.zone, ''), o.zone), r.playbook_id
FROM conversations_message m
JOIN recoveries_recovery r ON r.organization_id = m.organization_id AND r.thread_id = m.thread_id AND r.state = 'open'
JOIN customers_customer c ON c.organization_id = r.organization_id AND c.id = r.customer_id
JOIN organizations_organization o ON o.id = r.organization_id
WHERE m.organization_id = %s AND m.id = ANY(%s) AND NOT starts_with(r.happening_key, %s)
"""
TO_WRITE = """
SELECT EXISTS (SELECT FROM promises_staffword w
    LEFT JOIN promises_promise p ON p.organization_id = w.organization_id AND p.id = w.promise_id
    WHERE w.organization_id = %s AND w.state = 'promised' AND w.act = 'message' AND p.fulfilled_at IS NULL)
"""
SOURCE = "by-hand"
COLUMNS = (
    "organization_id", "recovery_id", "customer_id", "member_id", "message_id", "key_hash", "what", "quote", "act",
    "said_at", "due_at", "state", "told",
)  # fmt: skip


def words_in(*, organization_id: int, recovery_id: int, text: str, now: datetime) -> tuple[GivenWord, ...]:
    """This function will find the promises in what a member writes now, in the customer's time zone.

    The calendar is the recovery's own. For a language without rules, and in a test, nothing is found.
    """
    with prepared() as cursor:
        cursor.execute(AROUND, [organization_id, recovery_id, TEST])
        around = cursor.fetchone()
    return _found(organization_id, text, now, *around) if around else ()


def _found(
    organization_id: int, text: str, now: datetime, language: str, zone: str, playbook_id: int
) -> tuple[GivenWord, ...]:
    try:
        rules = staff_word_rules(language[:2] or "en")
    except UnableToReadStaffWordRules:
        return ()
    return words_given(
        text=text,
        rules=rules,
        said_at=now,
        zone=ZoneInfo(zone),
        calendar=_calendar(organization_id, playbook_id, now),
    )


def _calendar(organization_id: int, playbook_id: int, now: datetime) -> Calendar | None:
    code = playbook_frozen(organization_id=organization_id, version_id=playbook_id).calendar
    versions = calendars_named(organization_id=organization_id, codes={code})[code] if code else ()
    if not versions:
        return None
    held = [one for one in history_of(versions) if one.active_from is None or one.active_from <= now]
    return held[-1].calendar


def words_hear_queued(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Propose the promises in what members sent (handler of messages:message:queued); nothing is promised by it."""
    said = {entry.subject_id: entry for entry in entries if entry.actor_id and entry.data.get("thread")}
    if not said:
        return
    with prepared() as cursor:
        cursor.execute(WRITTEN, [organization_id, list(said), TEST])
        rows = cursor.fetchall()
    for message_id, recovery_id, body, *spoken in rows:
        entry = said[message_id]
        assert entry.actor_id is not None, "filtered above"
        found = _found(organization_id, body, entry.at, *spoken)
        _propose(organization_id, recovery_id, message_id, found, by=entry.actor_id, now=entry.at)


def _propose(
    organization_id: int, recovery_id: int, message_id: int, found: Sequence[GivenWord], *, by: int, now: datetime
) -> None:
    """Keep what was found, each once for its message and its words: another due time of the same words is the same."""
    if not found:
        return
    ((customer_id,),) = read(Recovery, "customer_id", organization_id=organization_id, id=recovery_id)
    insert(
        StaffWord,
        COLUMNS,
        [
            (
                organization_id, recovery_id, customer_id, by, message_id, key_of(message_id=message_id, word=one),
                one.what, one.quote[:300], one.act, now, one.due_at, "proposed", 0,
            )
            for one in found
        ],
        on_conflict="ON CONFLICT (organization_id, key_hash) DO NOTHING",
    )  # fmt: skip


def key_of(*, message_id: int, word: GivenWord) -> bytes:
    """This function will name a promise found in a message by its words, whenever it is found again."""
    return keyed_hash(f"{message_id}:{word.quote}:{word.what}", purpose="staff word")


def word_promise_typed(
    *, organization_id: int, recovery_id: int, message_id: int, text: str, start: int, by: int, now: datetime
) -> StaffWord:
    """This function will put a promise that stands in an unsent text, from `start` on, on the ledger; return it.

    Raises UnableToChangeRecovery if no promise stands there any more.
    """
    found = words_in(organization_id=organization_id, recovery_id=recovery_id, text=text, now=now)
    chosen = [one for one in found if one.start == start][:1]
    if not chosen:
        raise UnableToChangeRecovery("That sentence has changed: look at it again, then promise it.")
    _propose(organization_id, recovery_id, message_id, chosen, by=by, now=now)
    row = StaffWord.objects.get(organization_id=organization_id, key_hash=key_of(message_id=message_id, word=chosen[0]))
    return word_promise(organization_id=organization_id, recovery_id=recovery_id, word_id=row.id, by=by, now=now)


def word_promise(*, organization_id: int, recovery_id: int, word_id: int, by: int, now: datetime) -> StaffWord:
    """This function will put a proposed word on the ledger as a promise of the member who gave it; return it.

    One that is there already stays as it is. Raises UnableToChangeRecovery if the recovery is not open or a
    test, or if the time is past.
    """
    recovery = _for_promise(organization_id, recovery_id)
    row = _locked(organization_id, recovery_id, word_id)
    if row.state == "promised":
        return row
    if row.due_at <= now:
        raise UnableToChangeRecovery("That time is past: do it now, or promise it anew for a later time.")
    source_id = source_create(organization_id=organization_id, code=SOURCE, name="By hand", now=now)
    key = keyed_hash(f"staff word:{row.id}", purpose="promise")
    made = promises_make(
        organization_id=organization_id,
        promises=[
            NewPromise(
                source_id=source_id,
                customer_id=recovery.customer_id,
                key_hash=key,
                kind=KIND,
                made_at=now,
                due_at=row.due_at,
                what=row.what,
                member_id=row.member_id,
                recovery_id=recovery_id,
                place_id=recovery.place_id,
            )
        ],
    )
    row.state, row.promise_id, row.next_at = "promised", made[source_id, key], row.due_at
    row.save(update_fields=["state", "promise_id", "next_at"])
    _record(organization_id, row, "word_given", by=by, now=now)
    return row


def word_give(
    *, organization_id: int, recovery_id: int, what: str, due_at: datetime, by: int, now: datetime
) -> StaffWord:
    """This function will put on the ledger what a member promises in their own words; return it. Said twice, it is one.

    Raises UnableToChangeRecovery if the recovery is not open or a test, or if the time is past.
    """
    recovery = _for_promise(organization_id, recovery_id)
    language = Organization.objects.values_list("language", flat=True).get(id=organization_id)
    row, _ = StaffWord.objects.get_or_create(
        organization_id=organization_id,
        key_hash=keyed_hash(f"{recovery_id}:{by}:{now.isoformat()}:{due_at.isoformat()}:{what}", purpose="staff word"),
        defaults={
            "recovery_id": recovery_id,
            "customer_id": recovery.customer_id,
            "member_id": by,
            "what": fitting(what, most=160),
            "act": _act(what, language),
            "said_at": now,
            "due_at": due_at,
        },
    )
    return word_promise(organization_id=organization_id, recovery_id=recovery_id, word_id=row.id, by=by, now=now)


def _for_promise(organization_id: int, recovery_id: int) -> Recovery:
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id)
    if recovery.test:
        raise UnableToChangeRecovery("This is a test: nothing of it is put on the ledger of promises.")
    return recovery


def _act(what: str, language: str) -> str:
    try:
        rules = staff_word_rules(language[:2] or "en")
    except UnableToReadStaffWordRules:
        return "other"
    return next((name for name, pattern in rules.acts.items() if pattern.search(what)), "other")


def word_dismiss(*, organization_id: int, recovery_id: int, word_id: int, by: int, now: datetime) -> None:
    """This function will note that a proposed word is no promise.

    Raises UnableToChangeRecovery if it is on the ledger.
    """
    row = _locked(organization_id, recovery_id, word_id)
    if row.state == "promised":
        raise UnableToChangeRecovery("It is on the ledger already: keep it, or release it there.")
    row.state = "dismissed"
    row.save(update_fields=["state"])
    _record(organization_id, row, "word_dismissed", by=by, now=now)


def word_acknowledge(*, organization_id: int, recovery_id: int, word_id: int, by: int, now: datetime) -> None:
    """This function will note that a person knows of an overdue word: nobody is told any more.

    Raises UnableToChangeRecovery if nobody was told of it yet, or if it is known.
    """
    row = _locked(organization_id, recovery_id, word_id)
    if not row.told or row.next_at is None:
        raise UnableToChangeRecovery("There is nothing to acknowledge here: it is not overdue, or somebody knows.")
    row.next_at, row.acknowledged_by_id, row.acknowledged_at = None, by, now
    row.save(update_fields=["next_at", "acknowledged_by_id", "acknowledged_at"])
    _record(organization_id, row, "word_known", by=by, now=now)


def _locked(organization_id: int, recovery_id: int, word_id: int) -> StaffWord:
    row = locked(StaffWord, organization_id=organization_id, row_id=word_id)
    if row is None or row.recovery_id != recovery_id:
        raise UnableToChangeRecovery("There is no such promise here: reload the recovery.")
    return row


def _record(organization_id: int, row: StaffWord, action: str, *, by: int, now: datetime) -> None:
    entry = Happened(
        at=now,
        event=f"recoveries:recovery:{action}",
        subject="recovery",
        subject_id=row.recovery_id,
        data={"word": row.id, "promise": row.promise_id, "due_at": row.due_at.isoformat(), "member": row.member_id},
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])


def words_hear_called(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Keep what was promised to be said by phone or in writing (handler of recoveries:recovery:called)."""
    for entry in entries:
        _keep(organization_id, entry.subject_id, ("call", "message"), at=entry.at)


def words_hear_sent(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Keep what was promised to be written, by what a member wrote later (handler of messages:message:sent)."""
    sent = {entry.subject_id: entry for entry in entries if entry.data.get("thread")}
    if not sent or not _any_to_write(organization_id):
        return
    here = {"organization_id": organization_id}
    rows = sorted(read(Message, "id", "thread_id", **here, id=list(sent), direction="out", author_id=GIVEN))
    recoveries: dict[int, int] = dict(read(Recovery, "thread_id", "id", **here, thread_id={row[1] for row in rows}))
    for message_id, thread_id in rows:
        if thread_id in recoveries:
            _keep(organization_id, recoveries[thread_id], ("message",), at=sent[message_id].at, message_id=message_id)


def _any_to_write(organization_id: int) -> bool:
    """Whether anything is promised in writing and still to be kept: seldom, and quick to tell."""
    with prepared() as cursor:
        cursor.execute(TO_WRITE, [organization_id])
        return bool(cursor.fetchone()[0])


def words_hear_paid(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Keep what was promised to be paid, once it was (handler of makegoods:makegood:delivered)."""
    at = {entry.subject_id: entry.at for entry in entries}
    here = {"organization_id": organization_id}
    paid: dict[int, int] = dict(
        sorted(read(MakeGood, "id", "failure_id", **here, id=list(at), form=("money", "credit")))
    )
    recoveries: dict[int, int] = dict(
        read(RecoveryFailure, "failure_id", "recovery_id", **here, failure_id=set(paid.values()))
    )
    for makegood_id, failure_id in paid.items():
        if failure_id in recoveries:
            _keep(organization_id, recoveries[failure_id], ("pay",), at=at[makegood_id])


KEPT = """
SELECT DISTINCT p.id, p.source_id, p.key_hash FROM promises_staffword w
JOIN promises_promise p ON p.organization_id = w.organization_id AND p.id = w.promise_id
WHERE w.organization_id = %s AND w.recovery_id = %s AND w.act = ANY(%s) AND w.state = 'promised' AND w.said_at < %s
AND coalesce(w.message_id <> %s::bigint, true) AND p.fulfilled_at IS NULL AND p.state IN ('open', 'broken')
ORDER BY p.id
"""


def _keep(
    organization_id: int, recovery_id: int, acts: Sequence[str], *, at: datetime, message_id: int | None = None
) -> None:
    """Say that the promises of these acts were kept, but not by the message that gave them, nor by an earlier act."""
    with prepared() as cursor:
        cursor.execute(KEPT, [organization_id, recovery_id, list(acts), at, message_id])
        promises = cursor.fetchall()
    if not promises:
        return
    promises_hear(
        organization_id=organization_id,
        words=[
            Word(source_id=source_id, key_hash=bytes(key_hash), action="kept", happened_at=at, received_at=at)
            for _, source_id, key_hash in promises
        ],
    )


def words_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Blank what was promised to erased customers (handler of customers:customer:erased); the states stay."""
    StaffWord.objects.filter(
        organization_id=organization_id, customer_id__in=[entry.subject_id for entry in entries]
    ).update(what="", quote="")
