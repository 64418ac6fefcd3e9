"""Reading YAML: in C where the library has it, without tags, a key only once, and never deeper than a person writes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

DEEPEST = 64
"""Levels of nesting that are read: the library in C ends the process, not the reading, some thousands further down."""

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

    Raises yaml.YAMLError for a text that is none or that is nested deeper than `DEEPEST`, ValueError for a wrong date.
    """
    _refuse_deep(text)
    return yaml.load(text, Loader=_Once)  # noqa: S506 (it is a SafeLoader)


def node_of(text: str) -> yaml.Node | None:
    """This function will return the nodes of a YAML text, which know their lines. Raises as `data_of`."""
    _refuse_deep(text)
    return yaml.compose(text, Loader=_Once)


def _refuse_deep(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Once):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                problem = f"is nested deeper than {DEEPEST} levels"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)  # type: ignore[arg-type]
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
