"""Data and its loaders, without Django: floor packs, playbooks, wording, and the evidence that they rest on.

The floors are a library of their own, and these names are its public interface (docs/guides/floors-as-a-library.md).
Each is imported when it is first asked for, so that a program pays only for the rules it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from makegood.core.floors import FloorDecision, Owed, Pack, UnusableFacts
    from makegood.core.money import Money
    from makegood.core.reasons import Reason
    from makegood.rules.pack_cases import PackCase, UnusableCases, differences, read_cases
    from makegood.rules.pack_edges import Edges, edges
    from makegood.rules.packs import NoSuchPack, UnusablePack, floor, load, names, parse

__all__ = [
    "Edges",
    "FloorDecision",
    "Money",
    "NoSuchPack",
    "Owed",
    "Pack",
    "PackCase",
    "Reason",
    "UnusableCases",
    "UnusableFacts",
    "UnusablePack",
    "differences",
    "edges",
    "floor",
    "load",
    "names",
    "parse",
    "read_cases",
]

WHERE = {
    "makegood.core.floors": ("FloorDecision", "Owed", "Pack", "UnusableFacts"),
    "makegood.core.money": ("Money",),
    "makegood.core.reasons": ("Reason",),
    "makegood.rules.pack_cases": ("PackCase", "UnusableCases", "differences", "read_cases"),
    "makegood.rules.pack_edges": ("Edges", "edges"),
    "makegood.rules.packs": ("NoSuchPack", "UnusablePack", "floor", "load", "names", "parse"),
}


def __getattr__(name: str) -> Any:
    """This function will import a public name of the floors from where it is made."""
    for module, made in WHERE.items():
        if name in made:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
