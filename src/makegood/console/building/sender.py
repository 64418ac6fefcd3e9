"""From which address mail leaves, said before anybody is mailed: without one of its own an organization is refused."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.desk import Desk
from makegood.console.viewmodels import Link
from makegood.messages.links import sender
from makegood.organizations.choosing import accounts_mailed
from makegood.organizations.queries import organization_facts


def sender_said(desk: Desk) -> str:
    """This function will return the address that this organization's mail comes from."""
    return sender(address=organization_facts(organization_id=desk.organization_id).reply_address)


def sender_doubt(desk: Desk) -> str:
    """This function will warn where mail leaves, and from no address that the organization chose; else say nothing."""
    here = desk.organization_id
    if organization_facts(organization_id=here).reply_address or not accounts_mailed(organization_id=here):
        return ""
    return (
        f"No address of yours is set, so mail comes from {sender_said(desk)}: many mail servers refuse that, or take it"
        " for spam. Set your address before anybody is mailed."
    )


def sender_links(desk: Desk) -> tuple[Link, ...]:
    """This function will lead to where the address is set, where that is to be done."""
    if not sender_doubt(desk):
        return ()
    return (Link(label="Set your address: Settings, Mail in", url=f"{reverse('settings', args=['mail'])}#address"),)
