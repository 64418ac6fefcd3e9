"""Reading YAML: in C where the library has it, without tags, a key only once, and never deeper than a person writes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

DEEPEST = 64
"""Levels of nesting that are read: the library in C ends the process, not the reading, some thousands further down."""

MOST_VALUES = 100_000
"""Keys, values, lists and tables, those of an alias counted wherever it stands: else a few lines can say billions."""

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Once(_Loader):  # type: ignore[misc, valid-type]
    """YAML without tags, in which a key may stand only once."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable) or key in found:
            problem = f"{key!r} " + ("stands twice" if isinstance(key, Hashable) else "cannot be a key")
            raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Once.add_constructor("tag:yaml.org,2002:map", _mapping)


def data_of(text: str) -> Any:
    """This function will return the data of a YAML text.

    Raises yaml.YAMLError for a text that is none, that is nested deeper than `DEEPEST` or that says more than
    `MOST_VALUES`, ValueError for a wrong date.
    """
    _refuse_endless(text)
    return yaml.load(text, Loader=_Once)  # noqa: S506 (it is a SafeLoader)


def node_of(text: str) -> yaml.Node | None:
    """This function will return the nodes of a YAML text, which know their lines. Raises as `data_of`."""
    _refuse_endless(text)
    return yaml.compose(text, Loader=_Once)


def _refuse_endless(text: str) -> None:
    whole = 0
    begun: list[tuple[int, str | None]] = []
    counts: dict[str | None, int] = {}
    for event in yaml.parse(text, Loader=_Once):
        if isinstance(event, yaml.CollectionStartEvent):
            begun.append((whole, event.anchor))
            counts[event.anchor] = MOST_VALUES  # until it ends: what holds itself has no end
            if len(begun) > DEEPEST:
                raise _refused(f"is nested deeper than {DEEPEST} levels", event)
        elif isinstance(event, yaml.CollectionEndEvent):
            before, anchor = begun.pop()
            whole += 1
            counts[anchor] = whole - before
        elif isinstance(event, yaml.ScalarEvent):
            whole += 1
            counts[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            whole += counts.get(event.anchor, 0)
        if whole > MOST_VALUES:
            raise _refused(f"says more than {MOST_VALUES:,} values, those of each alias counted", event)


def _refused(problem: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]
