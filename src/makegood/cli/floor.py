"""`makegood floor`: what is owed by law or contract, in which form, by when, and why."""

from __future__ import annotations

import json
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO

import click

from makegood.cli.unique_keys import once
from makegood.core.floors import FactSpec, FloorDecision, Pack, UnusableFacts
from makegood.rules import packs
from makegood.rules.pack_cases import UnusableCases, differences, read_cases
from makegood.rules.pack_edges import edges
from makegood.rules.packs import UnusablePack

LARGEST_FILE = 1_000_000
LARGEST_TABLE = 20_000_000
NEEDED = {
    "refuse": "always needed",
    "refuse-if-used": "needed where a rule looks at it",
    "unknown": "may be left out",
    "default": "may be left out",
}


class PackHelp(click.Command):
    """A command whose --help names the facts of the pack that stands beside it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Remember the pack that is named before --help ends the reading."""
        known = packs.names()
        ctx.obj = next((one for one in args if one in known or one.endswith((".yaml", ".yml"))), None)
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the named pack's facts below the options; without a pack, how to see them."""
        if ctx.obj is None:
            formatter.write_paragraph()
            formatter.write_text("makegood floor RULEPACK --help names the facts of one pack.")
            return
        pack = _load(ctx.obj)
        with formatter.section(f"Facts of {pack.name}: {pack.title}"):
            formatter.write_dl([(one.name, f"{_kind(one)}, {NEEDED[one.absent]}: {one.means}") for one in _asked(pack)])


@click.command(cls=PackHelp)
@click.argument("rulepack", required=False)
@click.option("--list", "list_packs", is_flag=True, help="List the packs that can be named, instead.")
@click.option("--facts", "facts_file", metavar="FILE", help="JSON facts of one case; - reads standard input.")
@click.option("--lines", is_flag=True, help="FILE holds many cases: JSON Lines in, one answer a line out.")
@click.option("--list-facts", is_flag=True, help="Say which facts RULEPACK asks for, instead.")
@click.option("--cases", "cases_file", metavar="FILE", help="Check RULEPACK against a table of cases, instead.")
@click.option("--edges", "with_edges", is_flag=True, help="With --cases: say which edges no case holds, too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def floor(
    rulepack: str | None,
    list_packs: bool,
    facts_file: str | None,
    lines: bool,
    list_facts: bool,
    cases_file: str | None,
    with_edges: bool,
    as_json: bool,
) -> int:
    """Say what is owed under RULEPACK: the name of a pack (--list), or the path of a .yaml file of your own."""
    if list_packs:
        return _packs(as_json=as_json)
    if rulepack is None:
        raise click.UsageError("Name a pack, or give the path of one of your own; --list says which there are.")
    pack = _load(rulepack)
    if cases_file is not None:
        return _checked(pack, cases_file, with_edges=with_edges, as_json=as_json)
    if list_facts:
        return _facts_of(pack, as_json=as_json)
    if facts_file is None:
        raise click.UsageError("Give the facts of one case with --facts FILE; --list-facts says which.")
    if lines:
        return _answered(pack, facts_file)
    try:
        decision = packs.floor(pack=pack, facts=_facts(facts_file))
    except UnusableFacts as error:
        raise click.ClickException(str(error)) from error
    print(json.dumps(decision.as_dict(), ensure_ascii=False) if as_json else _human(decision))
    return 0


def _load(name: str) -> Pack:
    try:
        return packs.load(name)
    except UnusablePack as error:
        raise click.ClickException(str(error)) from error


def _packs(*, as_json: bool) -> int:
    """List the packs that can be named, with what each is about and since when it decides."""
    found = [packs.load(name) for name in packs.names()]
    if as_json:
        shown = [
            {
                "pack": one.name,
                "title": one.title,
                "jurisdiction": one.jurisdiction,
                "versions": [str(version.active_from) for version in one.versions],
            }
            for one in found
        ]
        print(json.dumps({"packs": shown}, ensure_ascii=False))
        return 0
    for one in found:
        print(f"{one.name:16} {one.title} ({one.jurisdiction}; from {one.versions[0].active_from})")
    return 0


