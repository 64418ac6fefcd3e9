"""The sources, among the settings: when each was last heard, and which only watch."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from makegood.console.building.playbooks import hours_known, playbook_said, playbook_title, playbooks_listed
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.moments import TIED
from makegood.console.viewmodels import (
    Action,
    Choice,
    Empty,
    Field,
    Form,
    SettingsSection,
    Table,
    TableRow,
    Tag,
)
from makegood.insights.shadow import sources_watched
from makegood.promises.queries import sources_all

WATCHED = (
    "What only watches is worked out in full: no message and no payment leaves. Open its name to see what it would have"
    " sent, and to go live."
)


def _act(act: str) -> str:
    return reverse("settings-act", args=["sources", act])


def _source_tag(*, watched: bool, silent: bool) -> Tag | None:
    if watched:
        return Tag(text="only watches", tone="gold")
    return Tag(text="silent", tone="clay") if silent else None


def _source_watch(source_id: int, name: str) -> Action:
    return Action(
        label="Only watch",
        about=name,
        url=_act("watch"),
        style="plain",
        hidden=(("source_id", str(source_id)),),
    )


def sources_sections(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will list the sources, and what each may be asked to do."""
    now = desk.facts.now
    rows = []
    sources = sources_all(organization_id=desk.organization_id)
    watched = sources_watched(organization_id=desk.organization_id)
    titles = {one.code: playbook_title(one) for one in playbooks_listed(organization_id=desk.organization_id)}
    for one in sources:
        rhythm = timedelta(minutes=one.rhythm_minutes or 0)
        silent = bool(rhythm) and one.heard_until is not None and now - one.heard_until > rhythm
        rows.append(
            TableRow(
                cells=(
                    one.name,
                    one.code,
                    f"every {one.rhythm_minutes}{TIED}min" if one.rhythm_minutes else "no rhythm",
                    said_at(desk, one.heard_until) if one.heard_until else "not yet",
                    titles.get(one.playbook, one.playbook),
                ),
                tag=_source_tag(watched=one.mode == "shadow", silent=silent),
                actions=(_source_watch(one.id, one.name),) if one.watchable and one.mode != "shadow" else (),
                url=reverse("source-shadow", args=[one.id]) if one.id in watched else "",
            )
        )
    table = Table(
        caption="Sources",
        head=("Name", "Code", "Rhythm", "Heard until", "Playbook"),
        rows=tuple(rows),
        empty=Empty(title="No sources yet", text="Add the system that knows what you promise, then make an API key."),
    )
    return (
        SettingsSection(
            title="Sources",
            key="sources",
            table=table,
            lead=WATCHED if any(one.mode == "shadow" for one in sources) else "",
            forms=(source_form(desk, action=_act("add")),),
        ),
    )


def source_form(desk: Desk, *, action: str) -> Form:
    """This function will ask for a source."""
    known = hours_known(organization_id=desk.organization_id)
    return Form(
        key="source",
        action=action,
        submit="Add this source",
        title="Add a source",
        fields=(
            Field(name="source", label="Name", required=True, maxlength=120, hint="Web shop, booking system, till"),
            Field(
                name="source_rhythm",
                label="Expected to be heard every so many minutes",
                kind="number",
                minimum="1",
                hint="If it falls silent for longer, what depends on it is held. 1500 suits a nightly file. Leave it"
                " empty if it has no rhythm.",
            ),
            Field(
                name="source_playbook",
                label="What is done when one of its promises breaks?",
                kind="radio",
                required=True,
                value="default",
                choices=tuple(
                    Choice(value=one.code, label=playbook_title(one), hint=playbook_said(one, hours=known))
                    for one in playbooks_listed(organization_id=desk.organization_id)
                ),
            ),
        ),
    )
