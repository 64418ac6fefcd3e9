"""A playbook's calendar is named in its text by itself, every other line as it was; its length is said in days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from makegood.console.building.playbooks import playbook_said
from makegood.core.calendars import Calendar
from makegood.organizations.queries import PlaybookFacts
from makegood.rules.playbooks import UnusablePlaybook, data_of, names, parse, text_of
from makegood.rules.playbooks.hours import with_calendar

WEEK = {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "sat": [["10:00", "14:00"]]}


@pytest.mark.parametrize("name", names())
def test_only_the_line_of_the_calendar_changes_and_changes_back(name: str) -> None:
    text = text_of(name)
    anew = with_calendar(text=text, calendar="shop")
    assert parse(anew).calendar == "shop"
    differ = [line for line, before in zip(anew.split("\n"), text.split("\n"), strict=True) if line != before]
    assert differ == ["  calendar: shop"]
    assert with_calendar(text=anew, calendar="") == text


def test_a_playbook_without_the_key_gets_it_and_a_remark_beside_it_stays() -> None:
    text = text_of("default")
    bare = text.replace('  calendar: ""\n', "")
    assert parse(with_calendar(text=bare, calendar="shop")).calendar == "shop"
    deep = bare.replace(
        "  escalation: { every_minutes: 120, repeats: 6,", "  escalation:\n    { every_minutes: 120, repeats: 6,"
    )
    assert parse(with_calendar(text=deep, calendar="shop")).calendar == "shop"
    told = text.replace('calendar: ""', "calendar: desk  # ours")
    assert "  calendar: shop  # ours\n" in with_calendar(text=told, calendar="shop")


def test_what_is_written_otherwise_is_left_to_a_person() -> None:
    flow = text_of("default").replace("clocks:\n", "clocks: !!map\n", 1)
    with pytest.raises(UnusablePlaybook):
        with_calendar(text=flow, calendar="shop")


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1440, "within 24 hours. Only open hours count: 24 hours are four of your days."),
        (2880, "within 48 hours. Only open hours count: 48 hours are eight of your days."),
        (1500, "within 25 hours. Only open hours count: 25 hours are about four of your days."),
        (360, "within 6 hours. Only open hours count."),
    ],
)
def test_open_hours_are_said_in_days_of_the_calendar(minutes: int, said: str) -> None:
    text = with_calendar(text=text_of("default"), calendar="shop").replace(
        "fix: { minutes: 1440, warn_minutes: 240 }", f"fix: {{ minutes: {minutes}, warn_minutes: 60 }}"
    )
    facts = PlaybookFacts(
        code="default", version=1, text=text, data=data_of(text), published_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    calendar = Calendar.from_data({"zone": "UTC", "weekly": WEEK})
    assert calendar.open_day == 360
    assert said in playbook_said(facts, hours={"shop": calendar})
    assert "Only open hours count. " in playbook_said(facts)
