"""`makegood replay`: live through recorded events in time order, under a clock that steps, and report."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from makegood.cli.database import open_database, tell
from makegood.cli.loops import work_round

if TYPE_CHECKING:
    from collections.abc import Mapping

    from makegood.listen.datasets import Recorded

DATASETS = ("nycflights", "olist", "boston311")
LABELS = {
    "dataset": "Lived through",
    "events": "Events",
    "promises": "Promises",
    "failures": "Failures, by what was decided",
    "recoveries": "Recoveries",
    "incidents": "Incidents",
    "messages": "Messages, none of which left the replay",
    "lead_hours": "Complaints about broken promises",
    "seconds": "Seconds of work",
    "events_per_second": "Events a second",
}


@click.command()
@click.argument("kind")
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--until", metavar="ISO", help="Live up to this moment (with an offset), before or after the last event.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def replay(kind: str, path: Path | None, until: str | None, as_json: bool) -> int:
    """Live through KIND: nycflights (no PATH), olist DIR, boston311 DIR, or a mapping file (PATH: its data)."""
    until_at = _moment(until)
    with open_database():
        from makegood.listen.datasets import UnusableData
        from makegood.listen.mapping_values import UnusableMapping
        from makegood.listen.replaying import UnableToReplay
        from makegood.listen.replaying import replay as live_through

        try:
            report = live_through(recorded=_recorded(kind, path), work=_work, until=until_at)
        except (UnusableData, UnusableMapping, UnableToReplay) as error:
            raise click.ClickException(str(error)) from error
    if as_json:
        print(json.dumps(report.as_dict()))
    else:
        for name, value in report.as_dict().items():
            print(f"{LABELS[name]}: {_leads(report.lead_hours) if name == 'lead_hours' else _said(value)}")
    return 0


def _said(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {name}" for name, count in value.items())
    return str(value) if isinstance(value, str) else f"{value:,}"


def _leads(leads: Mapping[str, float | None]) -> str:
    share, median = leads["share_before_complaint"], leads["median"]
    if share is None:
        return "none"
    when = f"{abs(median or 0)} hours {'before' if (median or 0) >= 0 else 'after'} the complaint"
    return f"{leads['n']:,}; the promise was over before {share:.1%} of them, in the middle {when}"


def _work(*, organization_id: int) -> int:
    return work_round(only=[organization_id])


def _recorded(kind: str, path: Path | None) -> Recorded:
    from makegood.listen.datasets import boston311, nycflights, olist

    if kind == "nycflights":
        return nycflights.read()
    if kind.endswith((".yaml", ".yml")):
        return _mapped(Path(kind), path)
    if path is None:
        raise click.UsageError(f"Name where {kind} is: makegood replay {kind} PATH.")
    if kind == "olist":
        return olist.read(path)
    if kind == "boston311":
        return boston311.read(path)
    raise click.UsageError(f"{kind!r} is none of {', '.join(DATASETS)}, and no mapping file (.yaml).")


def _mapped(mapping: Path, data: Path | None) -> Recorded:
    from makegood.listen.datasets import UnusableData
    from makegood.listen.mapped import mapped_read
    from makegood.rules import playbooks

    recorded = mapped_read(path=mapping, data=data).recorded
    if recorded.playbook not in playbooks.names():
        raise UnusableData(f"{mapping.name}: a replay has the playbooks {', '.join(playbooks.names())}")
    return recorded


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.min  # noqa: DTZ901  refused below, with every other moment that has no offset
    if moment.tzinfo is None:
        raise click.UsageError("--until needs an ISO 8601 moment with an offset, such as 2013-02-01T00:00:00-05:00.")
    tell(f"until {moment.isoformat()}")
    return moment
