"""The browsers on which a member is told: adding the one that they look from, and forgetting one."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from makegood.console.asking import whole
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Action, Field, Form, SettingsSection, Table, TableRow, Tag
from makegood.console.views.frame import tell
from makegood.messages.push import own_key
from makegood.organizations.devices import UnableToAddDevice, device_add, device_forget, devices_of
from makegood.store.clocks import wall_now

LEAD = (
    "Shown as notifications by browsers that you add, this one or your phone's: open this page there. They say what the"
    " mail would say, and nothing of a customer. On a device that others use too, they see them."
)
BROWSERS = (("Edg", "Edge"), ("Firefox|FxiOS", "Firefox"), ("Chrome|CriOS", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Windows", "Windows"), ("Mac OS", "a Mac"),
    ("CrOS", "a Chromebook"), ("Linux", "Linux"),
)  # fmt: skip


def device_named(agent: str) -> str:
    """This function will name a browser and what it runs on by what it says of itself, as their owner would."""
    browser = next((name for known, name in BROWSERS if re.search(known, agent)), "A browser")
    system = next((name for known, name in SYSTEMS if known in agent), "")
    return f"{browser} on {system}" if system else browser


def devices_section(desk: Desk) -> SettingsSection:
    """This function will list a member's devices, and ask for the one that they look from."""
    rows = tuple(
        TableRow(
            cells=(one.name, said_at(desk, one.added_at), one.trouble or "nothing has failed"),
            tag=Tag(text="failed", tone="clay") if one.trouble else None,
            actions=(
                Action(
                    label="Forget it",
                    about=one.name,
                    style="danger",
                    url=reverse("account-device", args=["forget"]),
                    hidden=(("device", str(one.id)),),
                ),
            ),
        )
        for one in devices_of(organization_id=desk.organization_id, member_id=desk.member_id)
    )
    form = Form(
        key="device",
        action=reverse("account-device", args=["add"]),
        submit="Tell me on this device",
        push=own_key(),
        fields=tuple(Field(name=name, label="", kind="hidden") for name in ("endpoint", "key", "auth")),
    )
    table = Table(caption="Devices", head=("Device", "Added", "How it does"), rows=rows) if rows else None
    return SettingsSection(title="Your devices", key="devices", lead=LEAD, table=table, forms=(form,))


def device_done(request: HttpRequest, desk: Desk, *, how: str) -> None:
    """This function will add the browser that asks, or forget a device. Raises Unanswered, and Http404."""
    here, mine, now = desk.organization_id, desk.member_id, desk.facts.now
    given = request.POST
    if how == "forget":
        device_id = whole(given.get("device", ""), field="device", least=1, most=2**63 - 1)
        device_forget(organization_id=here, member_id=mine, device_id=device_id, now=now)
        tell(request, "It is forgotten.")
        return
    if how != "add":
        raise Http404
    try:
        device_add(
            organization_id=here,
            member_id=mine,
            endpoint=given.get("endpoint", ""),
            key=given.get("key", ""),
            auth=given.get("auth", ""),
            name=device_named(request.headers.get("User-Agent", "")),
            now=now,
            at=wall_now(),
        )
    except UnableToAddDevice as error:
        raise Unanswered({"endpoint": str(error)}) from error
    tell(request, "You are told on this device.", detail="What surely does not get there is mailed.")


def worker(request: HttpRequest) -> HttpResponse:
    """Give a browser the worker that shows what its member is told, and looks after no page."""
    response = render(request, "console/push_worker.js", content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
