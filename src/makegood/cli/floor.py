"""`makegood floor`: what is owed by law or contract, in which form, by when, and why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from makegood.core.floors import FloorDecision, Pack, UnusableFacts
from makegood.rules import packs
from makegood.rules.packs import UnusablePack

LARGEST_FILE = 1_000_000
NEEDED = {
    "refuse": "always needed",
    "refuse-if-used": "needed where a rule looks at it",
    "unknown": "may be left out",
    "default": "may be left out",
}


@click.command()
@click.argument("rulepack", required=False)
@click.option("--list", "list_packs", is_flag=True, help="List the packs that can be named, instead.")
@click.option("--facts", "facts_file", metavar="FILE", help="JSON facts of one case; - reads standard input.")
@click.option("--list-facts", is_flag=True, help="Say which facts RULEPACK asks for, instead.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def floor(rulepack: str | None, list_packs: bool, facts_file: str | None, list_facts: bool, as_json: bool) -> int:
    """Say what is owed under RULEPACK: the name of a pack (--list), or the path of a .yaml file of your own."""
    if list_packs:
        return _packs(as_json=as_json)
    if rulepack is None:
        raise click.UsageError("Name a pack, or give the path of one of your own; --list says which there are.")
    if facts_file is None and not list_facts:
        raise click.UsageError("Give the facts of one case with --facts FILE; --list-facts says which.")
    try:
        pack = packs.load(rulepack)
        if facts_file is None or list_facts:
            return _asked(pack, as_json=as_json)
        decision = packs.floor(pack=pack, facts=_facts(facts_file))
    except (UnusablePack, UnusableFacts) as error:
        raise click.ClickException(str(error)) from error
    print(json.dumps(decision.as_dict(), ensure_ascii=False) if as_json else _human(decision))
    return 0


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


def _asked(pack: Pack, *, as_json: bool) -> int:
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


def _facts(name: str) -> dict[str, object]:
    try:
        raw = sys.stdin.buffer.read(LARGEST_FILE + 1) if name == "-" else Path(name).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(
            f"cannot read {name}: {reason}; give a JSON file, or - for standard input"
        ) from error
    if len(raw) > LARGEST_FILE:
        raise click.ClickException(f"{name} is larger than 1 MB: give the facts of one case")
    try:
        facts = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        at = f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)
        raise click.ClickException(
            f'{name} is not JSON ({at}): write the facts like {{"event_at": "2026-03-02T09:00:00+01:00"}}'
        ) from error
    if not isinstance(facts, dict):
        raise click.ClickException(f"{name} must hold one JSON object of facts")
    return facts


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)} stands twice")
    return found


def _human(decision: FloorDecision) -> str:
    lines = [
        f"Owed: {owed.amount}, {owed.form.replace('_', ' ')}, by {owed.due_by.isoformat()} ({owed.rule})"
        for owed in decision.owed
    ] or ["Nothing is owed."]
    return "\n".join([*lines, *(f"  - {reason.text}" for reason in decision.reasons)])
