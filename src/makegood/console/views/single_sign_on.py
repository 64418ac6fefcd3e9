"""Signing in by an organization's own provider: finding the door, going there, and coming back vouched for.

Each organization has an address of its own to come back to, so that what one provider answers is never taken for
another's word. People go on by a link: a form would have to be let off to strange addresses.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from makegood.console import sessions
from makegood.console.viewmodels import Field, Form, Link, SignInPage
from makegood.console.views.door import door
from makegood.console.views.frame import tell
from makegood.core.lockout import BY_ADDRESS
from makegood.core.single_sign_on import away_over
from makegood.organizations.identity_provider import Door, UnableToEnter, door_of, identity_enter
from makegood.organizations.openid import (
    Endpoints,
    Question,
    UnableToAsk,
    UnableToVouch,
    Vouched,
    endpoints_of,
    vouched_for,
    way_there,
)
from makegood.organizations.queries import organization_facts
from makegood.store.clocks import now as store_now
from makegood.store.clocks import wall_now
from makegood.store.lockouts import try_back, try_begin
from makegood.store.secrets import UnableToDecrypt
from makegood.store.tenancy import tenant

AWAY = "sign_on"
"""Where a session keeps what its provider was asked, until somebody comes back."""
STILL_THERE = "Only here: at your provider you are still signed in. On a machine that others use, sign out there too."
NONE = "Nobody signs in that way under this name. Check it, or ask an admin of your organization."


class UnableToComeBack(ValueError):
    """This is no answer to a question of ours: begin again."""


def code_of(*, organization_id: int) -> str:
    """This function will return the code in an organization's addresses."""
    with tenant(organization_id=organization_id):
        return organization_facts(organization_id=organization_id).code


def find(request: HttpRequest) -> HttpResponse:
    """Ask for the name of the organization, and lead to its door.

    Nobody is found by e-mail here: whoever runs another organization could claim that domain.
    """
    code = request.GET.get("code", "").strip().lower()
    if code and code.replace("-", "").replace("_", "").isalnum() and code.isascii() and len(code) <= 40:
        return redirect("sign-on", code=code)
    form = Form(
        key="sign-on-find",
        action=reverse("sign-on-find"),
        method="get",
        submit="Go on",
        fields=(
            Field(
                name="code",
                label="Short name of your organization",
                required=True,
                maxlength=40,
                autocomplete="organization",
                hint="An admin sees it under Settings, Single sign-on.",
            ),
        ),
    )
    lead = "For who signs in where they sign in to everything else."
    return door(request, SignInPage(title="Single sign-on", lead=lead, form=form, below=_other_ways()))


def sign_on(request: HttpRequest, code: str) -> HttpResponse:
    """Show an organization's door."""
    found = _found(code)
    return _none(request) if found is None else door(request, _door(request, code, found))


def _found(code: str) -> Door | None:
    try:
        return door_of(code=code)
    except UnableToDecrypt:
        return None


def _door(request: HttpRequest, code: str, found: Door) -> SignInPage:
    following = request.GET.get("next", "")
    query = f"?{urlencode({'next': following})}" if following else ""
    return SignInPage(
        title=f"Sign in at {found.name}",
        lead="You go on to where you sign in to everything else, and come back here.",
        go=Link(label=f"Go on at {_host(found)}", url=reverse("sign-on-go", args=[code]) + query),
        below=_other_ways(),
    )


def _host(found: Door) -> str:
    return found.provider.issuer.partition("://")[2].partition("/")[0]


def _other_ways() -> Link:
    return Link(label="Sign in with a password or a passkey", url=reverse("sign-in"))


def _none(request: HttpRequest) -> HttpResponse:
    page = SignInPage(
        title="Single sign-on",
        lead=NONE,
        go=Link(label="Another name", url=reverse("sign-on-find")),
        below=_other_ways(),
    )
    answer = door(request, page)
    answer.status_code = 404
    return answer


def go(request: HttpRequest, code: str) -> HttpResponse:
    """Send somebody to their provider, with a question that only this browser can bring the answer to.

    Nobody counts them: what the provider publishes is asked for once in a while, however many set out.
    """
    found = _found(code)
    if found is None:
        return _none(request)
    try:
        endpoints, question = endpoints_of(issuer=found.provider.issuer), Question()
    except UnableToVouch as error:
        return _refused(request, code, found, error)
    request.session[AWAY] = {
        "organization": found.organization_id,
        "issuer": found.provider.issuer,
        "client": found.provider.client_id,
        "state": question.state,
        "nonce": question.nonce,
        "verifier": question.verifier,
        "next": request.GET.get("next", ""),
        "at": wall_now().timestamp(),
    }
    there = way_there(endpoints=endpoints, provider=found.provider, question=question, back=back_url(code))
    return HttpResponseRedirect(there, headers={"Cache-Control": "no-store"})


