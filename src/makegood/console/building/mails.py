"""Mails that did not arrive, or of which nobody knows, as Today and a customer's page list them."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.trouble import no_mail_leaves, send_again, trouble_said
from makegood.console.desk import Desk
from makegood.console.viewmodels import FailedMail, Link
from makegood.core.moments import MICROSECOND
from makegood.messages.queries import MessageRow, messages_in_trouble
from makegood.recoveries.queries.faces import done_otherwise, recovery_of_message

TO_CUSTOMER = "customer"
"""Where a button leads back to, from the page of a customer."""


def mails_in_trouble(desk: Desk, *, customer_ids: Sequence[int] | None = None) -> tuple[FailedMail, ...]:
    """This function will show the mails in trouble that this member may see, of everybody or of one person."""
    here = desk.organization_id
    shown = []
    for one in messages_in_trouble(organization_id=here, limit=10, customer_ids=customer_ids):
        recovery = one.thread_id and recovery_of_message(organization_id=here, thread_id=one.thread_id)
        if recovery and not desk.sees(place_id=recovery[1], owner_id=recovery[2]):
            continue
        if customer_ids is None and one.thread_id and _done_otherwise(here, one):
            continue
        back = "" if customer_ids is None else TO_CUSTOMER
        shown.append(_mail(desk, one, recovery[0] if recovery else None, back))
    return tuple(shown)


def _done_otherwise(here: int, one: MessageRow) -> bool:
    """Whether nobody has to send it any more: what it was to do was done another way since, as by phone.

    What came back had left before, and the step that it did then is no other way.
    """
    step = next((step for step, kinds in words.DOES.items() if one.kind in kinds), "")
    since = one.sent_at + MICROSECOND if one.sent_at else one.created_at
    return done_otherwise(organization_id=here, thread_id=one.thread_id or 0, step=step, since_at=since)


def _mail(desk: Desk, one: MessageRow, number: int | None, back: str) -> FailedMail:
    return FailedMail(
        to=one.address or "their page",
        subject=one.subject or "a message",
        state="outcome unknown" if one.state == "unknown" else "did not arrive",
        at=one.created_at,
        detail=trouble_said(one),
        recovery=Link(label=words.code(number), url=reverse("recovery", args=[words.code(number)])) if number else None,
        actions=(send_again(one, back=back),) if desk.may("mail-decide") and not no_mail_leaves(one) else (),
    )
