"""Checked reading of rule files: a value together with its place in the file, so that every error says where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import attrs
import yaml

from makegood.core.money import Money
from makegood.rules import yaml_text

FRACTION = re.compile(r"0?\.[0-9]*[1-9][0-9]*")


class UnusablePack(ValueError):
    """A rule pack cannot be used; the message says where it is wrong and what belongs there.

    `path` leads to the place in the data and `problem` is what is wrong there, where that much is known.
    """

    path: tuple[str | int, ...] = ()
    problem: str = ""


@attrs.frozen
class Node:
    """A value read from a file, and its path in it."""

    data: Any
    where: str
    path: tuple[str | int, ...] = ()

    def wrong(self, problem: str, *, key: str | None = None) -> UnusablePack:
        """The error that something here, or under one key of it, is wrong."""
        error = UnusablePack(f"{self.where}: {problem}")
        error.path, error.problem = (*self.path, key) if key is not None else self.path, problem
        return error

    def _child(self, key: str | int, data: Any) -> Node:
        """The value under a key or number."""
        where = f"{self.where}[{key}]" if isinstance(key, int) else f"{self.where}.{key}"
        return attrs.evolve(self, data=data, where=where, path=(*self.path, key))

    def keys(self, *, needs: str = "", may: str = "") -> Node:
        """This node, which has to be a mapping with all keys of `needs` and none outside `needs` and `may`."""
        self._dict()
        allowed = {*needs.split(), *may.split()}
        if lacking := set(needs.split()) - self.data.keys():
            raise self.wrong(f"lacks {', '.join(sorted(lacking))}")
        if extra := [str(key) for key in self.data if key not in allowed]:
            told = f"has unknown key {', '.join(sorted(extra))}; allowed are {', '.join(sorted(allowed))}"
            raise self.wrong(told, key=extra[0])
        return self

    def either(self, *names: str) -> str:
        """The one of these keys that is here; there has to be exactly one."""
        found = [name for name in names if name in self]
        if len(found) != 1:
            raise self.wrong(f"must have either {' or '.join(names)}")
        return found[0]

    def _dict(self) -> dict[Any, Any]:
        if not isinstance(self.data, dict):
            raise self.wrong("must be a mapping")
        return self.data

    def __contains__(self, key: str) -> bool:
        return isinstance(self.data, dict) and key in self.data

    def __getitem__(self, key: str) -> Node:
        return self._child(key, self.data[key])

    def items(self, *, needs: str = "") -> Iterator[tuple[str, Node]]:
        """The named parts of a mapping, whatever their names; the one named by `needs` has to be there."""
        for key in self._dict():
            if not isinstance(key, str):
                raise self.wrong(f"{key!r} must be a text to be a name here", key=str(key))
            yield key, self._child(key, self.data[key])
        if needs and needs not in self.data:
            raise self.wrong(f"lacks {needs}, which stands for every other name")

    def parts(self, *, needs: str, may: str = "") -> Iterator[tuple[str, Node]]:
        """The values under these keys, which are all of one shape; those of `may` where they are here."""
        self.keys(needs=needs, may=may)
        for name in (*needs.split(), *may.split()):
            if name in self:
                yield name, self[name]

    def many(self, key: str, *, least: int = 0) -> list[Node]:
        """The list under a key (none if the key is absent and none are needed)."""
        data = self.data.get(key, [])
        if not isinstance(data, list) or len(data) < least:
            raise self[key].wrong("must be a list" + (f" of at least {least}" if least else ""))
        here = self._child(key, data)
        return [here._child(number, one) for number, one in enumerate(data)]

    def text(self) -> str:
        """A text, its white space made single."""
        if isinstance(self.data, bool):
            raise self.wrong("must be a text: put yes, no, on and off in quotes")
        if not isinstance(self.data, str) or not self.data.strip():
            raise self.wrong("must be a text")
        return " ".join(self.data.split())

    def text_or_nothing(self) -> str:
        """A text, or nothing where it is left empty."""
        if self.data is None or self.data == "":
            return ""
        return self.text()

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

    def fraction(self) -> Decimal:
        """A share between 0 and 1, neither of them, written as a text so that it stays exact."""
        if not isinstance(self.data, str) or not FRACTION.fullmatch(self.data):
            raise self.wrong('must be a text between 0 and 1, such as "0.10"')
        return Decimal(self.data)

    def pattern(self, pattern: re.Pattern[str], *, means: str) -> str:
        """A text of one pattern; `means` says in words what that is."""
        if not isinstance(self.data, str) or not pattern.fullmatch(self.data):
            raise self.wrong(f"must be {means}")
        return self.data

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
        return Node(yaml_text.data_of(text), where)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {min(mark.line, text.rstrip().count(chr(10))) + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise UnusablePack(f"{where}{line}: is not usable YAML: {problem}".replace("\n", " ")) from error


def line_of(text: str, path: tuple[str | int, ...]) -> int:
    """This function will say on which line of YAML text, from 1, the value at this path begins.

    Where the path leads nowhere it is the line of the nearest thing above.
    """
    node = yaml_text.node_of(text)
    line = 1 if node is None else node.start_mark.line + 1
    for key in path:
        if isinstance(node, yaml.MappingNode):
            found = next(((name, value) for name, value in node.value if name.value == str(key)), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            found = (node.value[key], node.value[key])
        else:
            found = None
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line
