"""Settings, API keys: what each may do, making one, revoking one."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import select, whole
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Action, Choice, Empty, Field, Form, SettingsSection, Table, TableRow, Tag
from makegood.console.views.people import Done
from makegood.core.lengths import fitting
from makegood.organizations import queries
from makegood.organizations.operations import SCOPES, api_key_create, api_key_revoke

SCOPE_HINTS = {"events": "send events", "read": "read everything", "write": "report, record, change"}


def keys(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show the keys, and ask for a new one."""
    rows = tuple(
        TableRow(
            cells=(
                one.name,
                f"{one.prefix}…",
                ", ".join(one.scopes),
                one.place or "the whole house",
                one.created_at.strftime("%Y-%m-%d"),
            ),
            tag=Tag(text="revoked") if one.revoked_at else None,
            actions=()
            if one.revoked_at
            else (
                Action(
                    label="Revoke",
                    about=one.name,
                    style="danger",
                    url=reverse("settings-act", args=["keys", "revoke"]),
                    hidden=(("key", str(one.id)),),
                ),
            ),
        )
        for one in queries.keys_all(organization_id=desk.organization_id)
    )
    form = Form(
        key="new-key",
        action=reverse("settings-act", args=["keys", "add"]),
        title="Make a key",
        submit="Make the key",
        fields=(
            Field(name="key_name", label="What it is for", required=True, maxlength=80),
            Field(
                name="key_scopes",
                label="It may",
                kind="checkboxes",
                required=True,
                choices=tuple(
                    Choice(value=scope, label=SCOPE_HINTS[scope], chosen=scope == "events") for scope in SCOPES
                ),
            ),
            select(
                "key_place",
                "For which place",
                [(str(one.id), one.name) for one in queries.places_all(organization_id=desk.organization_id)],
                first="the whole house",
                hint="For one place it reads and writes only what is of that place and of those inside of it. It sends"
                " no events, which may be about any place.",
            ),
        ),
    )
    table = Table(
        caption="Keys",
        head=("Name", "Begins with", "May", "For", "Made"),
        rows=rows,
        empty=Empty(title="No keys yet", text="Make one for each program that sends events."),
    )
    return (SettingsSection(title="Keys", key="keys", table=table, forms=(form,)),)


def key_add(request: HttpRequest, desk: Desk) -> Done:
    """Make a key."""
    given = answers(request.POST, key_name="Write what the key is for.")
    scopes = request.POST.getlist("key_scopes")
    if not set(scopes) & set(SCOPES):
        raise Unanswered({"key_scopes": "Choose what the key may do."})
    made = api_key_create(
        organization_id=desk.organization_id,
        place_id=_place_chosen(request, desk),
        name=fitting(given["key_name"], most=80),
        scopes=scopes,
        now=desk.facts.now,
    )
    return Done(text=f"The key of {given['key_name']}: copy it now, it is not shown again.", secret=made.key)


def _place_chosen(request: HttpRequest, desk: Desk) -> int | None:
    chosen = request.POST.get("key_place", "")
    there = {str(one.id): one.id for one in queries.places_all(organization_id=desk.organization_id)}
    if chosen and chosen not in there:
        raise Unanswered({"key_place": "Choose a place from the list."})
    return there.get(chosen)


def key_revoke(request: HttpRequest, desk: Desk) -> Done:
    """Revoke a key."""
    api_key_revoke(
        organization_id=desk.organization_id,
        key_id=whole(request.POST.get("key", ""), least=1, most=2**63 - 1),
        now=desk.facts.now,
    )
    return Done(text="The key is revoked.")
