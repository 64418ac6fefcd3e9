"""One's own second factor: set up with a device, shown, its recovery codes made anew, and switched off."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.qr import qr_of
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Fact, Field, Form, Link
from makegood.console.viewmodels.settings import AccountPage, SettingsSection
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.passwords import guessed
from makegood.organizations.second_factor import (
    WrongCode,
    WrongPasswordHere,
    factor_end,
    factor_of,
    factor_renew,
    factor_set,
    secret_new,
    secret_url,
)
from makegood.store.clocks import wall_now
from makegood.store.secrets import decrypt, encrypt

NEW = "factor_new"
"""Where a session keeps, encrypted, the secret that a device is being given."""
BACK = Link(label="Your sign-in", url="/account")
LEAD = "With a second factor your password alone lets nobody in: signing in also takes a code of your device."


def factor_page(request: HttpRequest, desk: Desk, *, how: str = "", codes: tuple[str, ...] = ()) -> Screen:
    """Show the second factor, or how to set it up; `codes` are recovery codes to show this once."""
    if desk.facts.user_id is None:
        raise Http404
    here = factor_of(user_id=desk.facts.user_id)
    fresh = (
        (
            SettingsSection(
                title="Your recovery codes",
                key="codes",
                lead="Each lets you in once without your device. Print them, and keep them where your device is not.",
                secret="\n".join(codes),
            ),
        )
        if codes
        else ()
    )
    if here.since_at is None:
        secret = _secret(request)
        picture = qr_of(secret_url(secret=secret, email=desk.facts.email or ""))
        page = AccountPage(title="Second factor", lead=LEAD, back=BACK, sections=(_asking(secret),), picture=picture)
    else:
        facts = (
            Fact(label="On since", value=said_at(desk, here.since_at)),
            Fact(label="Recovery codes left", value=str(here.left)),
        )
        shown = SettingsSection(title="It is on", key="on", facts=facts)
        page = AccountPage(
            title="Second factor", lead=LEAD, back=BACK, sections=(*fresh, shown, _renewing(), _ending())
        )
    return Screen(template="console/account.html", page=page)


factor = staff(factor_page)


def _secret(request: HttpRequest) -> str:
    if NEW not in request.session:
        request.session[NEW] = encrypt(secret_new()).decode()
    return decrypt(request.session[NEW].encode())


def _asking(secret: str) -> SettingsSection:
    return SettingsSection(
        title="Set it up",
        key="set-up",
        lead="Scan the picture with an authenticator on your phone or computer, or type this key into it. Then type the"
        " code that it shows, and your password.",
        facts=(Fact(label="Key", value=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4))),),
        forms=(
            Form(
                key="set-up-code",
                action=reverse("factor-act", args=["on"]),
                submit="Switch it on",
                fields=(
                    Field(
                        name="code",
                        label="Code",
                        required=True,
                        autocomplete="one-time-code",
                        inputmode="numeric",
                        maxlength=10,
                        hint="Six digits.",
                    ),
                    _password_field("password_on"),
                ),
            ),
        ),
    )


def _password(name: str, *, submit: str, how: str, style: str) -> Form:
    return Form(
        key=how,
        action=reverse("factor-act", args=[how]),
        submit=submit,
        style=style,
        fields=(_password_field(name),),
    )


def _password_field(name: str) -> Field:
    return Field(name=name, label="Your password", kind="password", required=True, autocomplete="current-password")


def _renewing() -> SettingsSection:
    lead = "For when they are used up, or somebody saw them. The old ones count no more."
    form = _password("password_codes", submit="Make new recovery codes", how="codes", style="plain")
    return SettingsSection(title="New recovery codes", key="renew", lead=lead, forms=(form,))


def _ending() -> SettingsSection:
    form = _password("password_off", submit="Switch it off", how="off", style="danger")
    return SettingsSection(
        title="Switch it off", key="off", lead="Your password alone lets you in then.", forms=(form,)
    )


def act(request: HttpRequest, how: str) -> HttpResponse:
    """Change one's second factor; tries are counted outside of the transaction that a wrong one undoes."""
    return guessed(request) or _act(request, how=how)


@acts(factor_page)
def _act(request: HttpRequest, desk: Desk, *, how: str) -> Screen | HttpResponse:
    user_id = desk.facts.user_id
    if user_id is None or how not in ("on", "codes", "off"):
        raise Http404
    if how == "on":
        return _on(request, desk, user_id)
    field = f"password_{how}"
    password = answers({field: request.POST.get(field, "")}, **{field: "Type your password."}) and request.POST[field]
    try:
        if how == "codes":
            codes = factor_renew(user_id=user_id, password=password)
            return factor_page(request, desk, codes=codes)
        factor_end(user_id=user_id, password=password)
    except WrongPasswordHere as error:
        raise Unanswered({field: str(error)}) from None
    tell(request, "Your second factor is off.")
    return gone_to("account")


def _on(request: HttpRequest, desk: Desk, user_id: int) -> Screen:
    if factor_of(user_id=user_id).since_at is not None:
        return factor_page(request, desk)
    given = answers(request.POST, code="Type the code.", password_on="Type your password.")  # noqa: S106
    try:
        codes = factor_set(
            user_id=user_id,
            password=request.POST["password_on"],
            secret=_secret(request),
            typed=given["code"],
            now=wall_now(),
        )
    except WrongPasswordHere as error:
        raise Unanswered({"password_on": str(error)}) from None
    except WrongCode as error:
        raise Unanswered({"code": str(error)}) from None
    request.session.pop(NEW, None)
    tell(request, "Your second factor is on.", detail="Copy your recovery codes now.")
    return factor_page(request, desk, codes=codes)
