"""Recovery stories: allowed by the customer, written by a person without who it was, and gone when consent is."""

from __future__ import annotations

from datetime import datetime

from makegood.core.anonymous import anonymised
from makegood.core.lengths import fitting
from makegood.core.names import described
from makegood.customers.models import Customer
from makegood.journal.operations import Happened, record
from makegood.journal.outbox import Wanted, effects_add
from makegood.messages.staff import notices_write
from makegood.organizations.models import Member
from makegood.recoveries.models import CONSENT_HOW, Recovery, Story

TITLE, BODY = 160, 5000


class UnableToTellStory(ValueError):
    """A story is told of a closed recovery whose customer allows it: ask them first."""


def story_allow(*, organization_id: int, recovery_id: int, how: str, now: datetime, by: int | None = None) -> None:
    """Record that a customer allows their recovery to be told without their name: when, how, and who heard it.

    `how` is page, phone, mail or in_person; on the page nobody heard it. Said again it changes nothing. Raises
    UnableToTellStory for a recovery that is not closed or a test, or whose customer was erased.
    """
    recovery = Recovery.objects.filter(organization_id=organization_id, id=recovery_id, state="closed").first()
    if recovery is None or recovery.test:
        raise UnableToTellStory("A story is told of a closed recovery: close it first.")
    if how not in CONSENT_HOW or (how == "page") != (by is None):
        raise UnableToTellStory("Say how they allowed it: by phone, by mail or in person.")
    if Customer.objects.filter(
        organization_id=organization_id, id=recovery.customer_id, erased_at__isnull=False
    ).exists():
        raise UnableToTellStory("This customer was erased: there is nobody who could allow it.")
    _, new = Story.objects.get_or_create(
        organization_id=organization_id,
        recovery_id=recovery_id,
        defaults={
            "customer_id": recovery.customer_id,
            "consented_at": now,
            "consent_how": how,
            "consent_by_id": by,
        },
    )
    if new:
        _happened(organization_id, recovery_id, "allowed", now, by, {"how": how})


def story_tell(*, organization_id: int, recovery_id: int, title: str, body: str, by: int, now: datetime) -> None:
    """Tell a story in a person's words, or change it: names, addresses and numbers are taken out as it is kept.

    Raises UnableToTellStory without the customer's consent, for a recovery that is open again, or without words.
    """
    story = (
        Story.objects.select_for_update(of=("self",))
        .select_related("recovery")
        .filter(organization_id=organization_id, recovery_id=recovery_id)
        .first()
    )
    if story is None or story.recovery.state != "closed":
        raise UnableToTellStory(UnableToTellStory.__doc__)
    names = _names(organization_id, story.customer_id)
    told = [
        fitting(anonymised(text=fitting(text, most=most), names=names), most=most)
        for text, most in ((title, TITLE), (body, BODY))
    ]
    if not all(told):
        raise UnableToTellStory("Give the story a title and a few sentences.")
    story.title, story.body = told
    story.told_at, story.told_by_id = story.told_at or now, by
    story.save(update_fields=["title", "body", "told_at", "told_by_id"])
    _happened(organization_id, recovery_id, "told", now, by, {})


def story_withdraw(*, organization_id: int, recovery_id: int, now: datetime, by: int | None = None) -> bool:
    """Take a story and the consent for it out, everywhere and at once; return whether there was one.

    The journal keeps that consent was withdrawn and when, which says nothing of the story.
    """
    gone, _ = Story.objects.filter(organization_id=organization_id, recovery_id=recovery_id).delete()
    if gone:
        _happened(organization_id, recovery_id, "consent_withdrawn", now, by, {})
    return bool(gone)


def stories_tell_staff(*, organization_id: int, by: int, since: datetime, now: datetime) -> int:
    """Tell every active colleague that there are stories to read since a moment; return how many stories.

    The notice and its mail say how many and where, never what: so a story that is withdrawn is nowhere. The same
    number since the same day is told once.
    """
    count = Story.objects.filter(organization_id=organization_id, told_at__gte=since).count()
    if not count:
        return 0
    members = Member.objects.filter(organization_id=organization_id, active=True).exclude(id=by).order_by("id")
    wanted = [
        Wanted(
            kind="staff",
            idempotency_key=f"staff:{member_id}:stories:{since.date().isoformat()}:{count}",
            subject="member",
            subject_id=member_id,
            run_at=now,
            payload={"member": member_id, "stories": count},
        )
        for member_id in members.values_list("id", flat=True)
    ]
    effects_add(organization_id=organization_id, wanted=wanted)
    notices_write(
        organization_id=organization_id, told=[(one.idempotency_key, one.payload, one.run_at) for one in wanted]
    )
    return count


def _names(organization_id: int, customer_id: int) -> list[str]:
    """The names that may stand in a story: the customer's, of whoever they turned out to be, and the colleagues'."""
    customer = Customer.objects.get(organization_id=organization_id, id=customer_id)
    same = customer.merged_into_id or customer.id
    theirs = Customer.objects.filter(organization_id=organization_id, id__in=[customer_id, same]).values_list(
        "name", flat=True
    )
    ours = Member.objects.filter(organization_id=organization_id).values_list("name", flat=True)
    return [*(name for name in theirs if name and not described(name=name)), *ours]


def _happened(
    organization_id: int, recovery_id: int, action: str, now: datetime, by: int | None, data: dict[str, str]
) -> None:
    entry = Happened(
        at=now,
        event=f"recoveries:story:{action}",
        subject="recovery",
        subject_id=recovery_id,
        data=data,
        actor_id=by,
    )
    record(organization_id=organization_id, entries=[entry])
