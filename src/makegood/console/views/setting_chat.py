"""Settings, Slack and Teams: the channels of the organization and of its teams, in which members may be told."""

from __future__ import annotations

from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import select, whole
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Action, Empty, Field, Form, SettingsSection, Table, TableRow, Tag
from makegood.console.views.people import Done, chosen_one
from makegood.organizations.chats import (
    CHAT_NAMES,
    LONGEST,
    ChatFacts,
    UnableToSetChat,
    chat_forget,
    chat_set,
    chats_all,
)
from makegood.organizations.queries import teams_all

HINT = (
    "Slack: the address of an “Incoming Webhook”. Teams: that of a workflow “When a Teams webhook request is received”."
    " It is a secret: kept encrypted, and not shown again."
)
LEAD = (
    "A member who chooses to be told in Slack or Teams is told in their own channel, else in their team's, else in the"
    " organization's. What is told there begins with their name, says no customer's, and has one button to the one next"
    " thing to do."
)


def chat_fields() -> tuple[Field, ...]:
    """This function will ask which of the two it is, and for the address."""
    return (
        select("chat_kind", "Where", tuple(CHAT_NAMES.items()), required=True),
        Field(
            name="chat_address",
            label="Address of the webhook",
            hint=HINT,
            required=True,
            maxlength=LONGEST,
            autocomplete="off",
        ),
    )


def chat_said(desk: Desk, one: ChatFacts) -> str:
    """This function will say how a channel does."""
    if not one.trouble or one.trouble_at is None:
        return "nothing has failed"
    return f"{one.trouble.rstrip('.')}, {said_at(desk, one.trouble_at)}. Mail told it instead, if it surely failed."


def chat_sections(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will list the channels, and ask for another one."""
    teams = [(str(one.id), one.name) for one in teams_all(organization_id=desk.organization_id)]
    rows = tuple(
        TableRow(
            cells=(one.team or "Everybody", CHAT_NAMES[one.kind], one.host, chat_said(desk, one)),
            tag=Tag(text="failed", tone="clay") if one.trouble else None,
            actions=(
                Action(
                    label="Forget it",
                    about=one.team or "the organization's channel",
                    style="danger",
                    url=reverse("settings-act", args=["chat", "forget"]),
                    hidden=(("chat", str(one.id)),),
                ),
            ),
        )
        for one in chats_all(organization_id=desk.organization_id)
    )
    table = Table(
        caption="Channels",
        head=("For", "Where", "Host", "How it does"),
        rows=rows,
        empty=Empty(title="No channels yet", text="Add the organization's, or a team's, below."),
    )
    form = Form(
        key="chat",
        action=reverse("settings-act", args=["chat", "set"]),
        title="Add a channel, or replace one",
        submit="Keep it",
        fields=(*((select("chat_team", "For", teams, first="Everybody"),) if teams else ()), *chat_fields()),
    )
    return (SettingsSection(title="Channels", key="channels", lead=LEAD, table=table, forms=(form,)),)


def chat_given(request: HttpRequest, desk: Desk, *, member_id: int | None = None, team_id: int | None = None) -> None:
    """This function will keep what was typed. Raises Unanswered for what is no address."""
    given = answers(request.POST, chat_kind="Choose Slack or Teams.", chat_address="Write the address.")
    try:
        chat_set(
            organization_id=desk.organization_id,
            kind=given["chat_kind"],
            address=given["chat_address"],
            by=desk.member_id,
            now=desk.facts.now,
            member_id=member_id,
            team_id=team_id,
        )
    except UnableToSetChat as error:
        raise Unanswered({"chat_address": str(error)}) from error


def channel_set(request: HttpRequest, desk: Desk) -> Done:
    """Keep the organization's channel, or a team's."""
    teams = [one.id for one in teams_all(organization_id=desk.organization_id)]
    chat_given(request, desk, team_id=chosen_one(request, "chat_team", teams))
    return Done(text="It is kept. Members choose it under “Your sign-in”, “How you are told”.")


def channel_forgotten(request: HttpRequest, desk: Desk) -> Done:
    """Forget a channel; who was told there is mailed."""
    chat_id = whole(request.POST.get("chat", ""), least=1, most=2**63 - 1)
    chat_forget(organization_id=desk.organization_id, chat_id=chat_id, by=desk.member_id, now=desk.facts.now)
    return Done(text="It is forgotten: who was told there is mailed.")
