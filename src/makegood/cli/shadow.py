"""`makegood shadow`: what a source that only watches would have sent, to whom and at what cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.database import open_database

if TYPE_CHECKING:
    from makegood.core.money import Money
    from makegood.insights.shadow import ShadowReport


@click.command()
@click.option("--org", required=True, metavar="CODE", help="The organization.")
@click.option("--source", "code", required=True, metavar="CODE", help="The source's code.")
@click.option(
    "--handle-minutes",
    default=15,
    show_default=True,
    type=click.IntRange(1, 1440),
    help="How long one recovery takes somebody, for the number of people.",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print every line as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def shadow(org: str, code: str, handle_minutes: int, as_csv: bool, as_json: bool) -> int:
    """Report what a source that only watches, or did last, would have sent; nothing of it has left.

    The exit status is 1 where it would have sent something.
    """
    with open_database():
        report = _read(org, code, handle_minutes)
    if as_csv:
        from makegood.insights.shadow_csv import shadow_csv

        click.echo(shadow_csv(report.lines), nl=False)
    elif as_json:
        print(json.dumps(_shape(report)))
    else:
        _say(report)
    return int(bool(report.lines))


def _read(org: str, code: str, handle_minutes: int) -> ShadowReport:
    from decimal import Decimal

    from django.db import connections

    from makegood.insights.shadow import shadow_report
    from makegood.promises.models import TESTS, Source
    from makegood.store.clocks import now
    from makegood.store.tenancy import tenant

    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM organizations_organization WHERE code = %s", [org])
        found = cursor.fetchone()
    if found is None:
        raise click.ClickException(f"There is no organization {org!r}: name one by its code.")
    with tenant(organization_id=found[0]):
        source = Source.objects.filter(organization_id=found[0], code=code).first()
        if source is None:
            there = Source.objects.filter(organization_id=found[0]).exclude(code=TESTS)
            codes = ", ".join(there.values_list("code", flat=True)[:20])
            raise click.ClickException(f"There is no source {code!r} there: it has {codes or 'none'}.")
        report = shadow_report(
            organization_id=found[0],
            source_id=source.id,
            now=now(organization_id=found[0]),
            handle_minutes=Decimal(handle_minutes),
        )
    if report is None or report.until == report.since:
        raise click.ClickException(f"{source.name} has never only watched: an admin lets it, under Settings, Sources.")
    return report


def _money(amount: Money) -> dict[str, Any]:
    return {"minor": amount.minor, "currency": amount.currency}


def _shape(report: ShadowReport) -> dict[str, Any]:
    capacity = report.capacity
    return {
        "source": report.source,
        "watching": report.watching,
        "since": report.since.isoformat(),
        "until": report.until.isoformat(),
        "recoveries": report.recoveries,
        "letters": dict(report.letters),
        "waiting": report.waiting,
        "unheard": None
        if report.unheard is None
        else {
            "count": report.unheard.count,
            "first_at": report.unheard.first_at.isoformat(),
            "heard_until": report.unheard.heard_until.isoformat() if report.unheard.heard_until else None,
        },
        "cost": [
            {name: _money(getattr(one, name)) for name in ("floor", "fix", "extra", "offered")} for one in report.costs
        ],
        "people": None if capacity is None else capacity.people,
        "days": [
            {
                "day": one.day.isoformat(),
                "letters": one.letters,
                "payments": one.payments,
                "gifts": one.gifts,
                "charges": one.charges,
                "cost": [_money(cost) for cost in one.cost],
            }
            for one in report.days
        ],
        "lines": [
            {
                "at": one.at.isoformat(),
                "kind": one.kind,
                "what": one.what,
                "to": one.to,
                "address": one.address,
                "channel": one.channel,
                "subject": one.subject,
                "words": one.words,
                "part": one.part,
                "cost": None if one.cost is None else _money(one.cost),
                "given": one.given,
                "recovery": one.number,
                "why": one.why,
            }
            for one in report.lines
        ],
    }


def _say(report: ShadowReport) -> None:
    state = "only watches" if report.watching else "is live by now"
    print(f"{report.source} {state}; {report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC")
    letters = ", ".join(f"{kind} {count:,}" for kind, count in sorted(report.letters.items()))
    print(f"recoveries {report.recoveries:,}; letters: {letters or 'none'}; waiting for a click: {report.waiting:,}")
    if report.unheard is not None:
        heard = report.unheard.heard_until
        until = f"last heard up to {heard:%Y-%m-%d %H:%M} UTC" if heard else "never heard"
        print(f"broken and undecided: {report.unheard.count:,}; the source was {until}")
    for one in report.costs:
        print(f"would be given: floor {one.floor}, fix {one.fix}, extra {one.extra}; offered besides {one.offered}")
    if report.capacity is not None:
        print(f"people: {report.capacity.people:,}")
    for day in report.days:
        cost = ", ".join(str(amount) for amount in day.cost) or "nothing"
        print(
            f"{day.day}: letters {day.letters:,}, payments {day.payments:,}, other make-goods {day.gifts:,},"
            f" charges stopped {day.charges:,}, cost {cost}"
        )
