"""`makegood capacity`: recoveries a day, people needed, and the chance of missing the clock."""

from __future__ import annotations

import json
from decimal import Decimal

import click

from makegood.core.capacity import Capacity, UnableToPlan, plan
from makegood.core.typed import TwofoldNumber, UnreadableNumber, number_typed


class Number(click.ParamType[Decimal]):
    """A number as people type it; a share may end in %."""

    name = "number"

    def __init__(self, *, percent: bool = False) -> None:
        self.percent = percent

    def convert(self, value: str | Decimal, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        if isinstance(value, Decimal):
            return value
        is_percent = self.percent and value.rstrip().endswith("%")
        try:
            number = number_typed(value.rstrip().removesuffix("%") if is_percent else value)
        except TwofoldNumber as error:
            self.fail(str(error), param, ctx)
        except UnreadableNumber:
            example = "0.01 or 1%" if self.percent else "365"
            self.fail(f"{value!r} is not a number: give one such as {example}.", param, ctx)
        return number / 100 if is_percent else number


def _shape(found: Capacity) -> dict[str, object]:
    return {
        "per_day": found.shown_per_day,
        "staff_hours_per_day": found.shown_staff_hours,
        "people": found.people,
        "p_miss": round(found.p_miss, 5),
        "reasons": [reason.as_dict() for reason in found.reasons],
    }


@click.command()
@click.option("--opportunities", type=Number(), required=True, help="Times in the period that a customer is served.")
@click.option("--failure-rate", type=Number(percent=True), required=True, help="Share that fails: 0.01 or 1%.")
@click.option("--days", type=Number(), required=True, help="Days in the period.")
@click.option("--handle-minutes", type=Number(), required=True, help="Minutes of work that one recovery takes.")
@click.option("--target-hours", type=Number(), required=True, help="The clock to keep; 24 is one working day.")
@click.option(
    "--productive-hours",
    type=Number(),
    default=Decimal(6),
    show_default="6",
    help="Hours a day that one person works on recoveries.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def capacity(
    *,
    opportunities: Decimal,
    failure_rate: Decimal,
    days: Decimal,
    handle_minutes: Decimal,
    target_hours: Decimal,
    productive_hours: Decimal,
    as_json: bool,
) -> int:
    """Recoveries a day, people needed to keep the clock in 99 of 100, and the chance of missing it."""
    try:
        found = plan(
            opportunities=opportunities,
            failure_rate=failure_rate,
            days=days,
            handle_minutes=handle_minutes,
            target_hours=target_hours,
            productive_hours=productive_hours,
        )
    except UnableToPlan as error:
        raise click.UsageError(f"{error}.") from error
    if as_json:
        print(json.dumps(_shape(found)))
        return 0
    print(f"{found.shown_per_day:,} recoveries a day, {found.shown_staff_hours:,} hours of work.")
    people = "1 person keeps" if found.people == 1 else f"{found.people:,} people keep"
    print(f"{people} a clock of {target_hours:f} hours; {found.p_miss:.2%} miss it.")
    for reason in found.reasons:
        print(f"- {reason.text}")
    return 0
