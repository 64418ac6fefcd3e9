"""Settings, Single sign-on: naming the provider, renewing its secret, switching it and passwords on and off."""

from __future__ import annotations

from django.http import HttpRequest

from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.views.people import Done
from makegood.core.lengths import fitting
from makegood.organizations.identity_provider import (
    passwords_switch,
    provider_forget,
    provider_set,
    provider_switch,
)
from makegood.store.outgoing import UnableToCall


def provider_named(request: HttpRequest, desk: Desk) -> Done:
    """Name the provider; it is switched on apart."""
    given = answers(
        request.POST,
        issuer="Write the issuer.",
        client_id="Write the client id.",
        domains="Write the domains of your people's e-mails.",
    )
    try:
        provider_set(
            organization_id=desk.organization_id,
            issuer=fitting(given["issuer"], most=500),
            client_id=given["client_id"],
            secret=fitting(request.POST.get("client_secret", ""), most=500),
            domains=fitting(given["domains"], most=1000),
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnableToCall as error:
        raise Unanswered({"issuer": str(error)}) from error
    return Done(text="It is kept.")


def switched_on(request: HttpRequest, desk: Desk) -> Done:
    """Let members sign in by the provider."""
    provider_switch(organization_id=desk.organization_id, on=True, by=desk.member_id, now=desk.facts.now)
    return Done(text="Your people can sign in by your provider now. Try it yourself first, in another browser.")


def switched_off(request: HttpRequest, desk: Desk) -> Done:
    """Let nobody sign in by the provider."""
    provider_switch(organization_id=desk.organization_id, on=False, by=desk.member_id, now=desk.facts.now)
    return Done(text="Nobody signs in by your provider any more; passwords let in again.")


def passwords_off(request: HttpRequest, desk: Desk) -> Done:
    """Let nobody but this admin in by password."""
    passwords_switch(organization_id=desk.organization_id, off=True, by=desk.member_id, now=desk.facts.now)
    return Done(text="Passwords are off. Yours still lets you in, should your provider fail.")


def passwords_on(request: HttpRequest, desk: Desk) -> Done:
    """Let passwords in again."""
    passwords_switch(organization_id=desk.organization_id, off=False, by=desk.member_id, now=desk.facts.now)
    return Done(text="Passwords let in again.")


def forgotten(request: HttpRequest, desk: Desk) -> Done:
    """Forget the provider, its secret and who everybody is there."""
    provider_forget(organization_id=desk.organization_id, by=desk.member_id, now=desk.facts.now)
    return Done(text="Your provider and its secret are forgotten.")


ACTS = {
    ("sign-on", "set"): provider_named,
    ("sign-on", "on"): switched_on,
    ("sign-on", "off"): switched_off,
    ("sign-on", "passwords-off"): passwords_off,
    ("sign-on", "passwords-on"): passwords_on,
    ("sign-on", "forget"): forgotten,
}
