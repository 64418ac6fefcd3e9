"""The settings: people, places, sources, the playbook, keys, limits, delivery."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import attrs
from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import permissions
from makegood.console.building import data_in, mailbox, webhooks
from makegood.console.building.drafting import drafting_sections
from makegood.console.building.playbooks import (
    hours_known,
    playbook_said,
    playbook_title,
    playbooks_listed,
    team_lacking,
)
from makegood.console.building.sender import sender_doubt, sender_links, sender_said
from makegood.console.building.sign_on import sign_on_sections
from makegood.console.building.sources import sources_sections
from makegood.console.building.words import said_at
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.viewmodels import (
    Action,
    Empty,
    Fact,
    Form,
    Link,
    SettingsPage,
    SettingsSection,
    Table,
    TableRow,
    Tag,
)
from makegood.console.views import (
    hours,
    organization,
    people,
    places,
    playbooks,
    setting_chat,
    setting_drafting,
    setting_kept,
    setting_keys,
    setting_limits,
    setting_sign_on,
)
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, acts, staff, tell
from makegood.organizations import queries
from makegood.organizations.operations import (
    sending_stop,
)

TITLES = {
    "members": ("People", "Who puts things right, and what each may give without asking."),
    "places": ("Places and teams", "Where you serve customers, and who works together."),
    "sources": ("Sources", "Where promises come from, and when each was last heard."),
    "data": ("Data in", "Files that you bring: tried first, imported when you say so."),
    "mail": ("Mail in", "The mailbox that is read: replies, complaints, and mails of yours that come back."),
    "webhooks": ("Webhooks", "Shops and helpdesks that post to you as things happen: orders, refunds, tickets."),
    "hours": ("Opening hours", "Which time clocks count, and on which days nobody works."),
    "playbook": ("Playbook", "What is done for which failure. A published version is frozen onto each recovery."),
    "keys": ("API keys", "Programs sign in with a key. Only its beginning is kept."),
    "limits": (
        "Limits",
        "What may be given without asking, and out of which budget. A fix never waits.",
    ),
    "delivery": ("Delivery", "How messages and payments leave, and by what your organization is known."),
    "chat": ("Slack and Teams", "Channels in which members are told what needs them, where they choose so."),
    "sign-on": ("Single sign-on", "Your people sign in where they sign in to everything else, by OpenID Connect."),
    "drafting": ("Drafting", "A language model of your own that drafts letters, where somebody asks it to."),
    "kept": ("What is kept", "For how long what you know of people stays, kind by kind."),
}


def settings_page(
    request: HttpRequest, desk: Desk, *, section: str, fresh: tuple[str, str] = ("", "")
) -> Screen | HttpResponse:
    """Show one page of the settings; `fresh` is a secret to show this once, and what it is."""
    if section not in TITLES:
        raise Http404
    if desk.facts.role not in permissions.SETTINGS[section]:
        return error_answer(request, status=403)
    title, lead = TITLES[section]
    sections = {
        "members": _members,
        "places": _places,
        "sources": sources_sections,
        "data": data_in.overview,
        "mail": partial(mailbox.overview, chosen=request.GET.get("by") or request.path.rpartition("/")[2]),
        "webhooks": webhooks.overview,
        "hours": partial(hours.sections, action=_act("hours", "publish"), chosen=_chosen_hours(request)),
        "playbook": _playbook,
        "keys": setting_keys.keys,
        "limits": setting_limits.limits_sections,
        "delivery": _delivery,
        "chat": setting_chat.chat_sections,
        "drafting": drafting_sections,
        "kept": partial(setting_kept.periods_sections, tried=request.GET),
        "sign-on": sign_on_sections,
    }[section](desk)
    shown = (SettingsSection(title=fresh[1], key="fresh", secret=fresh[0]),) if fresh[0] else ()
    page = SettingsPage(
        title=title,
        lead=lead,
        pages=pages_of(desk, current=section),
        sections=(*shown, *sections),
    )
    return Screen(template="console/settings.html", page=page)


def pages_of(desk: Desk, *, current: str) -> tuple[Link, ...]:
    """This function will list the pages of the settings that this member may open."""
    return tuple(
        Link(label=TITLES[name][0], url=reverse("settings", args=[name]), current=name == current)
        for name in TITLES
        if desk.facts.role in permissions.SETTINGS[name]
    )


section = staff(settings_page)


@staff
def first(request: HttpRequest, desk: Desk) -> Screen | HttpResponse:
    """Lead to the first page of the settings that this member may open."""
    pages = pages_of(desk, current="")
    return redirect(pages[0].url) if pages else error_answer(request, status=403)


def _chosen_hours(request: HttpRequest) -> str:
    return request.POST.get("hours_code", "") or request.GET.get("change", "")


def _alone(form: Form) -> SettingsSection:
    """A section that is one form: the form's title is the section's."""
    return SettingsSection(title=form.title, key=f"{form.key}-section", forms=(attrs.evolve(form, title=""),))


def _act(section: str, act: str) -> str:
    return reverse("settings-act", args=[section, act])


def _members(desk: Desk) -> tuple[SettingsSection, ...]:
    rows = tuple(
        TableRow(
            cells=(
                one.name,
                ROLE_WORDS[one.role],
                one.email or ("walks in: this is the demo" if django_settings.DEMO else "cannot sign in"),
                ", ".join(one.places) or "all places",
                one.team or "none",
            ),
            url=reverse("member", args=[one.id]),
            tag=None if one.active else Tag(text="left"),
        )
        for one in queries.members_all(organization_id=desk.organization_id)
    )
    table = Table(caption="People", head=("Name", "Role", "E-mail", "Places", "Team"), rows=rows)
    return (
        SettingsSection(
            title="People",
            key="people",
            table=table,
            lead="Open a name to change who they are, give them a new password, let them go or take them back.",
        ),
        attrs.evolve(_alone(people.member_form(desk, action=_act("members", "add"))), links=sender_links(desk)),
    )


def _places(desk: Desk) -> tuple[SettingsSection, ...]:
    here = desk.organization_id
    found = queries.places_all(organization_id=here)
    titles = {one.code: playbook_title(one) for one in playbooks_listed(organization_id=here)}
    rows = tuple(
        TableRow(
            cells=(one.name, one.code, one.kind, one.parent or "none", titles.get(one.playbook, ""), str(one.members)),
            url=reverse("place-sign", args=[one.id]),
        )
        for one in found
    )
    chosen = (places.playbook_form(desk, places=found, action=_act("places", "playbook")),) if found else ()
    teams = tuple(TableRow(cells=(one.name,)) for one in queries.teams_all(organization_id=here))
    return (
        SettingsSection(
            title="Places",
            key="places",
            lead="Open a name for its sign: a QR code to print, with which customers report what went wrong there."
            " Files and programs know a place by its code. Many come at once from a file, under Data in.",
            table=Table(
                caption="Places",
                head=("Name", "Code", "Kind", "Inside", "What is done there", "People who serve only it"),
                rows=rows,
                numeric=(5,),
                empty=Empty(title="No places yet", text="Add the first one below: a store, a hotel, a till."),
            ),
            forms=(people.place_form(desk, action=_act("places", "add")), *chosen),
        ),
        SettingsSection(
            title="Teams",
            key="teams",
            table=Table(
                caption="Teams",
                head=("Name",),
                rows=teams,
                empty=Empty(title="No teams yet", text="A team takes recoveries together."),
            ),
            forms=(people.team_form(desk, action=_act("places", "team")),),
        ),
    )


def _playbook(desk: Desk) -> tuple[SettingsSection, ...]:
    known = hours_known(organization_id=desk.organization_id)
    teams = {one.name for one in queries.teams_all(organization_id=desk.organization_id)}
    sections = [
        SettingsSection(
            title=playbook_title(one),
            lead=f"{playbook_said(one, hours=known)} {team_lacking(one, teams=teams)}".rstrip(),
            key=f"playbook-{one.code}",
            facts=(
                Fact(label="Code", value=one.code),
                Fact(label="Version", value=str(one.version)),
                Fact(label="Published", value=said_at(desk, one.published_at)),
            ),
            text=one.text,
            text_label=f"{one.code} as text",
            links=_playbook_links(desk, one.code),
        )
        for one in playbooks_listed(organization_id=desk.organization_id)
    ]
    if desk.may("settings-act"):
        pasted = _alone(playbooks.paste_form())
        sections.append(attrs.evolve(pasted, checks="playbook-check"))
    return tuple(sections)


def _playbook_links(desk: Desk, code: str) -> tuple[Link, ...]:
    drawing = Link(label="See it on one page", url=reverse("playbook-drawing", args=[code]))
    change = Link(label="Change it", url=reverse("playbook-write", args=[code]))
    return (drawing, change) if desk.may("playbook-write") else (drawing,)


_NO_MAIL = SettingsSection(
    title="No mail leaves: no mail server is set",
    key="no-mail",
    danger=True,
    lead="Mails to customers are kept as failed and wait on Today; their page shows them once they have left. Whoever "
    "runs this machine sets EMAIL_URL to smtp://user:password@host:port and starts Makegood again; “makegood doctor” "
    "checks it. Then send again what waits on Today.",
)


def _mail_facts(desk: Desk) -> tuple[Fact, ...]:
    url = django_settings.EMAIL_URL
    return (
        Fact(label="Mail", value=f"Through {urlsplit(url).hostname}" if url else "No mail server is set"),
        Fact(label="Mail comes from", value=sender_said(desk), note=sender_doubt(desk)),
    )


def _delivery(desk: Desk) -> tuple[SettingsSection, ...]:
    facts = queries.organization_facts(organization_id=desk.organization_id)
    ways = {
        "live": "Live: messages and payments leave as far as they are connected",
        "shadow": "Shadow: nothing leaves",
        "inbox": "The demo's inbox",
    }
    outside = queries.integrations_all(organization_id=desk.organization_id)
    stopped = facts.stopped_at is not None
    live = facts.delivery == "live"
    missing = live and not any(one.kind == "payout" and one.active for one in outside)
    return (
        *((_NO_MAIL,) if live and not django_settings.EMAIL_URL else ()),
        SettingsSection(
            title="How it leaves",
            key="ways",
            facts=(
                Fact(label="Delivery", value=ways[facts.delivery]),
                *(_mail_facts(desk) if live else ()),
                *((Fact(label="Payout", value="By hand: no payment system is connected"),) if missing else ()),
                *(Fact(label=one.kind.capitalize(), value=one.url) for one in outside),
            ),
            links=sender_links(desk) if live else (),
        ),
        SettingsSection(
            title="Your organization",
            key="organization",
            facts=(
                Fact(label="Code", value=facts.code, note=f"in commands: --org {facts.code}"),
                Fact(label="Report form", value=reverse("public-report", args=[facts.code]), note="for customers"),
                Fact(label="Time zone", value=facts.zone),
                Fact(label="Currency", value=facts.currency),
            ),
            forms=(organization.language_form(facts, action=_act("delivery", "language")),),
            links=(Link(label="The first hour, step by step", url=reverse("set-up-step", args=["places"])),)
            if desk.may("set-up-step")
            else (),
        ),
        SettingsSection(
            title="Sending is stopped" if stopped else "Stop",
            key="stop",
            lead="Stopping holds every message and payment at once. Nothing is lost; it goes on where it stopped.",
            danger=not stopped,
            actions=(
                Action(label="Go on sending", url=_act("delivery", "go-on"), style="go")
                if stopped
                else Action(label="Stop all sending", url=_act("delivery", "stop"), style="danger"),
            ),
        ),
    )


@acts(lambda request, desk, *, section, act: settings_page(request, desk, section=section))
def settings_act(request: HttpRequest, desk: Desk, *, section: str, act: str) -> Screen | HttpResponse:
    """Change one thing in the settings."""
    doing = ACTS.get((section, act))
    if doing is None:
        raise Http404
    done = doing(request, desk)
    if done.secret:
        return settings_page(request, desk, section=section, fresh=(done.secret, done.text))
    tell(request, done.text, detail=done.detail)
    return redirect(done.to or reverse("settings", args=[section]))


def _stop(request: HttpRequest, desk: Desk) -> people.Done:
    sending_stop(organization_id=desk.organization_id, now=desk.facts.now, by=desk.member_id, stopped=True)
    return people.Done(text="No message and no payment leaves until you say so.")


def _go_on(request: HttpRequest, desk: Desk) -> people.Done:
    sending_stop(organization_id=desk.organization_id, now=desk.facts.now, by=desk.member_id, stopped=False)
    return people.Done(text="Sending goes on.")


ACTS = {
    ("members", "add"): people.member_add,
    ("places", "add"): people.place_add,
    ("places", "playbook"): places.playbook_choose,
    ("places", "team"): people.team_add,
    ("sources", "add"): people.source_add,
    ("sources", "watch"): people.source_watched,
    ("sources", "live"): people.source_watched,
    ("hours", "publish"): hours.publish,
    ("playbook", "publish"): playbooks.publish,
    ("keys", "add"): setting_keys.key_add,
    ("keys", "revoke"): setting_keys.key_revoke,
    ("delivery", "language"): organization.language_choose,
    ("delivery", "stop"): _stop,
    ("delivery", "go-on"): _go_on,
    ("chat", "set"): setting_chat.channel_set,
    ("chat", "forget"): setting_chat.channel_forgotten,
    ("kept", "set"): setting_kept.periods_chosen,
    **setting_drafting.ACTS,
    **setting_limits.ACTS,
    **setting_sign_on.ACTS,
}
