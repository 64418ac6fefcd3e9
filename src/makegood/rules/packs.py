"""Rule packs: floors read from YAML, every clause checked, made into the core's objects.

A pack that is wrong is refused as a whole, and the error says where. The format is that of `floors/*.yaml`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import tzinfo
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import attrs

from makegood.core.calendars import UnusableCalendar, zone_named
from makegood.core.evidence import GRADE_MEANS, GRADES
from makegood.core.floors import (
    Banded,
    Clause,
    Deadline,
    FloorDecision,
    FormClause,
    Pack,
    Reduction,
    Rule,
    Simple,
    Version,
    WorkingDays,
    facts_of,
    fields_of,
    owed,
)
from makegood.core.reasons import Reason
from makegood.rules.nodes import Node, UnusablePack, read_yaml
from makegood.rules.pack_clauses import (
    Scope,
    last_is_open,
    read_amount,
    read_condition,
    read_fact,
    read_holiday,
)

__all__ = ["NoSuchPack", "UnusablePack", "floor", "load", "names", "parse"]

FOLDER = Path(__file__).parent / "floors"
OWN_FOLDER = "MAKEGOOD_FLOORS"
OWN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
MEANS_NAME = "at most 60 small letters, digits and -, such as our-terms.yaml"


class NoSuchPack(UnusablePack):
    """There is no rule pack of that name, and no readable file at that path."""


def floor(*, pack: Pack | str | Path, facts: Mapping[str, object]) -> FloorDecision:
    """This function will decide what is owed for one event: amounts, reasons, citations and deadlines.

    `pack` is a pack's name, the path of your own, or a pack loaded before, which is fastest for many cases. `facts`
    are plain values as in JSON; `pack.facts` says which there are. Raises UnusablePack and UnusableFacts, which say
    in one sentence what is wrong. Needs no Django, no database and no settings.
    """
    return owed(pack=pack if isinstance(pack, Pack) else load(pack), facts=facts)


def names() -> tuple[str, ...]:
    """This function will list the packs that come with Makegood, and your own in the folder MAKEGOOD_FLOORS."""
    own = (path.stem for path in own_files() if OWN_NAME.fullmatch(path.stem))
    return tuple(sorted({*shipped_names(), *own}))


@lru_cache
def shipped_names() -> frozenset[str]:
    """This function will list the packs that come with Makegood."""
    return frozenset(path.stem for path in FOLDER.glob("*.yaml"))


def own_files() -> tuple[Path, ...]:
    """This function will list the files in the folder of your own packs; none if no folder is named."""
    folder = os.environ.get(OWN_FOLDER)
    return tuple(sorted(Path(folder).glob("*.yaml"))) if folder else ()


def load(name: str | Path) -> Pack:
    """This function will load a pack by its name, or from a path (a business's own contract).

    A text with a slash in it, or ending in .yaml or .yml, is a path. A name is one of `names`; a file of your own in
    the folder MAKEGOOD_FLOORS is read again once it changed. Raises UnusablePack, and NoSuchPack of it.
    """
    if isinstance(name, str) and name in shipped_names():
        return _shipped(name)
    path = Path(name)
    if isinstance(name, str) and "/" not in name and path.suffix not in {".yaml", ".yml"}:
        own = next((one for one in own_files() if one.stem == name), None)
        if own is None or not OWN_NAME.fullmatch(name):
            raise NoSuchPack(f"there is no rule pack {name!r}: use {', '.join(names())}, or the path of a .yaml file")
        return own_pack(own)
    return parse(_text(path), where=path.name)


@lru_cache
def _shipped(name: str) -> Pack:
    return parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), where=f"{name}.yaml")


def own_pack(path: Path) -> Pack:
    """This function will load a pack of your own folder, whose name has to be its file's. Raises UnusablePack."""
    if not OWN_NAME.fullmatch(path.stem):
        raise UnusablePack(f"{path.name}: call the file by {MEANS_NAME}")
    if path.stem in shipped_names():
        raise UnusablePack(f"{path.name}: a pack of this name comes with Makegood: call yours otherwise")
    pack = _read(path, path.stat().st_mtime_ns if path.exists() else 0)
    if pack.name != path.stem:
        raise UnusablePack(f"{path.name}.name: must be {path.stem}, as the file is called")
    return pack


@lru_cache(maxsize=64)
def _read(path: Path, _: int) -> Pack:
    return parse(_text(path), where=path.name)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UnusablePack(f"{path} is not UTF-8 text: save it as UTF-8") from error
    except (OSError, ValueError) as error:
        raise NoSuchPack(f"cannot read the rule pack {path}: {getattr(error, 'strerror', None) or error}") from error


def parse(text: str, *, where: str) -> Pack:
    """This function will make a pack of YAML text; `where` names the text in errors. Raises UnusablePack."""
    node = read_yaml(text, where=where).keys(
        needs="name title jurisdiction facts versions",
        may="evidence before needs_one_of holidays zone",
    )
    evidence = node["evidence"].one_of(*GRADES) if "evidence" in node else None
    facts = {name: read_fact(name, fact) for name, fact in node["facts"].items()}
    if "event_at" not in facts or (facts["event_at"].type, facts["event_at"].absent) != ("datetime", "refuse"):
        raise node["facts"].wrong("must hold event_at, with type: datetime and absent: refuse")
    scope = Scope(
        name=node["name"].text(),
        evidence=evidence,
        facts=facts,
        working_days=WorkingDays(tuple(map(read_holiday, node.many("holidays")))),
        zone=_zone(node["zone"]) if "zone" in node else None,
    )
    versions = [_version(one, scope) for one in node.many("versions", least=1)]
    for earlier, later in pairwise(versions):
        if earlier.active_to is None or earlier.active_to > later.active_from:
            raise node["versions"].wrong(f"the one from {earlier.active_from} must end by {later.active_from}")
    return Pack(
        name=scope.name,
        title=node["title"].text(),
        jurisdiction=node["jurisdiction"].text(),
        evidence=evidence,
        before=node["before"].text() if "before" in node else "",
        facts=facts,
        needs_one_of=tuple(scope.fact(one).name for one in node.many("needs_one_of")),
        working_days=scope.working_days,
        versions=tuple(versions),
    )


def _zone(node: Node) -> tzinfo:
    try:
        return zone_named(node.text())
    except UnusableCalendar as error:
        raise node.wrong(str(error)) from error


def _version(node: Node, scope: Scope) -> Version:
    node.keys(needs="active_from source checked_date rules", may="active_to grade notes rates")
    active_from, checked = node["active_from"].day(), node["checked_date"].day()
    active_to = node["active_to"].day() if "active_to" in node else None
    if active_to is not None and active_to <= active_from:
        raise node["active_to"].wrong("must be after active_from; it is the first day no longer covered")
    grade = node["grade"].one_of(*GRADE_MEANS) if "grade" in node else None
    rates = {name: one.money() for name, one in node["rates"].items()} if "rates" in node else {}
    scope = attrs.evolve(scope, grade=grade, rates=rates)
    rules = tuple(_rule(one, scope, str(active_from)) for one in node.many("rules", least=1))
    if len({rule.id for rule in rules}) < len(rules):
        raise node["rules"].wrong("has two rules of one id")
    text = f"The rules in force from {active_from}: {node['source'].text()} Checked on {checked}."
    return Version(
        active_from=active_from,
        active_to=active_to,
        checked_date=checked,
        rules=rules,
        notes=tuple(_clause(one, scope, "note") for one in node.many("notes")),
        reason=Reason(
            rule=f"{scope.name}@{active_from}", evidence=scope.evidence, grade=scope.graded(grade), text=text
        ),
    )


def _rule(node: Node, scope: Scope, version: str) -> Rule:
    node.keys(
        needs="id says cite trigger amount form deadline",
        may="group grade reductions exclusions evidence_needed claim_required",
    )
    code = node["id"].text()
    grade = node["grade"].one_of(*GRADE_MEANS) if "grade" in node else scope.grade
    scope = attrs.evolve(scope, grade=grade)
    says, cite = node["says"].text(), node["cite"].text()
    trigger, amount = read_condition(node["trigger"], scope), read_amount(node["amount"], scope, code)
    reductions = tuple(_reduction(one, scope, code, amount) for one in node.many("reductions"))
    last_is_open(node.many("form", least=1))
    last_is_open(node.many("deadline", least=1))
    return Rule(
        id=code,
        reference=f"{scope.name}.{code}@{version}",
        group=node["group"].text() if "group" in node else code,
        says=says,
        cite=cite,
        grade=scope.graded(grade),
        trigger=trigger,
        uses=tuple(dict.fromkeys((*fields_of(trigger), *facts_of(amount)))),
        amount=amount,
        reductions=reductions,
        exclusions=tuple(_clause(one, scope, code) for one in node.many("exclusions")),
        forms=tuple(_form(one, scope, code) for one in node.many("form")),
        deadlines=tuple(_deadline(one, scope, code) for one in node.many("deadline")),
        evidence_needed=tuple(one.text() for one in node.many("evidence_needed")),
        claim_required=node["claim_required"].true_or_false() if "claim_required" in node else False,
        not_here=Reason(
            rule=f"{scope.name}.{code}",
            evidence=scope.evidence,
            grade=scope.graded(grade),
            text=f"Not the case here: {says} ({cite})",
        ),
    )


def _clause(node: Node, scope: Scope, code: str) -> Clause:
    node.keys(needs="id says", may="when cite grade")
    return Clause(when=scope.when(node), reason=scope.reason(node, f"{code}.{node['id'].text()}"))


def _reduction(node: Node, scope: Scope, code: str, amount: Simple | Banded) -> Reduction:
    node.keys(needs="id when share says", may="band cite grade")
    band = node["band"].text() if "band" in node else None
    if band is not None and not (isinstance(amount, Banded) and band in {one.name for one in amount.bands}):
        raise node["band"].wrong("names no band of this rule's amount")
    return Reduction(
        when=read_condition(node["when"], scope),
        percent=node["share"].share(most=100),
        band=band,
        reason=scope.reason(node, f"{code}.{node['id'].text()}"),
    )


def _form(node: Node, scope: Scope, code: str) -> FormClause:
    node.keys(needs="form says", may="when cite grade")
    return FormClause(
        when=scope.when(node),
        form=node["form"].text(),
        reason=scope.reason(node, f"{code}.form"),
    )


def _deadline(node: Node, scope: Scope, code: str) -> Deadline:
    node.keys(needs="says", may="days business_days from when cite grade")
    kind = node.either("days", "business_days")
    return Deadline(
        when=scope.when(node),
        days=node[kind].whole(least=0, most=3660),
        business=kind == "business_days",
        since=scope.fact(node["from"], "datetime").name if "from" in node else "event_at",
        reason=scope.reason(node, f"{code}.deadline"),
    )
