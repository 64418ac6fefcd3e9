"""Offers from plain data: catalogues read from YAML, and one call that makes a case of JSON data and decides it.

Needs no Django, no database and no settings; `attrs` and `PyYAML`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import attrs

from makegood.core.floors import UnusableFacts
from makegood.core.money import CurrenciesDiffer, Money
from makegood.core.offers import Answer, Catalogue, FixWords, Floor, Item, UnusableCase, decide
from makegood.core.offers.reading import case_of
from makegood.core.remedies import FORMS, LOSSES, UnusableRemedy
from makegood.rules import packs
from makegood.rules.nodes import Node, UnusablePack, read_yaml
from makegood.rules.playbooks import Playbook

SHIPPED = Path(__file__).parent / "default.yaml"
LONGEST_LEAD_DAYS = 365


class UnusableCatalogue(UnusablePack):
    """A catalogue cannot be used; the message says where it is wrong and what belongs there."""


def offer(*, case: object, catalogue: Catalogue, now: datetime) -> Answer:
    """This function will decide what one customer is offered, from a case as plain JSON data.

    `case` is the object that `makegood offer` reads; its `floor` may be an answer of `makegood floor`, or a pack and
    its facts (`{"pack", "facts"}`), which is then asked. `now` has an offset. Raises UnusableCase.
    """
    if isinstance(case, dict) and isinstance(asked := case.get("floor"), dict) and "pack" in asked:
        read = attrs.evolve(case_of(case | {"floor": None}), floor=_floor(asked))
    else:
        read = case_of(case)
    try:
        return decide(case=read, catalogue=catalogue, now=now)
    except (CurrenciesDiffer, UnusableRemedy) as error:
        raise UnusableCase(f"the amounts cannot be compared: {error}") from error


def _floor(asked: Mapping[str, object]) -> Floor:
    pack, facts = asked.get("pack"), asked.get("facts")
    if set(asked) != {"pack", "facts"} or not isinstance(pack, str) or not isinstance(facts, dict):
        raise UnusableCase('floor must be an answer of `makegood floor`, or {"pack": NAME, "facts": {...}}')
    if pack not in packs.names():
        raise UnusableCase(f"floor.pack names no pack: use one of {', '.join(packs.names())}")
    try:
        return Floor.of(packs.floor(pack=pack, facts=facts))
    except (UnusableFacts, UnusablePack) as error:
        raise UnusableCase(f"floor.facts: {error}") from error


@lru_cache
def load(path: Path = SHIPPED) -> Catalogue:
    """This function will read a catalogue, without a path the one that comes with Makegood.

    Raises UnusableCatalogue, and OSError for a file that cannot be read.
    """
    return parse(path.read_text(encoding="utf-8-sig"), where=path.name)


def with_playbook(*, catalogue: Catalogue, playbook: Playbook) -> Catalogue:
    """This function will return the catalogue with the fixes and remedies of a playbook in place of its own."""
    fixes = {kind: FixWords(title=fix.title, says=fix.says) for kind, fix in playbook.fixes.items()}
    remedies = tuple(Item.of(remedy) for remedy in playbook.remedies)
    return attrs.evolve(catalogue, fixes=fixes, remedies=remedies)


def parse(text: str, *, where: str = "catalogue") -> Catalogue:
    """This function will make a catalogue of YAML text. Raises UnusableCatalogue."""
    try:
        node = read_yaml(text, where=where).keys(needs="fixes remedies", may="extras")
        fixes = {}
        for name, one in node["fixes"].items(needs="any"):
            one.keys(needs="title says")
            fixes[name] = FixWords(title=one["title"].text(), says=one["says"].text())
        remedies = tuple(_item(one, extra=False) for one in node.many("remedies", least=1))
        extras = tuple(_item(one, extra=True) for one in node.many("extras"))
    except UnusablePack as error:
        raise UnusableCatalogue(str(error)) from error
    codes = [one.code for one in (*remedies, *extras)]
    if twice := next((code for code in codes if codes.count(code) > 1), ""):
        raise UnusableCatalogue(f"{where}: {twice} stands twice: give each its own code")
    return Catalogue(fixes=fixes, remedies=remedies, extras=extras)


def _item(node: Node, *, extra: bool) -> Item:
    may = "value monetary" if extra else "value monetary by_evidence"
    node.keys(
        needs=f"code title form cost{'' if extra else ' losses'}", may=f"losses tags places lead_days stock says {may}"
    )
    by_evidence = "by_evidence" in node and node["by_evidence"].true_or_false()
    if by_evidence and "value" in node:
        raise node["value"].wrong("must be left out where the amount is by_evidence")
    try:
        return Item(
            code=node["code"].text(),
            title=node["title"].text(),
            form=node["form"].one_of(*sorted(FORMS)),  # type: ignore[arg-type]
            losses=frozenset(one.one_of(*sorted(LOSSES)) for one in node.many("losses", least=1))
            if "losses" in node
            else LOSSES,
            cost=_amount(node["cost"]),
            value=_amount(node["value"]) if "value" in node else 0,
            by_evidence=by_evidence,
            monetary="monetary" in node and node["monetary"].true_or_false(),
            tags=tuple(one.text().lower() for one in node.many("tags")),
            places=frozenset(one.text() for one in node.many("places")),
            lead_days=node["lead_days"].whole(least=0, most=LONGEST_LEAD_DAYS) if "lead_days" in node else 0,
            stock=node["stock"].whole(least=0, most=10**9) if "stock" in node else None,
            says=node["says"].text() if "says" in node else "",
        )
    except UnusableRemedy as error:
        raise node.wrong(str(error)) from error


def _amount(node: Node) -> Money | int:
    """Money, or a whole percentage of the price."""
    return node.money() if isinstance(node.data, dict) else node.whole(least=0, most=1000)
