"""Settings, Single sign-on: what is set, what the provider must know, and who may still use a password."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, Fact, Field, Form, SettingsSection
from makegood.organizations.identity_provider import ProviderFacts, provider_facts


def sign_on_sections(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show the provider at which members sign in, and the form that names it."""
    facts = provider_facts(organization_id=desk.organization_id)
    if facts is None:
        return (_telling(desk), _naming(None))
    return (_standing(facts), *((_passwords(facts),) if facts.active else ()), _telling(desk), _naming(facts))


def _act(act: str) -> str:
    return reverse("settings-act", args=["sign-on", act])


def _standing(facts: ProviderFacts) -> SettingsSection:
    switch = (
        Action(label="Switch it off", url=_act("off"), style="plain")
        if facts.active
        else Action(label="Switch it on", url=_act("on"), style="go")
    )
    people = "Nobody yet" if not facts.joined else f"{facts.joined} member{'s' * (facts.joined != 1)}"
    return SettingsSection(
        title="It is on" if facts.active else "It is switched off",
        key="provider-now",
        lead="Whoever was invited here goes in by what your provider says of them; nobody else does. A second factor is"
        " your provider's to ask for: with single sign-on none is asked here.",
        facts=(
            Fact(label="Issuer", value=facts.issuer),
            Fact(label="Client id", value=facts.client_id),
            Fact(label="Client secret", value="Kept; it is not shown again" if facts.keyed else "None"),
            Fact(label="E-mails of", value=", ".join(facts.domains)),
            Fact(label="Signed in by it so far", value=people),
        ),
        actions=(switch, Action(label="Forget it and its secret", url=_act("forget"), style="danger")),
    )


def _passwords(facts: ProviderFacts) -> SettingsSection:
    if facts.passwords_off:
        kept = facts.kept or "nobody, so any admin"
        return SettingsSection(
            title="Passwords are off",
            key="passwords",
            lead="Nobody comes in here by password or passkey any more, but for one admin, should your provider fail.",
            facts=(Fact(label="May still use a password", value=kept),),
            actions=(Action(label="Let passwords in again", url=_act("passwords-on"), style="plain"),),
        )
    return SettingsSection(
        title="Switch passwords off",
        key="passwords",
        lead="Then your people come in here by your provider only. You keep a way in by password, should it fail. Who"
        " is signed in stays so until that session ends.",
        actions=(Action(label="Switch passwords off", url=_act("passwords-off"), style="danger"),),
    )


def _telling(desk: Desk) -> SettingsSection:
    there = settings.PUBLIC_URL + reverse("sign-on", args=[desk.facts.code])
    back = settings.PUBLIC_URL + reverse("sign-on-back", args=[desk.facts.code])
    return SettingsSection(
        title="What your provider must know",
        key="provider-told",
        lead="Register a web application there, with a client secret, that may ask for openid and email.",
        facts=(
            Fact(label="Redirect address", value=back),
            Fact(label="Where your people sign in", value=there),
            Fact(label="Short name", value=desk.facts.code),
        ),
    )


def _naming(facts: ProviderFacts | None) -> SettingsSection:
    form = Form(
        key="provider",
        action=_act("set"),
        submit="Save",
        fields=(
            Field(
                name="issuer",
                label="Issuer",
                required=True,
                maxlength=500,
                autocomplete="off",
                value=facts.issuer if facts else "",
                hint="Its address, exactly as your provider writes it, such as https://login.example.com.",
            ),
            Field(
                name="client_id",
                label="Client id",
                required=True,
                maxlength=200,
                autocomplete="off",
                value=facts.client_id if facts else "",
            ),
            Field(
                name="client_secret",
                label="Client secret",
                kind="password",
                sometimes=True,
                maxlength=500,
                autocomplete="off",
                hint="Leave it empty to keep the one that is here." if facts else "",
            ),
            Field(
                name="domains",
                label="Domains of your people's e-mails",
                required=True,
                maxlength=1000,
                autocomplete="off",
                value=", ".join(facts.domains) if facts else "",
                hint="With commas between. Your provider's word counts for e-mails of these only.",
            ),
        ),
    )
    return SettingsSection(title="Change it" if facts else "Name your provider", key="provider-set", forms=(form,))
