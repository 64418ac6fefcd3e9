"""`makegood learn`: what records of extras show of which one helps, and what they do not show."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

import click

from makegood.cli.unique_keys import once

if TYPE_CHECKING:
    from makegood.core.learning.report import Report, Row

LARGEST_LINE = 100_000
NAMES = {"unit", "context", "given", "chances", "outcome", "case", "amount", "who"}


class UnusableLine(ValueError):
    """A line can't be used as a record."""


@click.command()
@click.argument("records", metavar="RECORDS.jsonl")
@click.option("--seed", default=1, show_default=True, help="Deals the records out into halves; the same says the same.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def learn(records: str, seed: int, as_json: bool) -> int:
    """Say what records of extras show: each extra against none, a policy by context, and who was offered what.

    RECORDS.jsonl holds one decision a line; - reads standard input. Each has "unit", "context", "given" ("" for no
    extra), "chances" and "outcome" (null while it is not known); "case", "amount" and "who" to compare offers. Nothing
    is changed or switched on. The status is 1 where the same case was met by different offers, and 2 where a line
    cannot be used.
    """
    from makegood.core.learning.fairness import UnusableOffers
    from makegood.core.learning.records import UnusableRecords
    from makegood.core.learning.report import report

    if seed < 0:
        raise click.ClickException("give --seed 0 or more")
    try:
        found = report(rows=list(_rows(records)), seed=seed)
    except (UnusableLine, UnusableRecords, UnusableOffers) as error:
        raise click.ClickException(f"{'standard input' if records == '-' else records}: {error}") from error
    print(json.dumps(found.as_dict(), ensure_ascii=False) if as_json else _human(found))
    return 1 if found.somebody_named else 0


def _rows(name: str) -> Iterator[Row]:
    """Each line as a row."""
    from makegood.core.learning.records import UnusableRecords
    from makegood.core.learning.report import MOST_ROWS

    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            number = 0
            while raw := file.readline(LARGEST_LINE + 1):
                number += 1
                if number > MOST_ROWS:
                    raise UnusableRecords(f"give at most {MOST_ROWS:,} lines: take a later period")
                if raw.strip():
                    yield _row(raw, f"line {number}")
    except (OSError, ValueError) as error:
        if isinstance(error, UnusableLine | UnusableRecords):
            raise
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"cannot read {name}: {reason}; give a file of JSON lines, or -") from error


def _row(raw: bytes, where: str) -> Row:
    from makegood.core.learning.fairness import Offer
    from makegood.core.learning.report import Row

    data = _object(raw, where)
    unit, context, given, chances = (data.get(name) for name in ("unit", "context", "given", "chances"))
    if not isinstance(unit, str) or not unit:
        raise UnusableLine(f'{where}: give "unit", whose draw it was, as text')
    if not isinstance(context, dict) or not all(
        isinstance(one, str | bool) or _number(one) for one in context.values()
    ):
        raise UnusableLine(f'{where}: give "context" as an object of numbers, texts, true and false')
    if not isinstance(chances, dict) or not all(map(_number, chances.values())):
        raise UnusableLine(f'{where}: give "chances" as an object with the chance of each extra, and of "" for none')
    if not isinstance(given, str) or given not in chances:
        raise UnusableLine(f'{where}: give "given", one of {", ".join(map(json.dumps, chances)) or "the chances"}')
    outcome = data.get("outcome")
    if outcome is not None and not (isinstance(outcome, bool) or _number(outcome)):
        raise UnusableLine(f'{where}: give "outcome" as a number, or null while it is not known')
    told = [data.get(name) for name in ("case", "amount", "who")]
    offer = None
    if any(one is not None for one in told):
        case, amount, who = told
        if not isinstance(case, str) or not _number(amount) or not _texts(who):
            raise UnusableLine(f'{where}: give "case" as text, "amount" as a number and "who" as an object of texts')
        offer = Offer(case=case, amount=float(amount), who=who)
    return Row(
        unit=unit,
        context=context,
        given=given,
        chances=chances,
        outcome=None if outcome is None else float(outcome),
        offer=offer,
    )


def _object(raw: bytes, where: str) -> dict[str, object]:
    if len(raw) > LARGEST_LINE:
        raise UnusableLine(f"{where} is longer than {LARGEST_LINE:,} bytes: give one decision a line")
    try:
        data = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise UnusableLine(f"{where} is not JSON ({error}): write one object a line") from error
    if not isinstance(data, dict):
        raise UnusableLine(f"{where} must hold one JSON object")
    if unknown := sorted(set(data) - NAMES):
        raise UnusableLine(f"{where}: {unknown[0]!r} is none of {', '.join(sorted(NAMES))}")
    return data


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: object) -> TypeGuard[dict[str, str]]:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _human(found: Report) -> str:
    lines = [f"{found.rows:,} decisions about an extra, {found.unknown:,} of them without an outcome yet."]
    if found.extras:
        lines += [
            "",
            "Against no extra:",
            *(f"  {one.extra} (given {one.given:,}): {one.said}" for one in found.extras),
        ]
    proposal = found.proposal
    lines += ["", proposal.said if proposal else f"A policy by context: {found.why_no_proposal}"]
    if proposal and proposal.shown:
        shares = ", ".join(f"{extra or 'no extra'} {share:.0%}" for extra, share in proposal.shares.items())
        lines.append(f"  It would give {shares} of these customers. Nothing is switched on.")
    if found.left_out:
        lines.append(f"  ({found.left_out:,} decisions are left out of it: not every extra was possible in them.)")
    if found.fairness:
        lines += ["", "Same case, different offer:", *(f"  {one.reason.text}" for one in found.fairness)]
    return "\n".join(lines)
