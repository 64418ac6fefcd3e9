"""Mails that did not arrive, or of which nobody knows, as Today and a customer's page list them."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.trouble import trouble_said
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, FailedMail, Link
from makegood.messages.queries import MessageRow, messages_in_trouble
from makegood.recoveries.queries.faces import recovery_of_message

TO_CUSTOMER = "customer"
"""Where a button leads back to, from the page of a customer."""


def mails_in_trouble(desk: Desk, *, customer_ids: Sequence[int] | None = None) -> tuple[FailedMail, ...]:
    """This function will show the mails in trouble that this member may see, of everybody or of one person."""
    here = desk.organization_id
    shown = []
    for one in messages_in_trouble(organization_id=here, limit=10, customer_ids=customer_ids):
        recovery = one.thread_id and recovery_of_message(organization_id=here, thread_id=one.thread_id)
        if recovery and not mail_seen(desk, recovery[1], recovery[2]):
            continue
        back = () if customer_ids is None else (("back", TO_CUSTOMER),)
        shown.append(_mail(desk, one, recovery[0] if recovery else None, back))
    return tuple(shown)


def mail_seen(desk: Desk, place_id: int | None, owner_id: int) -> bool:
    """This function will say whether a member sees the mails of a recovery of this place and owner."""
    return desk.places is None or place_id in desk.places or owner_id == desk.member_id


def _mail(desk: Desk, one: MessageRow, number: int | None, back: tuple[tuple[str, str], ...]) -> FailedMail:
    unknown = one.state == "unknown"
    url = reverse("mail-decide", args=[one.id, "again"])
    return FailedMail(
        to=one.address or "their page",
        subject=one.subject or "a message",
        state="outcome unknown" if unknown else "did not arrive",
        at=one.created_at,
        detail=trouble_said(one),
        recovery=Link(label=words.code(number), url=reverse("recovery", args=[words.code(number)])) if number else None,
        actions=(Action(label="Send it again", about=one.subject, url=url, hidden=back),)
        if desk.may("mail-decide")
        else (),
    )
