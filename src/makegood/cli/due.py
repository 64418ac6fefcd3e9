"""`makegood due`: when a number of working minutes is used up, and why."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import IO
from zoneinfo import ZoneInfo

import click

from makegood.cli.unique_keys import StandsTwice, once
from makegood.core.calendars import Calendar, zone_named
from makegood.core.clock import Deadline, Pause, deadline
from makegood.core.moments import UnusableTime


def _calendar_from(file: IO[bytes]) -> Calendar:
    try:
        data = json.loads(file.read().decode("utf-8-sig"), object_pairs_hook=once)
    except StandsTwice as error:
        raise click.UsageError(f"The calendar file holds {error.name!r} twice: keep one.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise click.UsageError(f"{file.name} is not a JSON calendar ({error}): correct the file.") from error
    return Calendar.from_data(data)


def _moment_from(text: str, zone: ZoneInfo | None) -> datetime:
    """Read a moment; without an offset it is a wall-clock time in the calendar's zone, if that names one moment."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or len(text) <= len("2026-10-23"):
        raise click.UsageError(f"{text!r} is not a moment: write date and time, such as 2026-10-23T16:30+02:00.")
    if at.tzinfo is not None:
        return at
    if zone is None:
        raise click.UsageError(f"{text} has no offset and there is no calendar: write one, such as {text}+00:00.")
    first, second = at.replace(tzinfo=zone, fold=0), at.replace(tzinfo=zone, fold=1)
    if first.utcoffset() != second.utcoffset():
        happens = "twice" if first.astimezone(UTC) < second.astimezone(UTC) else "never"
        raise click.UsageError(f"{text} happens {happens} in {zone.key}, as the clocks change: write its offset.")
    return first


def _pause_from(text: str, zone: ZoneInfo | None) -> Pause:
    begin, slash, end = text.partition("/")
    if not slash:
        raise click.UsageError(f"{text!r} is not a pause: write two moments with / between, or FROM/ while it lasts.")
    return Pause(
        from_at=_moment_from(begin, zone),
        to_at=_moment_from(end, zone) if end else None,
        reason="given",
        by="command line",
    )


def _print(found: Deadline, zone: ZoneInfo | None, start_at: datetime, as_json: bool) -> None:
    local = found.due_at and found.due_at.astimezone(zone or start_at.tzinfo)
    if as_json:
        reasons = [reason.as_dict() for reason in found.reasons]
        print(json.dumps({"due": local and local.isoformat(), "reasons": reasons}, ensure_ascii=False))
        return
    print(f"{local:%A} {local.isoformat()}" if local else "unknown while the pause is open")
    for reason in found.reasons:
        print(f"  {reason.text}")


@click.command()
@click.option(
    "--start", required=True, metavar="ISO", help="When the clock starts; with its offset, or local to the calendar."
)
@click.option("--minutes", required=True, type=int, help="Working minutes allowed.")
@click.option("--calendar", "calendar_file", type=click.File("rb"), help="JSON calendar; none: every minute counts.")
@click.option(
    "--pause",
    "pauses",
    multiple=True,
    metavar="ISO/ISO",
    help="A stretch that does not count; FROM/ while it lasts. Repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def due(start: str, minutes: int, calendar_file: IO[bytes] | None, pauses: tuple[str, ...], as_json: bool) -> int:
    """Say when a number of working minutes is used up, and why."""
    try:
        calendar = _calendar_from(calendar_file) if calendar_file else None
        zone = zone_named(calendar.zone) if calendar else None
        start_at = _moment_from(start, zone)
        paused = [_pause_from(pause, zone) for pause in pauses]
        found = deadline(start_at=start_at, minutes=minutes, calendars=calendar, pauses=paused)
    except UnusableTime as error:
        raise click.UsageError(str(error)) from error
    _print(found, zone, start_at, as_json)
    return 0
