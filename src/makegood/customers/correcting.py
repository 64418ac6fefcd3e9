"""Correcting who a customer is: their name, language, channel, e-mail addresses and phone numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from django.db import transaction
from django.db.models import Q

from makegood.core.contacts import contact_of
from makegood.core.lengths import fitting
from makegood.customers.models import Customer, Identity
from makegood.customers.operations import identity_hash, identity_owner, merging_waits
from makegood.journal.operations import Happened, record
from makegood.store.bulk import insert

CHANNELS = ("mail", "status", "hand")
LONGEST = 320


class UnableToCorrect(ValueError):
    """This cannot be corrected so: the message says why."""


class KnownOtherwise(UnableToCorrect):
    """Somebody else is known by this already: `owner_id` is who, `kind` and `value` are by what."""

    def __init__(self, *, kind: str, value: str, owner_id: int) -> None:
        super().__init__(f"{value} is another customer's already: take it out here, or say that they are one person.")
        self.kind, self.value, self.owner_id = kind, value, owner_id


@attrs.frozen(kw_only=True)
class Correct:
    """How a customer is called and reached; the first of `emails` is the one written to.

    `seen_emails` and `seen_phones` are those that were shown to whoever wrote this: only they can be taken out, and
    what was learned since stays. None is all there are.
    """

    name: str
    language: str
    channel: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    seen_emails: tuple[str, ...] | None = None
    seen_phones: tuple[str, ...] | None = None


def emails_read(*, text: str) -> tuple[str, ...]:
    """This function will read e-mail addresses, one a line. Raises UnableToCorrect naming a line that is none."""
    return _lines(text, "email", "e-mail address, such as ana@example.org")


def phones_read(*, text: str) -> tuple[str, ...]:
    """This function will read phone numbers, one a line. Raises UnableToCorrect naming a line that is none."""
    return _lines(text, "phone", "phone number, such as +44 20 7946 0958")


def _lines(text: str, kind: str, such: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        said = contact_of(text=line)
        if said.name or len(said.identities) != 1 or said.identities[0][0] != kind or len(line) > LONGEST:
            raise UnableToCorrect(f"“{line[:60]}” is no {such}: write one a line.")
        found.setdefault(said.identities[0][1].lower(), said.identities[0][1])
    return tuple(found.values())


def person_of(*, organization_id: int, customer_id: int) -> list[int]:
    """This function will list the customers who are one person with this one, whom they turned out to be first."""
    customers = Customer.objects.filter(organization_id=organization_id)
    row = customers.filter(id=customer_id).values_list("merged_into_id", flat=True).first()
    whose = row or customer_id
    others = customers.filter(merged_into=whose).order_by("id").values_list("id", flat=True)
    return [whose, *others]


def reached_by(*, organization_id: int, customer_id: int) -> dict[str, list[str]]:
    """This function will list a person's e-mail addresses and phone numbers by kind, the one written to first."""
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    rows = Identity.objects.filter(organization_id=organization_id, customer_id__in=ids, kind__in=("email", "phone"))
    found: dict[str, list[str]] = {"email": [], "phone": []}
    for kind, value in rows.exclude(value="").order_by("id").values_list("kind", "value"):
        found[kind].append(value)
    return found


def customer_correct(
    *, organization_id: int, customer_id: int, correct: Correct, now: datetime, by: int | None
) -> tuple[str, ...]:
    """Correct a customer, and whoever turned out to be them, and journal what changed; return that by name.

    An address that is taken out is theirs no more. Drafts, and what is queued, go to the corrected address: the
    rooms above hear of it through customers:customer:corrected. Raises KnownOtherwise for what somebody else is known
    by, and UnableToCorrect for an unknown or erased customer, or one by whom nothing would be left; all then stays as
    it was, whatever becomes of the transaction.
    """
    with transaction.atomic():
        return _corrected(organization_id, customer_id, correct, now, by)


def _corrected(
    organization_id: int, customer_id: int, correct: Correct, now: datetime, by: int | None
) -> tuple[str, ...]:
    merging_waits(organization_id=organization_id)
    ids = person_of(organization_id=organization_id, customer_id=customer_id)
    people = Customer.objects.filter(organization_id=organization_id, id__in=ids)
    whose = people.select_for_update(of=("self",)).filter(id=ids[0], erased_at=None).first()
    if whose is None:
        raise UnableToCorrect("There is no such customer here, or they were erased.")
    if correct.channel not in CHANNELS:
        raise UnableToCorrect("Choose how they are written to.")
    was = reached_by(organization_id=organization_id, customer_id=whose.id)
    asked = {
        "email": _with_unseen("email", was["email"], correct.emails, correct.seen_emails),
        "phone": _with_unseen("phone", was["phone"], correct.phones, correct.seen_phones),
    }
    name = fitting(correct.name, most=200)
    changed = [kind for kind, values in asked.items() if list(values) != was[kind]]
    changed += [
        what
        for what, old, new in (
            ("name", whose.name, name),
            ("language", whose.language, correct.language),
            ("channel", whose.channel, correct.channel),
        )
        if old != new
    ]
    if not changed:
        return ()
    addresses = {kind: values for kind, values in asked.items() if kind in changed}
    for kind, values in addresses.items():
        _refuse_others(organization_id, ids, kind, values)
    for kind, values in addresses.items():
        _known_by(organization_id, ids, kind, values)
    others = Identity.objects.filter(organization_id=organization_id, customer_id__in=ids)
    if not name and not others.exclude(value="").exists():
        raise UnableToCorrect("Leave a name, an address or a number, so that somebody knows who this is.")
    people.filter(id=whose.id).update(name=name)
    people.update(language=correct.language[:10], channel=correct.channel)
    if asked["email"] or asked["phone"]:
        people.filter(token=True).update(token=False)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="customers:customer:corrected",
                subject="customer",
                subject_id=one,
                actor_id=by,
                data={"what": changed},
            )
            for one in ids
        ],
    )
    return tuple(changed)


def _with_unseen(
    kind: str, was: Sequence[str], values: tuple[str, ...], seen: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Add what was not shown to what is asked for; where that is what was shown, nothing of this kind is asked for."""
    if seen is None:
        return values
    shown, asked = ([identity_hash(kind, value) for value in some] for some in (seen, values))
    if asked == shown:
        return tuple(was)
    return (*values, *(value for value in was if identity_hash(kind, value) not in {*shown, *asked}))


def _refuse_others(organization_id: int, ids: Sequence[int], kind: str, values: Sequence[str]) -> None:
    for value in values:
        owner = identity_owner(organization_id=organization_id, kind=kind, value=value)
        if owner is not None and owner not in ids:
            raise KnownOtherwise(kind=kind, value=value, owner_id=owner)


def _known_by(organization_id: int, ids: Sequence[int], kind: str, values: Sequence[str]) -> None:
    """Let these be the person's addresses of a kind, in this order, and no others."""
    mine = Identity.objects.filter(organization_id=organization_id, customer_id__in=ids, kind=kind)
    mine.filter(~Q(value="")).delete()
    made = insert(
        Identity,
        ("organization_id", "customer_id", "kind", "value", "value_hash"),
        [(organization_id, ids[0], kind, value[:LONGEST], identity_hash(kind, value)) for value in values],
        on_conflict="ON CONFLICT (organization_id, kind, value_hash) DO NOTHING",
        returning=("id",),
    )
    if len(made) != len(values):
        raise UnableToCorrect("Somebody else wrote one of these down at the same moment: reload, and try again.")
