"""Who signs a letter: a name on a line of its own at its end, and how one person signs for another."""

from __future__ import annotations

from collections.abc import Collection

LAST_LINES = 4
FOR = ", for "


def signed_by(*, text: str, names: Collection[str]) -> str:
    """This function will find which of these names signs a letter, "" where none does.

    A name signs on a line of its own among the last lines that say anything.
    """
    known = {name.strip().casefold(): name for name in names if name.strip()}
    lines = [line.strip() for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return next((known[line.casefold()] for line in lines if line.casefold() in known), "")


def stands_under(*, text: str, names: Collection[str]) -> str:
    """This function will find which of these names stands at a letter's end, alone or as the one it is signed for."""
    lines = [line.strip().casefold() for line in text.splitlines() if line.strip()][-LAST_LINES:]
    return next(
        (
            name
            for name in names
            if any(line == name.casefold() or line.endswith(f"{FOR}{name.casefold()}") for line in lines)
        ),
        "",
    )


def signed_for(*, text: str, me: str, names: Collection[str], house: str = "") -> str:
    """This function will put one's own name to a letter that another of these names signs: "Joris Vos, for Maria".

    How the other signs before the `house`, on the next line, goes: it would read as one's own. A letter that
    nobody signs, or that one signs already, stays as it is.
    """
    other = signed_by(text=text, names=[name for name in names if name.casefold() != me.casefold()])
    if not other or signed_by(text=text, names=[me]):
        return text
    lines = text.splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if line.strip().casefold() == other.casefold())
    lines[last] = lines[last].replace(lines[last].strip(), f"{me}{FOR}{other}")
    after = lines[last + 1].strip() if len(lines) > last + 1 else ""
    if house and after.casefold().endswith(f", {house.casefold()}"):
        lines[last + 1] = lines[last + 1].replace(after, after[-len(house) :])
    return "".join(lines)
