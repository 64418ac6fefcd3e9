"""What a customer reports through the form: taken once, the customer found by their address, a failure reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from makegood.core.contacts import Contact, contact_of
from makegood.customers.models import Purchase
from makegood.customers.operations import (
    Seen,
    customers_resolve,
    customers_return,
    identities_sure,
    identity_owner,
)
from makegood.customers.queries import customers_merged
from makegood.failures.operations import KINDS, Report, failure_report
from makegood.journal.operations import Happened
from makegood.listen.models import Raw
from makegood.messages.handing import Given, links_given
from makegood.messages.models import Message, Thread
from makegood.messages.operations import message_received
from makegood.organizations.models import Organization
from makegood.organizations.queries import place_coded
from makegood.promises.operations import source_create
from makegood.recoveries.models import RecoveryFailure
from makegood.rules.phrases import phrase, spoken
from makegood.store.bulk import insert
from makegood.store.preparing import prepared
from makegood.store.reading import NULL, change
from makegood.store.secrets import keyed_hash

SOURCE = "report-form"
MOST_ADDRESS = 320


class UnableToTakeReport(ValueError):
    """Give an e-mail address or a phone number, so that we can answer you."""


@attrs.frozen(kw_only=True)
class FormReport:
    """One report as the form sends it. `key` is the form's own, made with the empty form: sent twice, taken once.

    `language` is the one they read the form in, where they chose it; `place` is the code of the place whose sign led
    them to it.
    """

    key: str
    what: str
    loss: str
    contact: str
    name: str = ""
    order: str = ""
    language: str = ""
    kind: str = "complaint"
    place: str = ""


@attrs.frozen(kw_only=True)
class Taken:
    """What became of a report: the token of the conversation to follow it by, empty where no recovery opened.

    `known` says that the address was a customer's before. Whoever typed it has not shown that it is theirs: the page of
    a known customer is for those to whom it is sent.
    """

    new: bool
    token: str
    known: bool = False


def form_accept(*, organization_id: int, report: FormReport, now: datetime) -> Taken:
    """This function will take a customer's report, once per key, and put it through the gate.

    All that they wrote is their first message, with the order that they named.
    Raises UnableToTakeReport without a way to answer, and UnableToReportFailure without an answer that is needed.
    """
    contact = _contact(report.contact)
    source_id = source_create(organization_id=organization_id, code=SOURCE, name="Report form", now=now)
    key_hash = keyed_hash(report.key, purpose="form")
    kept = insert(
        Raw,
        ("organization_id", "source_id", "key_hash", "type", "body", "happened_at", "received_at"),
        [(organization_id, source_id, key_hash, "form.report", None, now, now)],
        on_conflict="ON CONFLICT (organization_id, source_id, key_hash) DO NOTHING",
        returning=("id",),
    )
    if not kept:
        return Taken(new=False, token="")
    identities, known = _identities(organization_id, contact)
    (customer_id,) = customers_resolve(
        organization_id=organization_id,
        seen=[
            Seen(
                identities=identities,
                name=(report.name.strip() or contact.name)[:200],
                language=report.language[:10],
            )
        ],
        now=now,
    )
    Raw.objects.filter(organization_id=organization_id, id=kept[0][0]).update(
        customer_id=customer_id, body=attrs.asdict(report)
    )
    failure_id = failure_report(
        organization_id=organization_id,
        report=Report(
            customer_id=customer_id,
            kind=report.kind if report.kind in KINDS else "complaint",
            loss=report.loss,
            what=report.what.strip()[:160],
            happened_at=now,
            place_id=_place(organization_id, report.place),
            purchase_id=_purchase(organization_id, customer_id, report.order),
            source_id=source_id,
        ),
        now=now,
    )
    token = (
        RecoveryFailure.objects.filter(organization_id=organization_id, failure_id=failure_id)
        .values_list("recovery__thread__token", flat=True)
        .first()
    )
    message_received(
        organization_id=organization_id,
        key=_key(failure_id),
        at=now,
        body=_words(organization_id, report),
        token=token or "",
        channel="status",
        mail="form",
        customer_id=customer_id,
    )
    if known:
        return Taken(new=True, token="", known=True)
    _followed(organization_id, token or "", now)
    return Taken(new=True, token=token or "")


def _place(organization_id: int, code: str) -> int | None:
    """The place of this code; a sign of one that is no more is as good as none."""
    found = place_coded(organization_id=organization_id, code=code)
    return found.id if found else None


def _followed(organization_id: int, token: str, now: datetime) -> None:
    """They are shown the link of their page at once."""
    threads = Thread.objects.filter(organization_id=organization_id, token=token) if token else Thread.objects.none()
    links_given(
        organization_id=organization_id,
        given=[Given(thread_id=one, at=now, how="form") for one in threads.values_list("id", flat=True)],
    )


def _key(failure_id: int) -> str:
    return f"form:{failure_id}"


def _words(organization_id: int, report: FormReport) -> str:
    """What they wrote, whole, and the order that they named, asked for in their language or else in the house's."""
    said = report.what.strip()
    if not report.order.strip():
        return said
    house = Organization.objects.values_list("language", flat=True).get(id=organization_id)
    return f"{said}\n\n{phrase('report.order', language=spoken(report.language, house))}: {report.order.strip()}"


def _purchase(organization_id: int, customer_id: int, order: str) -> int | None:
    """Their purchase of this order number; somebody else's is not theirs to name."""
    if not order.strip():
        return None
    family = customers_merged(organization_id=organization_id, customer_ids=[customer_id])
    return (
        Purchase.objects.filter(
            organization_id=organization_id, customer_id__in=list(family), reference__iexact=order.strip()
        )
        .order_by("-placed_at", "-id")
        .values_list("id", flat=True)
        .first()
    )


REPORTED = """
SELECT l.failure_id, r.thread_id FROM recoveries_recoveryfailure l
JOIN recoveries_recovery r ON r.organization_id = l.organization_id AND r.id = l.recovery_id
JOIN failures_failure f ON f.organization_id = l.organization_id AND f.id = l.failure_id
JOIN promises_source s ON s.organization_id = f.organization_id AND s.id = f.source_id
WHERE l.organization_id = %s AND l.failure_id = ANY(%s) AND s.code = %s
"""


def reports_taken(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Put what was reported onto the recovery that opened of it later, as after an incident was decided.

    A handler of `failures:failure:taken`.
    """
    with prepared() as cursor:
        cursor.execute(REPORTED, [organization_id, [entry.subject_id for entry in entries], SOURCE])
        reported = cursor.fetchall()
    for failure_id, thread_id in reported:
        key_hash = keyed_hash(_key(failure_id), purpose="received")
        change(Message, {"thread_id": thread_id}, organization_id=organization_id, key_hash=key_hash, thread_id=NULL)


def _identities(organization_id: int, contact: Contact) -> tuple[tuple[tuple[str, str], ...], bool]:
    """By what they are found, and whether somebody is known by the surest of it."""
    kind, value = contact.identities[0]
    customers_return(organization_id=organization_id, identities=contact.identities)
    known = identity_owner(organization_id=organization_id, kind=kind, value=value) is not None
    return identities_sure(organization_id=organization_id, identities=contact.identities), known


def _contact(text: str) -> Contact:
    contact = contact_of(text=text)
    if not contact.identities or any(len(value) > MOST_ADDRESS for _, value in contact.identities):
        raise UnableToTakeReport(UnableToTakeReport.__doc__)
    return contact
