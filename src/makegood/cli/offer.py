"""`makegood offer`: what one customer is offered, with each number explained; or many, a line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click
import orjson

from makegood.cli.unique_keys import once
from makegood.core.offers import Answer, Catalogue, UnusableCase
from makegood.core.offers.reading import moment_of
from makegood.core.reasons import Reason
from makegood.rules import offers, playbooks

LARGEST_CASE = 1_000_000
REFUSED, UNUSABLE = 1, 2


@click.command()
@click.argument("case_file", metavar="CASE.json")
@click.option("--lines", is_flag=True, help="CASE.json holds one case a line (JSON Lines): one answer a line.")
@click.option("--catalogue", metavar="FILE", help="What may be given: a YAML file of your own in place of ours.")
@click.option("--playbook", metavar="NAME", help="Take fixes and remedies from this playbook: a name, or a .yaml file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def offer(case_file: str, lines: bool, catalogue: str | None, playbook: str | None, as_json: bool) -> int:
    """Say what a customer is offered: what is owed, what puts it right, the remedy that matches, how much, what extra.

    CASE.json is one case; - reads standard input. Each number comes with its rule, its evidence and how good that is.
    The status is 1 where something was refused because it breaks a rule (a proposed plan, a fact that may not be used),
    and 2 where a case cannot be used.
    """
    chosen, now = _catalogue(catalogue, playbook), datetime.now(UTC)
    if lines:
        return _each(case_file, chosen, now)
    data = _read(case_file)
    try:
        answer = decided(data, chosen, now)
    except UnusableCase as error:
        raise click.ClickException(f"{_named(case_file)}: {error}") from error
    print(orjson.dumps(answer.as_dict()).decode() if as_json else _human(answer))
    return REFUSED if answer.refused else 0


def decided(data: object, catalogue: Catalogue, now: datetime) -> Answer:
    """This function will decide one case at its own moment (`at`), else now. Raises UnusableCase."""
    if isinstance(data, dict) and data.get("at") is not None:
        now = moment_of(data["at"], "at")
    return offers.offer(case=data, catalogue=catalogue, now=now)


def _named(name: str) -> str:
    return "standard input" if name == "-" else name


def _catalogue(file: str | None, playbook: str | None) -> Catalogue:
    try:
        chosen = offers.load(Path(file)) if file else offers.load()
        if playbook is None:
            return chosen
        if playbook.endswith((".yaml", ".yml")):
            read = playbooks.parse(Path(playbook).read_text(encoding="utf-8-sig"), where=playbook)
        else:
            read = playbooks.load(playbook)
        return offers.with_playbook(catalogue=chosen, playbook=read)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise click.ClickException(f"cannot read {file or playbook}: {reason}; give a YAML file") from error
    except (offers.UnusableCatalogue, playbooks.UnusablePlaybook) as error:
        raise click.ClickException(str(error)) from error


def _open(name: str) -> IO[bytes]:
    try:
        return sys.stdin.buffer if name == "-" else Path(name).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(
            f"cannot read {name}: {reason}; give a JSON file, or - for standard input"
        ) from error


def _read(name: str) -> object:
    try:
        with _open(name) as file:
            raw = file.read(LARGEST_CASE + 1)
    except OSError as error:
        raise click.ClickException(f"cannot read {name}: {error.strerror}; give a JSON file, or -") from error
    if len(raw) > LARGEST_CASE:
        raise click.ClickException(f"{_named(name)} is larger than 1 MB: give one case, or many with --lines")
    try:
        return _parsed(raw)
    except UnusableCase as error:
        hint = "; for one case a line add --lines" if b"}\n{" in raw else ""
        raise click.ClickException(f"{_named(name)} {error}{hint}") from error


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise UnusableCase(f"is not JSON ({at}): write one object with customer and failure") from error


def _each(name: str, catalogue: Catalogue, now: datetime) -> int:
    """Answer line by line, as they come; a line that cannot be used is answered by its error, and the others go on."""
    status, unusable, first = 0, 0, ""
    with _open(name) as file:
        for number, raw in _lines(file):
            try:
                if raw is None:
                    raise UnusableCase("is larger than 1 MB: give one case a line")
                answer = decided(_parsed(raw), catalogue, now)
            except UnusableCase as error:
                unusable += 1
                first = first or f"line {number} {error}"
                _write({"error": f"line {number}: {error}"})
                continue
            _write(answer.as_dict())
            if answer.refused:
                status = REFUSED
    sys.stdout.flush()
    if unusable:
        print(f"makegood: {unusable} of the lines could not be used, the first: {first}", file=sys.stderr)
        return UNUSABLE
    return status


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes | None]]:
    """Each line that is not empty with its number; None for one that is too long, of which the rest is passed over."""
    number = 0
    while raw := file.readline(LARGEST_CASE + 1):
        number += 1
        if len(raw) > LARGEST_CASE:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(LARGEST_CASE)
            yield number, None
        elif raw.strip():
            yield number, raw


def _write(answer: dict[str, object]) -> None:
    sys.stdout.write(orjson.dumps(answer).decode() + "\n")


def _human(answer: Answer) -> str:
    lines = []
    if answer.refused:
        lines += ["Refused:" if answer.plan is None else "Not used:", *_told(answer.refused), ""]
    owed = ", ".join(f"{one.amount} ({one.form.replace('_', ' ')})" for one in answer.floor.owed)
    lines += [f"Owed: {owed or 'nothing that is known'}", *_told(answer.floor.reasons)]
    lines += ["", f"Fix: {answer.fix.title}", f'  "{answer.fix.says}."']
    if answer.remedy is None:
        lines += ["", "Remedy: none of the catalogue fits"]
    else:
        one = answer.remedy
        of = f": {one.remedy.value}" if one.remedy.monetary else ""
        lines += ["", f"Remedy: {one.remedy.title}{of} (costs us {one.remedy.cost})", *_told(one.reasons)]
        if one.why_not_match:
            lines.append(f"  - {one.why_not_match}")
    for extra in answer.extras:
        lines += ["", f"Extra: {extra.title}, worth {extra.value} (costs us {extra.cost})", *_told(extra.reasons)]
    if plan := answer.plan:
        lines += ["", f"Plan: {', '.join(plan.give) or 'nothing beyond what is owed and the fix'}"]
        lines += [f"  Said or done by a person: {one}" for one in plan.non_monetary]
        lines += [f"  Needs a yes: {one}" for one in plan.approval]
        lines += [f"  All together {plan.total}, costs us {plan.cost} beyond what is owed.", *_told(plan.reasons)]
    return "\n".join(lines)


def _told(reasons: tuple[Reason, ...]) -> list[str]:
    return [f"  - {one.text}" + (f" [{one.evidence}, grade {one.grade}]" if one.evidence else "") for one in reasons]
