"""How one signs in: with which e-mail, until when, and signing out everywhere."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import sessions
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, Fact, Link
from makegood.console.viewmodels.settings import AccountPage, SettingsSection
from makegood.console.views.frame import Screen, acts, staff, tell
from makegood.core.sitting import LASTS
from makegood.organizations.passkeys import passkeys_of
from makegood.organizations.passwords import VOUCHED, sessions_end, sessions_may_end
from makegood.organizations.second_factor import factor_of
from makegood.store.clocks import wall_now


def account_page(request: HttpRequest, desk: Desk) -> Screen:
    """Show how one signs in."""
    if desk.facts.user_id is None:
        raise Http404
    until = said_at(desk, desk.visitor.began_at + LASTS)
    return Screen(
        template="console/account.html",
        page=AccountPage(
            lead="It is the same wherever you are a member.",
            sections=(
                SettingsSection(
                    title="Here",
                    key="here",
                    facts=(
                        Fact(label="You sign in with", value=desk.facts.email or ""),
                        Fact(label="You stay signed in until", value=until, note="or two hours without a click"),
                    ),
                    links=(Link(label="Change your password", url=reverse("password")),),
                ),
                SettingsSection(
                    title="How you are told",
                    key="told",
                    lead="By which way, at what pace, and when you are left alone.",
                    links=(Link(label="Choose it", url=reverse("account-telling")),),
                ),
                SettingsSection(
                    title="Second factor",
                    key="factor",
                    lead="It is on: signing in takes a code from your device."
                    if factor_of(user_id=desk.facts.user_id).since_at
                    else "It is off: your password alone lets you in.",
                    links=(Link(label="Look after it", url=reverse("factor")),),
                ),
                SettingsSection(
                    title="Passkeys",
                    key="passkeys",
                    lead="A device of yours lets you in, instead of the password and the code. "
                    + _counted(len(passkeys_of(user_id=desk.facts.user_id))),
                    links=(Link(label="Look after them", url=reverse("passkeys")),),
                ),
                _everywhere(desk, desk.facts.user_id),
            ),
        ),
    )


def _everywhere(desk: Desk, user_id: int) -> SettingsSection:
    title, key = "Sign out everywhere", "everywhere"
    if not sessions_may_end(user_id=user_id, by=desk.visitor.by):
        return SettingsSection(title=title, key=key, lead=VOUCHED)
    lead = (
        "For a phone that is lost, or a till where you forgot to sign out. It ends every session of yours at once, this"
        " one too."
    )
    action = Action(label=title, style="danger", url=reverse("account-sign-out"))
    return SettingsSection(title=title, key=key, lead=lead, actions=(action,))


def _counted(passkeys: int) -> str:
    return "You have one." if passkeys == 1 else f"You have {passkeys or 'none'}."


account = staff(account_page)


@acts(account_page)
def sign_out_everywhere(request: HttpRequest, desk: Desk) -> HttpResponse:
    """End every session of the account."""
    if desk.facts.user_id is None:
        raise Http404
    sessions_end(user_id=desk.facts.user_id, now=wall_now(), by=desk.visitor.by)
    sessions.end(request)
    tell(request, "You are signed out everywhere.")
    return redirect("sign-in")
