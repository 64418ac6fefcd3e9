"""Checked reading of rule files: a value together with its place in the file, so that every error says where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import yaml

from makegood.core.money import Money


class UnusablePack(ValueError):
    """A rule pack cannot be used; the message says where it is wrong and what belongs there."""


class _OnceLoader(yaml.SafeLoader):
    """YAML without tags, in which a key may stand only once."""


def _mapping(loader: _OnceLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in found:
            raise yaml.constructor.ConstructorError(problem=f"{key!r} stands twice", problem_mark=key_node.start_mark)
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_OnceLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


@attrs.frozen
class Node:
    """A value read from a file, and its path in it."""

    data: Any
    where: str

    def wrong(self, problem: str) -> UnusablePack:
        """The error that something here is wrong."""
        return UnusablePack(f"{self.where}: {problem}")

    def keys(self, *, needs: str = "", may: str = "") -> Node:
        """This node, which has to be a mapping with all keys of `needs` and none outside `needs` and `may`."""
        self._dict()
        allowed = {*needs.split(), *may.split()}
        if lacking := set(needs.split()) - self.data.keys():
            raise self.wrong(f"lacks {', '.join(sorted(lacking))}")
        if extra := [str(key) for key in self.data if key not in allowed]:
            raise self.wrong(f"has unknown key {', '.join(sorted(extra))}; allowed are {', '.join(sorted(allowed))}")
        return self

    def _dict(self) -> dict[Any, Any]:
        if not isinstance(self.data, dict):
            raise self.wrong("must be a mapping")
        return self.data

    def __contains__(self, key: str) -> bool:
        return isinstance(self.data, dict) and key in self.data

    def __getitem__(self, key: str) -> Node:
        return Node(self.data[key], f"{self.where}.{key}")

    def items(self) -> Iterator[tuple[str, Node]]:
        """The named parts of a mapping."""
        for key in self._dict():
            if not isinstance(key, str):
                raise self.wrong(f"{key!r} must be a text to be a name here")
            yield key, self[key]

    def many(self, key: str, *, least: int = 0) -> list[Node]:
        """The list under a key (none if the key is absent and none are needed)."""
        data = self.data.get(key, [])
        if not isinstance(data, list) or len(data) < least:
            raise self[key].wrong("must be a list" + (f" of at least {least}" if least else ""))
        return [Node(one, f"{self.where}.{key}[{number}]") for number, one in enumerate(data)]

    def text(self) -> str:
        """A text, its white space made single."""
        if not isinstance(self.data, str) or not self.data.strip():
            raise self.wrong("must be a text")
        return " ".join(self.data.split())

    def number(self, *, least: float = 0, most: float = 1e9) -> int | float:
        """A number between two bounds, which count as inside."""
        if isinstance(self.data, bool) or not isinstance(self.data, int | float) or not least <= self.data <= most:
            raise self.wrong(f"must be a number from {least:g} to {most:g}")
        return self.data

    def whole(self, *, least: int, most: int) -> int:
        """A whole number between two bounds, which count as inside."""
        value = self.number(least=least, most=most)
        if not isinstance(value, int):
            raise self.wrong("must be a whole number")
        return value

    def share(self, *, most: int) -> int | Decimal:
        """A percentage, exactly as written."""
        value = self.number(most=most)
        return value if isinstance(value, int) else Decimal(str(value))

    def true_or_false(self) -> bool:
        """True or false."""
        if not isinstance(self.data, bool):
            raise self.wrong("must be true or false")
        return self.data

    def day(self) -> date:
        """A date."""
        if type(self.data) is not date:
            raise self.wrong("must be a date, such as 2025-01-31")
        return self.data

    def one_of(self, *choices: str) -> str:
        """One of a few texts."""
        if not isinstance(self.data, str) or self.data not in choices:
            raise self.wrong(f"must be one of {', '.join(choices)}")
        return self.data

    def money(self) -> Money:
        """An amount of money, not negative."""
        self.keys(needs="minor currency")
        minor = self["minor"].whole(least=0, most=10**12)
        try:
            return Money(minor=minor, currency=self["currency"].text())
        except ValueError as error:
            raise self.wrong(str(error)) from error


def read_yaml(text: str, *, where: str) -> Node:
    """This function will read YAML text, `where` naming it in errors. Raises UnusablePack."""
    try:
        return Node(yaml.load(text, Loader=_OnceLoader), where)  # noqa: S506 (it is a SafeLoader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise UnusablePack(f"{where}{line}: is not usable YAML: {problem}".replace("\n", " ")) from error