def back_url(code: str) -> str:
    """This function will write the address at which an organization's provider sends people back."""
    return settings.PUBLIC_URL + reverse("sign-on-back", args=[code])


def back(request: HttpRequest, code: str) -> HttpResponse:
    """Let in whoever comes back with their provider's word, which this browser was sent for.

    Wrong answers count by network address as wrong passwords do. What was not asked for by this browser, which any
    other page could have it fetch, changes and counts nothing; where the provider could not be asked, the same answer
    may come once more.
    """
    asked, found = request.session.get(AWAY), _found(code)
    if found is None:
        return _none(request)
    network = f"sign-in:address:{sessions.network_address(request)}"
    if asked is None or not _of_this_browser(request, asked):
        return _refused(request, code, found, UnableToComeBack(UnableToComeBack.__doc__))
    try:
        vouched = _vouched(request, code, found, asked, network)
        with tenant(organization_id=found.organization_id):
            user_id, member_id = identity_enter(
                organization_id=found.organization_id,
                vouched=vouched,
                now=store_now(organization_id=found.organization_id),
            )
    except UnableToAsk as error:
        return _refused(request, code, found, error)
    except (UnableToComeBack, UnableToVouch, UnableToEnter, sessions.LockedOut) as error:
        del request.session[AWAY]
        return _refused(request, code, found, error)
    del request.session[AWAY]
    try_back(key=network)
    here = found.organization_id
    sessions.begin(request, user_id=user_id, organization_id=here, member_id=member_id, by=here)
    return HttpResponseRedirect(_following(request, asked["next"]))


def _of_this_browser(request: HttpRequest, asked: dict[str, Any]) -> bool:
    return secrets.compare_digest(request.GET.get("state", "").encode(errors="replace"), asked["state"].encode())


def _vouched(request: HttpRequest, code: str, found: Door, asked: dict[str, Any], network: str) -> Vouched:
    """Who comes back, by the word of whom this browser was sent to; it counts as wrong under `network`.

    Unless it brings no code, or the provider could not be asked.
    """
    same = (found.organization_id, found.provider.issuer, found.provider.client_id)
    if (asked["organization"], asked["issuer"], asked["client"]) != same:
        raise UnableToComeBack(UnableToComeBack.__doc__)
    if away_over(left_at=datetime.fromtimestamp(asked["at"], tz=UTC), now=wall_now()):
        raise UnableToComeBack("That took too long: begin again.")
    endpoints = endpoints_of(issuer=found.provider.issuer)
    if _names_another(request, endpoints, found):
        raise UnableToComeBack(UnableToComeBack.__doc__)
    if request.GET.get("error") or not request.GET.get("code"):
        raise UnableToComeBack("Your provider did not let you through: begin again, or ask whoever runs it.")
    now = wall_now()
    until = try_begin(keys={network: BY_ADDRESS}, now=now)
    if until is not None:
        raise sessions.LockedOut(until=until, now=now, what="password or sign-on")
    try:
        return vouched_for(
            endpoints=endpoints,
            provider=found.provider,
            question=Question(state=asked["state"], nonce=asked["nonce"], verifier=asked["verifier"]),
            code=request.GET["code"],
            back=back_url(code),
        )
    except UnableToAsk:
        try_back(key=network)
        raise


def _names_another(request: HttpRequest, endpoints: Endpoints, found: Door) -> bool:
    """Whether who answers says that they are somebody else (RFC 9207), or keeps silent who always says it."""
    named = request.GET.get("iss")
    return named != found.provider.issuer if named is not None else endpoints.names_itself


def _following(request: HttpRequest, wanted: str) -> str:
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe and wanted.startswith("/") else reverse("today")


def _refused(request: HttpRequest, code: str, found: Door, error: Exception) -> HttpResponse:
    """The door again, with why: nothing of what a provider wrote itself but its codes."""
    detail = str(error)
    if isinstance(error, UnableToVouch):
        detail = f"{_host(found)} could not vouch for you. {error}"
    tell(request, "You are not signed in.", detail=detail, tone="bad")
    answer = door(request, _door(request, code, found))
    answer.status_code = 422
    if isinstance(error, sessions.LockedOut):
        answer.status_code = 429
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer
