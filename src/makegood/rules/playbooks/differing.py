"""What differs between two versions of a playbook, place by place, to be read by people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any

import attrs

from makegood.core.money import Money

NAMES = ("code", "of")
"""The keys by which an item of a list is known, wherever it stands in it."""


@attrs.frozen(kw_only=True)
class Difference:
    """One place that differs: where in words, what stood there and what stands there now; empty where nothing does."""

    where: str
    was: str
    becomes: str


def differences(*, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """This function will list what differs between the plain data of two playbooks, in the order of the new one."""
    old, new = dict(_flat(before, ())), dict(_flat(after, ()))
    found = []
    for path in [*new, *(path for path in old if path not in new)]:
        was, becomes = old.get(path, ""), new.get(path, "")
        if was != becomes:
            found.append(Difference(where=", ".join(path), was=was, becomes=becomes))
    return tuple(found)


def changed_lines(*, before: str, after: str) -> tuple[str, ...]:
    """This function will show two texts' differing lines, each with three around it, marked by +, - or a space."""
    return tuple(list(unified_diff(before.splitlines(), after.splitlines(), lineterm=""))[2:])


def _flat(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        if value.keys() == {"minor", "currency"}:
            yield path, str(Money(minor=value["minor"], currency=value["currency"]))
            return
        for key, below in value.items():
            yield from _flat(below, (*path, str(key).replace("_", " ")))
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        seen: dict[str, int] = {}
        for number, one in enumerate(value, start=1):
            name = next((str(one[key]) for key in NAMES if key in one), str(number))
            seen[name] = seen.get(name, 0) + 1
            yield from _flat(one, (*path, name if seen[name] == 1 else f"{name} ({seen[name]})"))
    elif isinstance(value, list):
        yield path, ", ".join(_word(one) for one in value)
    else:
        yield path, _word(value)


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