def _asked(pack: Pack) -> tuple[FactSpec, ...]:
    """The facts that a pack knows, those that are always needed first."""
    return tuple(sorted(pack.facts.values(), key=lambda one: one.absent != "refuse"))


def _kind(one: FactSpec) -> str:
    return f"one of {', '.join(sorted(one.one_of))}" if one.one_of else one.type


def _facts_of(pack: Pack, *, as_json: bool) -> int:
    """List the facts that a pack knows: their types, what they mean, and whether they are needed."""
    specs = pack.facts.values()
    if as_json:
        shown = [
            {"name": one.name, "type": one.type, "needed": NEEDED[one.absent], "means": one.means} for one in specs
        ]
        print(json.dumps({"pack": pack.name, "facts": shown}, ensure_ascii=False))
        return 0
    print(f"{pack.title} asks for these facts, as one JSON object (--facts FILE):")
    for one in specs:
        print(f"  {one.name} ({one.type}, {NEEDED[one.absent]}): {one.means}")
    return 0


def _answered(pack: Pack, name: str) -> int:
    """Answer many cases, one a line; a line that cannot be decided is answered with its error, and the status is 2."""
    failed = 0
    with _opened(name) as file:
        for line in file:
            answer: dict[str, object]
            try:
                answer = packs.floor(pack=pack, facts=_object(line, "the line")).as_dict()
            except (UnusableFacts, click.ClickException) as error:
                failed += 1
                answer = {"error": getattr(error, "message", None) or str(error)}
            print(json.dumps(answer, ensure_ascii=False))
    if failed:
        raise click.ClickException(f"{failed} of the cases in {name} could not be decided: their lines say why")
    return 0


def _checked(pack: Pack, name: str, *, with_edges: bool, as_json: bool) -> int:
    """Check a pack against a table of cases; the status is 1 where something differs or an edge is not held."""
    try:
        cases = read_cases(_read(name, LARGEST_TABLE, "give fewer cases at a time").decode("utf-8-sig"), where=name)
    except (UnusableCases, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error
    differ = list(differences(pack=pack, cases=cases))
    found = edges(pack=pack, cases=cases) if with_edges and not differ else None
    if as_json:
        told: dict[str, object] = {"pack": pack.name, "cases": len(cases), "differences": differ}
        if found is not None:
            told["edges"] = {"tried": found.tried, "unheld": list(found.unheld)}
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(f"{pack.name}: {len(cases)} cases, {len(differ) or 'none'} answered otherwise than the table says")
        for line in differ:
            print(f"  {line}")
        if found is not None:
            print(f"{found.tried} changes of the pack tried, {len(found.unheld) or 'none'} unseen by the table")
            for line in found.unheld:
                print(f"  {line}")
    return 1 if differ or (found is not None and found.unheld) else 0


def _facts(name: str) -> dict[str, object]:
    return _object(_read(name, LARGEST_FILE, "give the facts of one case, or many with --lines"), name)


def _read(name: str, largest: int, instead: str) -> bytes:
    with _opened(name) as file:
        raw = file.read(largest + 1)
    if len(raw) > largest:
        raise click.ClickException(f"{name} is larger than {largest // 1_000_000} MB: {instead}")
    return raw


def _opened(name: str) -> AbstractContextManager[IO[bytes]]:
    if name == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(
            f"cannot read {name}: {reason}; give a JSON file, or - for standard input"
        ) from error


def _object(raw: bytes, name: str) -> dict[str, object]:
    try:
        facts = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise click.ClickException(
            f'{name} is not JSON ({at}): write the facts like {{"event_at": "2026-03-02T09:00:00+01:00"}}'
        ) from error
    if not isinstance(facts, dict):
        raise click.ClickException(f"{name} must hold one JSON object of facts")
    return facts


def _human(decision: FloorDecision) -> str:
    lines = [
        f"Owed: {owed.amount}, {owed.form.replace('_', ' ')}, by {owed.due_by.isoformat()} ({owed.rule})"
        for owed in decision.owed
    ] or ["Nothing is owed."]
    return "\n".join([*lines, *(f"  - {reason.text}" for reason in decision.reasons)])
