"""Whether customers have the link of their page: until then, what only stands there has reached nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import attrs

from makegood.journal.operations import Happened, record
from makegood.messages.models import Message, Thread
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared
from makegood.store.reading import NULL, read

STAFF_HOWS = ("shown", "sent", "told")
"""How a member hands a link over: shown or printed, sent by other means, told."""


GIVE = """
UPDATE conversations_thread t SET link_at = u.at, link_how = u.how FROM {given}
WHERE t.organization_id = %s AND t.id = u.id AND t.link_at IS NULL RETURNING t.id
"""
HOLD = """
SELECT id, link_at FROM conversations_thread WHERE organization_id = %s AND id = ANY(%s) ORDER BY id FOR SHARE
"""


class UnableToHandOver(ValueError):
    """Say how they got the link: shown, sent or told."""


@attrs.frozen(kw_only=True, slots=True)
class Given:
    """The link of a thread's page that its customer has: since when, how that is known, and who gave it to them."""

    thread_id: int
    at: datetime
    how: str
    by: int | None = None


def links_given(*, organization_id: int, given: Collection[Given]) -> int:
    """This function will keep that customers have their links, each the first time only; return how many are new."""
    first = {one.thread_id: one for one in sorted(given, key=lambda one: one.at, reverse=True)}
    rows = [(one.thread_id, one.at, one.how) for one in sorted(first.values(), key=lambda one: one.thread_id)]
    if not rows:
        return 0
    from_, parameter = record_set("u", {"id": "bigint", "at": "timestamptz", "how": "text"}, rows)
    with prepared() as cursor:
        cursor.execute(GIVE.format(given=from_), [parameter, organization_id])
        new = sorted(row[0] for row in cursor.fetchall())
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=first[thread_id].at,
                event="messages:thread:linked",
                subject="thread",
                subject_id=thread_id,
                actor_id=first[thread_id].by,
                data={"how": first[thread_id].how},
            )
            for thread_id in new
        ],
    )
    return len(new)


def link_hand_over(*, organization_id: int, thread_id: int, how: str, by: int, now: datetime) -> bool:
    """This function will keep that a member gave a customer their link; whether that was not known yet.

    Raises UnableToHandOver.
    """
    if how not in STAFF_HOWS:
        raise UnableToHandOver(UnableToHandOver.__doc__)
    given = Given(thread_id=thread_id, at=now, how=how, by=by)
    return bool(links_given(organization_id=organization_id, given=[given]))


def unlinked(*, organization_id: int, thread_ids: Collection[int]) -> set[int]:
    """This function will find the threads whose customers do not have their link.

    Those are held so until the transaction ends: who hands a link over meanwhile waits, and then sees what was said.
    """
    lacking = [one for (one,) in read(Thread, "id", organization_id=organization_id, id=thread_ids, link_at=NULL)]
    if not lacking:
        return set()
    with prepared() as cursor:
        cursor.execute(HOLD, [organization_id, lacking])
        return {thread_id for thread_id, link_at in cursor.fetchall() if link_at is None}


def waiting_kinds(*, organization_id: int, thread_ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """This function will find what stands on the pages of customers who do not have their link: kinds, by thread."""
    rows = Message.objects.filter(
        organization_id=organization_id,
        thread_id__in=list(thread_ids),
        thread__link_at__isnull=True,
        direction="out",
        channel="status",
        state__in=["sent", "shadowed"],
    ).values_list("thread_id", "kind")
    found: dict[int, set[str]] = {}
    for thread_id, kind in rows:
        if thread_id is not None:
            found.setdefault(thread_id, set()).add(kind)
    return {thread_id: frozenset(kinds) for thread_id, kinds in found.items()}


def links_mailed(*, organization_id: int, sent: Collection[tuple[int, datetime]], how: str) -> None:
    """This function will keep the links of these threads that stood in mails which left, or would have (`how`)."""
    given = [Given(thread_id=thread_id, at=at, how=how) for thread_id, at in sent]
    links_given(organization_id=organization_id, given=given)
