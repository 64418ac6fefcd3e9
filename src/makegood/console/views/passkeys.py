"""One's passkeys: added on a page of one's own, listed, removed; and signing in with one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import sessions
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Action, Empty, Field, Form, Link, Table, TableRow, Tag
from makegood.console.viewmodels.settings import AccountPage, SettingsSection
from makegood.console.views.coding import entered
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.passwords import guessed
from makegood.core.lockout import BY_ADDRESS
from makegood.core.passkeys import asked_over
from makegood.organizations.passkeys import (
    Asked,
    PasskeyFacts,
    UnableToChangePasskeys,
    WrongPasskey,
    passkey_add,
    passkey_ask,
    passkey_check,
    passkey_new_ask,
    passkey_owner,
    passkey_remove,
    passkeys_of,
    passkeys_work,
)
from makegood.organizations.second_factor import WrongPasswordHere
from makegood.store.clocks import wall_now
from makegood.store.lockouts import try_back, try_begin
from makegood.store.throttling import attempt_back

WAITED, NEW = "passkey", "passkey_new"
"""Where a session keeps what a device was asked, to sign in and for a new passkey."""
ASKS = 60
"""How often, a quarter of an hour, one network address may ask for a passkey and then not sign in with it."""
LEAD = (
    "A passkey lets you in without your password and without a code: your phone, your computer or a security key asks"
    " for its PIN, your finger or your face, and signs you in here and nowhere that only looks like it."
)
VOUCHED = "Your organization vouched for you: sign in with your password or a passkey to take a passkey away."
NO_NAME = (
    "Passkeys do not work at this address: they need one with a name, over https. Whoever runs Makegood sets it as"
    " MAKEGOOD_URL."
)


def passkeys_page(request: HttpRequest, desk: Desk, *, how: str = "") -> Screen:
    """Show one's passkeys, and how to add one."""
    if desk.facts.user_id is None:
        raise Http404
    rows = tuple(_row(desk, one) for one in passkeys_of(user_id=desk.facts.user_id))
    empty = Empty(title="You have none yet", text="Add one below: then it can let you in.")
    table = Table(caption="Your passkeys", head=("Name", "Since", "Last used"), rows=rows, empty=empty)
    listed = SettingsSection(title="Your passkeys", key="listed", table=table)
    page = AccountPage(
        title="Passkeys",
        lead=LEAD,
        back=Link(label="Your sign-in", url=reverse("account")),
        sections=(listed, _adding()),
        passkeys=True,
    )
    return Screen(template="console/account.html", page=page)


passkeys = staff(passkeys_page)


def _row(desk: Desk, one: PasskeyFacts) -> TableRow:
    remove = Action(
        label="Remove",
        about=one.name,
        style="danger",
        url=reverse("passkey-act", args=["remove"]),
        hidden=(("passkey", str(one.id)),),
    )
    used = said_at(desk, one.used_at) if one.used_at else "never"
    doubted = Tag(text="may have been copied", tone="bad") if one.doubted_at else None
    return TableRow(cells=(one.name, said_at(desk, one.made_at), used), tag=doubted, actions=(remove,))


def _adding() -> SettingsSection:
    if not passkeys_work():
        return SettingsSection(title="Add a passkey", key="add", lead=NO_NAME)
    form = Form(
        key="passkey-add",
        action=reverse("passkey-act", args=["add"]),
        submit="Add a passkey",
        passkey=reverse("passkey-act", args=["ask"]),
        fields=(
            Field(
                name="passkey_name",
                label="What you call it",
                required=True,
                maxlength=60,
                autocomplete="off",
                hint="Such as: my phone.",
            ),
            Field(
                name="password_passkey",
                label="Your password",
                kind="password",
                required=True,
                autocomplete="current-password",
            ),
        ),
    )
    lead = "This takes a browser that knows passkeys, with JavaScript. Then your device is asked."
    return SettingsSection(title="Add a passkey", key="add", lead=lead, forms=(form,))


def act(request: HttpRequest, how: str) -> HttpResponse:
    """Change one's passkeys; tries at the password are counted outside of the transaction that a wrong one undoes."""
    return (guessed(request) if how == "add" else None) or _act(request, how=how)


