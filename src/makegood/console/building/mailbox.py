"""Mail in, among the settings: the mailbox that is read, how it goes, the mails that wait for a person, the forms."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from makegood.console.building.playbooks import hours_known, playbook_said, playbook_title, playbooks_listed
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.permissions import RUNS
from makegood.console.viewmodels import (
    Action,
    Choice,
    Empty,
    Fact,
    Field,
    Form,
    Link,
    SettingsSection,
    Table,
    TableRow,
    Tag,
)
from makegood.listen.mailbox.queries import AsideFacts, MailboxFacts, asides_open, mailbox_facts
from makegood.organizations.queries import mail_playbook, organization_facts

SECURITY = (
    ("tls", "TLS from the start", "usually port 993"),
    ("starttls", "TLS once connected (STARTTLS)", "usually port 143"),
    ("none", "Not at all", "only within your own network"),
)
STATES = {
    "kept": ("waits for you", "clay"),
    "again": ("is being fetched", "plain"),
    "cut": ("taken in, in part", "gold"),
}


def overview(desk: Desk, *, chosen: str = "") -> tuple[SettingsSection, ...]:
    """This function will show where mail is read and how it goes, and let an admin say where.

    `chosen` tells which of the two ways to sign in is asked for: a password, unless it begins with token.
    """
    found = mailbox_facts(organization_id=desk.organization_id)
    forms: tuple[SettingsSection, ...] = ()
    if desk.facts.role in RUNS:
        kept = found is not None and found.sign_in == "oauth" and chosen not in ("password", "set")
        token = kept or chosen in ("token", "set-token")
        forms = (
            _followed(desk),
            _address(desk),
            _demo() if settings.DEMO else _token_form(found) if token else _password_form(found),
        )
    return (_reading(desk, found), *_asides(desk), *forms)


def _followed(desk: Desk) -> SettingsSection:
    known = hours_known(organization_id=desk.organization_id)
    form = Form(
        key="mail-playbook-form",
        action=reverse("mail-act", args=["playbook"]),
        submit="Do this",
        style="plain",
        fields=(
            Field(
                name="mail_playbook",
                label="What is done when a mail complains",
                kind="radio",
                value=mail_playbook(organization_id=desk.organization_id) or "default",
                required=True,
                choices=tuple(
                    Choice(value=one.code, label=playbook_title(one), hint=playbook_said(one, hours=known))
                    for one in playbooks_listed(organization_id=desk.organization_id)
                ),
            ),
        ),
    )
    return SettingsSection(
        title="What is done about complaints by mail",
        key="mail-playbook",
        lead="A mail that names one order of its sender follows the playbook of that order's source, and one to a "
        "place's own address that of the place. Every other follows the one that you choose here.",
        forms=(form,),
    )


def _address(desk: Desk) -> SettingsSection:
    house = organization_facts(organization_id=desk.organization_id).reply_address
    form = Form(
        key="reply-address",
        action=reverse("mail-act", args=["address"]),
        submit="Write from this address",
        style="plain" if house else "go",
        fields=(
            Field(
                name="reply_address",
                label="E-mail address",
                kind="email",
                value=house,
                required=True,
                maxlength=254,
                hint="Such as care@example.com. Your mail server must let Makegood send from it.",
            ),
        ),
    )
    return SettingsSection(
        title="Your address for customers",
        key="address",
        lead="Customers get mail from this address. Their answers come back to it with a mark after a +, such as "
        "care+Jx2…@example.com, by which each finds its recovery.",
        forms=(form,),
    )


def _demo() -> SettingsSection:
    return SettingsSection(
        title="Read a mailbox",
        key="mail-demo",
        lead="In the demo nothing leaves this machine and nothing is fetched, so no mailbox is read. Your own "
        "organization has a form for it here.",
    )


def _reading(desk: Desk, found: MailboxFacts | None) -> SettingsSection:
    house = organization_facts(organization_id=desk.organization_id).reply_address
    replies = Fact(
        label="Answers come to",
        value=house.replace("@", "+…@", 1) if house else "no address of yours yet",
        note="let them all arrive in the mailbox, whatever follows the +" if house else "say below which it is",
    )
    if found is None:
        return SettingsSection(
            title="No mailbox is read",
            key="mailbox",
            lead="Tell below where the mail to your organization arrives. From then on each reply lands on its "
            "recovery, each complaint waits on Today, and a mail of yours that comes back shows there with the reason.",
            facts=(replies,),
        )
    return SettingsSection(
        title="The mailbox cannot be read" if found.trouble else "The mailbox",
        key="mailbox",
        danger=bool(found.trouble),
        lead=_lead(desk, found),
        facts=(
            Fact(label="Mailbox", value=f"{found.username} at {found.host}", note=f"folder {found.folder}"),
            Fact(label="Now", value=_now(desk, found)),
            Fact(label="Taken in so far", value=_taken(desk, found)),
            replies,
        ),
        actions=_actions(desk, found),
    )


def _lead(desk: Desk, found: MailboxFacts) -> str:
    if found.trouble and found.trouble_at:
        since = said_at(desk, found.trouble_at)
        return f"{found.trouble} So since {since}. It is tried again by itself, and no mail is lost."
    return (
        "Mail is taken in as it comes, each once, and stays in the mailbox as it is: nothing is deleted, moved or "
        "marked as read."
    )


def _now(desk: Desk, found: MailboxFacts) -> str:
    if not found.active:
        return "not read: you stopped it"
    if found.trouble:
        return "cannot be read"
    if not found.begun:
        return "not read yet: the workers begin within seconds"
    return f"read, last looked into {said_at(desk, found.looked_at)}" if found.looked_at else "being read"


def _taken(desk: Desk, found: MailboxFacts) -> str:
    count = "1 mail" if found.taken == 1 else f"{found.taken:,} mails"
    return f"{count}, the last {said_at(desk, found.taken_at)}" if found.taken_at else count


def _actions(desk: Desk, found: MailboxFacts) -> tuple[Action, ...]:
    if desk.facts.role not in RUNS:
        return ()
    stop = ("stop", "Stop reading it", "plain") if found.active else ("go-on", "Go on reading it", "go")
    return tuple(
        Action(label=label, url=reverse("mail-act", args=[how]), style=style)
        for how, label, style in (("try", "Try it", "plain"), stop, ("forget", "Forget this mailbox", "danger"))
    )


def sees_asides(desk: Desk) -> bool:
    """This function will say whether this member sees mails that wait: whose place each is about nobody knows yet."""
    return desk.places is None or desk.facts.role in RUNS


def _asides(desk: Desk) -> tuple[SettingsSection, ...]:
    found = asides_open(organization_id=desk.organization_id) if sees_asides(desk) else []
    if not found:
        return ()
    table = Table(
        caption="Mails that could not be taken in whole",
        head=("From", "Subject", "Size", "Kept", "Why"),
        rows=tuple(_aside(desk, one) for one in found),
        empty=Empty(title="None", text="Mails that could not be taken in wait here."),
    )
    lead = "Each of them lies in your mailbox too. Look at it there, or let it be taken in once more."
    return (SettingsSection(title="Mails that need a look", key="asides", lead=lead, table=table),)


def _aside(desk: Desk, one: AsideFacts) -> TableRow:
    said, tone = STATES[one.state]
    about = one.subject or f"mail {one.id}"
    again = Action(
        label="Take it in again",
        about=about,
        url=reverse("mail-act", args=["again"]),
        hidden=(("aside", str(one.id)),),
        style="go",
    )
    seen = Action(
        label="I have seen to it", about=about, url=reverse("mail-act", args=["seen"]), hidden=(("aside", str(one.id)),)
    )
    return TableRow(
        cells=(
            one.sender or "not known",
            one.subject or "not known",
            f"{one.size / 1024 / 1024:,.0f} MB" if one.size > 2**20 else f"{max(1, round(one.size / 1024)):,} kB",
            said_at(desk, one.kept_at),
            one.said,
        ),
        tag=Tag(text=said, tone=tone),
        actions=(again, seen) if one.state == "kept" else (seen,) if one.state == "cut" else (),
    )


def _password_form(found: MailboxFacts | None) -> SettingsSection:
    mine = found if found is not None and found.sign_in == "password" else None
    return _section(
        mine,
        key="mail-password",
        title="Change the mailbox" if mine else "Read a mailbox",
        lead="Makegood connects and opens the folder before it keeps anything, and says in one sentence what is wrong.",
        how="set",
        prefix="mail",
        secrets=(
            Field(
                name="mail_password",
                label="Password",
                kind="password",
                required=mine is None,
                autocomplete="off",
                hint="Empty: the one that is kept, for the same server and user."
                if mine
                else "Many providers want one made for programs (an app password).",
            ),
        ),
    )


def _token_form(found: MailboxFacts | None) -> SettingsSection:
    mine = found if found is not None and found.sign_in == "oauth" else None
    return _section(
        mine,
        key="mail-token",
        title="Change the mailbox" if mine else "Read a mailbox, signing in with a token (OAuth2)",
        lead="For providers that take no password from programs. Register Makegood there, let the mailbox's owner "
        "agree once, and bring the refresh token that you get: docs/guides/mail-in.md goes through it for Microsoft "
        "365 and Google, step by step. A token that the provider changes later is kept by itself.",
        how="set-token",
        prefix="token",
        secrets=(
            Field(
                name="token_url",
                label="Where tokens are given",
                value=mine.token_url if mine else "",
                required=True,
                inputmode="url",
                hint="Begins with https://",
                maxlength=300,
            ),
            Field(
                name="token_client",
                label="Client id",
                value=mine.client_id if mine else "",
                required=True,
                maxlength=300,
            ),
            Field(name="token_secret", label="Client secret", kind="password", autocomplete="off"),
            Field(name="token_refresh", label="Refresh token", kind="password", required=True, autocomplete="off"),
        ),
    )


def _section(
    mine: MailboxFacts | None, *, key: str, title: str, lead: str, how: str, prefix: str, secrets: tuple[Field, ...]
) -> SettingsSection:
    """A section that is one form: where the mailbox is, how to sign in, and from when its mails count."""
    form = Form(
        key=f"{key}-form",
        action=reverse("mail-act", args=[how]),
        submit="Try it and keep it",
        fields=(
            Field(
                name=f"{prefix}_host",
                label="Mail server (IMAP)",
                value=mine.host if mine else "",
                required=True,
                hint="As your provider names it, such as imap.example.com.",
                maxlength=253,
            ),
            Field(
                name=f"{prefix}_security",
                label="How the line is secured",
                kind="select",
                value=mine.security if mine else "tls",
                required=True,
                choices=tuple(Choice(value=value, label=label, hint=hint) for value, label, hint in SECURITY),
            ),
            Field(
                name=f"{prefix}_port",
                label="Port",
                value=str(mine.port) if mine else "993",
                required=True,
                inputmode="numeric",
                maxlength=5,
            ),
            Field(
                name=f"{prefix}_user",
                label="User",
                value=mine.username if mine else "",
                required=True,
                hint="Often the whole e-mail address.",
                maxlength=254,
                autocomplete="off",
            ),
            *secrets,
            Field(
                name=f"{prefix}_folder",
                label="Folder",
                value=mine.folder if mine else "INBOX",
                required=True,
                maxlength=200,
            ),
            Field(
                name=f"{prefix}_from",
                label="Which mails",
                kind="radio",
                value="now",
                required=True,
                choices=(
                    Choice(value="now", label="Those that come from now on"),
                    Choice(value="all", label="Those that lie there already, too", hint="each may become a complaint"),
                ),
            ),
        ),
    )
    other = ("password", "Sign in with a password instead")
    if prefix == "mail":
        other = ("token", "Sign in with a token (OAuth2) instead")
    link = Link(label=other[1], url=f"{reverse('settings', args=['mail'])}?by={other[0]}#mail-{other[0]}")
    return SettingsSection(title=title, key=key, lead=lead, links=(link,), forms=(form,))
