"""Naming a working calendar in a playbook's text, and nothing else of it."""

from __future__ import annotations

import re

from makegood.rules.playbooks import UnusablePlaybook, data_of

CLOCKS = re.compile(r"clocks:\s*(?:#.*)?")
NAMED = re.compile(r"(?P<before>[ ]+calendar:)[^#\n]*?(?P<after>[ ]*(?:#.*)?)")
INSIDE = re.compile(r"(?P<indent>[ ]+)[^\s#]")


def with_calendar(*, text: str, calendar: str) -> str:
    """This function will write a calendar's code under clocks ("" for none), every other line as it was.

    Raises UnusablePlaybook for a text in which that cannot be written by itself.
    """
    lines = text.split("\n")
    begins = next((number for number, line in enumerate(lines) if CLOCKS.fullmatch(line.rstrip())), None)
    if begins is not None:
        _write(lines, begins + 1, calendar or '""')
        anew = "\n".join(lines)
        before, after = data_of(text), data_of(anew)
        if after == before | {"clocks": before["clocks"] | {"calendar": calendar}}:
            return anew
    raise UnusablePlaybook(f"Write calendar: {calendar} under clocks in it yourself")


def _write(lines: list[str], first: int, said: str) -> None:
    indent = ""
    for number in range(first, len(lines)):
        line = lines[number].rstrip()
        inside = INSIDE.match(line)
        if line and not line.lstrip().startswith("#") and not inside:
            break
        if inside:
            indent = indent or inside["indent"]
        if named := NAMED.fullmatch(line):
            lines[number] = f"{named['before']} {said}{named['after']}"
            return
    lines.insert(first, f"{indent or '  '}calendar: {said}")