@acts(passkeys_page)
def _act(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
    user_id = desk.facts.user_id
    if user_id is None or how not in ("ask", "add", "remove"):
        raise Http404
    if how == "ask":
        return _asked(request, NEW, passkey_new_ask(user_id=user_id)) if passkeys_work() else _none()
    if how == "remove":
        if desk.visitor.by is not None:
            raise UnableToChangePasskeys(VOUCHED)
        typed = request.POST.get("passkey", "")
        name = passkey_remove(user_id=user_id, passkey_id=int(typed)) if typed.isdecimal() and len(typed) < 19 else None
        if name is not None:
            tell(request, f"“{name}” lets nobody in any more.", detail="Lost the device? Sign out everywhere, too.")
        return gone_to("passkeys")
    given = answers(
        request.POST,
        passkey_name="Write what you call it.",
        password_passkey="Type your password.",  # noqa: S106
    )
    state = _taken(request, NEW)
    if state is None:
        raise UnableToChangePasskeys("That took too long: try again.")
    try:
        passkey_add(
            user_id=user_id,
            password=request.POST["password_passkey"],
            name=given["passkey_name"],
            state=state,
            answer=request.POST.get("answer", ""),
            now=wall_now(),
        )
    except WrongPasswordHere as error:
        raise Unanswered({"password_passkey": str(error)}) from None
    tell(request, f"“{given['passkey_name'][:60]}” is yours.", detail="Sign in with it from now on.")
    return gone_to("passkeys")


def ask(request: HttpRequest) -> HttpResponse:
    """Say what to ask a device for, to somebody whom nobody knows yet."""
    if request.method != "POST":
        return redirect("sign-in")
    if not passkeys_work():
        return _none()
    try:
        sessions.guard(key=_asks(request), limit=ASKS)
    except sessions.TooManyTries as error:
        return error_answer(request, status=429, retry_after=error.retry_after)
    return _asked(request, WAITED, passkey_ask())


def _asks(request: HttpRequest) -> str:
    return f"passkey:address:{sessions.network_address(request)}"


def _asked(request: HttpRequest, where: str, asked: Asked) -> JsonResponse:
    request.session[where] = {"state": asked.state, "at": wall_now().timestamp()}
    return JsonResponse(asked.options, headers={"Cache-Control": "no-store"})


def _none() -> JsonResponse:
    return JsonResponse({}, status=404)


def _taken(request: HttpRequest, where: str) -> dict[str, Any] | None:
    """What a device was asked, once; None where nothing was, or it took too long."""
    waited = request.session.pop(where, None)
    if waited is None or asked_over(asked_at=datetime.fromtimestamp(waited["at"], tz=UTC), now=wall_now()):
        return None
    return dict(waited["state"])


def passkey_form(following: str) -> Form | None:
    """This function will make the form of the door that takes a passkey, where they work."""
    if not passkeys_work():
        return None
    return Form(
        key="sign-in-passkey",
        action=reverse("sign-in-passkey"),
        submit="Use a passkey",
        style="plain wide",
        passkey=reverse("sign-in-passkey-ask"),
        fields=(Field(name="next", label="", kind="hidden", value=following),),
    )


def let_in(request: HttpRequest, *, following: str) -> HttpResponse:
    """This function will let in whoever's passkey it is, without password and code.

    Wrong ones count by network address, as wrong passwords do, and not by account: nobody guesses a signature, and
    whose passkey it claims to be anybody may write. Raises WrongPasskey, UnableToSignIn, or LockedOut.
    """
    answer, now = request.POST.get("answer", ""), wall_now()
    state, user_id = _taken(request, WAITED), passkey_owner(answer=answer)
    network = f"sign-in:address:{sessions.network_address(request)}"
    until = try_begin(keys={network: BY_ADDRESS}, now=now)
    if until is not None:
        raise sessions.LockedOut(until=until, now=now, what="password or passkey")
    if state is None:
        raise WrongPasskey("That took too long: try again.")
    if user_id is None:
        raise WrongPasskey(WrongPasskey.__doc__)
    passkey_check(user_id=user_id, state=state, answer=answer, now=now)
    try_back(key=network)
    attempt_back(key=_asks(request))
    if not sessions.memberships(user_id=user_id):
        raise sessions.nowhere(user_id=user_id)
    return entered(request, user_id=user_id, following=following)
