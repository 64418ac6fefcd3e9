"""Settings, what is kept: how long each kind of data stays, tried before it is set."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import whole
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Field, Form, SettingsSection, Table, TableRow, Tag
from makegood.console.views.people import Done
from makegood.core.retention import KINDS, LEAST_DAYS, MOST_DAYS
from makegood.keeping.retention import Period, periods, periods_set, removal_foreseen


def periods_sections(desk: Desk, *, tried: Mapping[str, str]) -> tuple[SettingsSection, ...]:
    """This function will show each kind's period and what it would remove now, as set or as `tried` in the address."""
    found = periods(organization_id=desk.organization_id)
    trying = any(f"days_{one.kind}" in tried for one in found)
    days, wrong = _days(tried) if trying else ({one.kind: one.days for one in found}, {})
    rows = tuple(_row(desk, one, days.get(one.kind)) for one in found)
    said = all(one.said for one in found)
    fields = tuple(
        Field(
            name=f"days_{one.kind}",
            label=f"{KINDS[one.kind].title}: days",
            kind="number",
            hint=KINDS[one.kind].why,
            value=tried.get(f"days_{one.kind}", "") if trying else str(one.days or ""),
            error=wrong.get(f"days_{one.kind}", ""),
            minimum=str(LEAST_DAYS),
            maximum=str(MOST_DAYS),
        )
        for one in found
    )
    table = Table(
        caption="Periods",
        head=("What", "Goes after", "What goes of it", "Would go now"),
        rows=rows,
        numeric=(3,),
    )
    try_form = Form(
        key="try-periods",
        action=reverse("settings", args=["kept"]),
        lead="Leave one empty to keep it for good. Nothing is changed by trying.",
        submit="Show what would go",
        method="get",
        style="plain",
        fields=fields,
    )
    set_form = Form(
        key="set-periods",
        action=reverse("settings-act", args=["kept", "set"]),
        submit="Let go by these periods, each night",
        fields=tuple(
            Field(name=f"days_{kind}", label="", kind="hidden", value="" if one is None else str(one))
            for kind, one in days.items()
        ),
    )
    lead = (
        "What is over goes at three in the morning, in small steps, and the journal keeps how much it was. Whatever"
        " belongs to an open recovery stays, and so does what may still leave or arrive."
    )
    if not said:
        lead = f"These periods are proposed, and nothing goes before you set them. {lead}"
    return (
        SettingsSection(
            title="How long it stays", key="periods", lead=lead, table=table, forms=() if wrong else (set_form,)
        ),
        SettingsSection(title="Try other periods", key="try", forms=(try_form,)),
    )


def _row(desk: Desk, one: Period, days: int | None) -> TableRow:
    kind = KINDS[one.kind]
    would = "" if days is None else f"{_would(desk, one.kind, days):,}"
    when = "never: it stays for good" if days is None else f"{days:,} days {kind.counted}"
    tag = None
    if one.said and one.days == days:
        tag = Tag(text=f"next {said_at(desk, one.next_at)}" if one.next_at else "kept", tone="glaze")
    return TableRow(cells=(kind.title, when, kind.removed, would), tag=tag)


def _would(desk: Desk, kind: str, days: int) -> int:
    return removal_foreseen(organization_id=desk.organization_id, kind=kind, days=days, now=desk.facts.now)


def _days(typed: Mapping[str, str]) -> tuple[dict[str, int | None], dict[str, str]]:
    """The days that were typed by kind, and what is wrong with which field."""
    days: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for kind in KINDS:
        name = f"days_{kind}"
        text = typed.get(name, "").strip()
        try:
            days[kind] = whole(text, field=name, least=LEAST_DAYS, most=MOST_DAYS) if text else None
        except Unanswered:
            wrong[name] = f"Give whole days, from {LEAST_DAYS} to {MOST_DAYS}, or leave it empty to keep it for good."
    return days, wrong


def periods_chosen(request: HttpRequest, desk: Desk) -> Done:
    """Set the periods as they were shown."""
    if not all(f"days_{kind}" in request.POST for kind in KINDS):
        raise Unanswered({f"days_{kind}": "Say for how many days." for kind in KINDS})
    days, wrong = _days(request.POST)
    if wrong:
        raise Unanswered(wrong)
    periods_set(organization_id=desk.organization_id, days=days, by=desk.member_id, now=desk.facts.now)
    return Done(text="What is over by these periods goes from tonight on.")
