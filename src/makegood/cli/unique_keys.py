"""JSON objects in which each name stands once: anything else is a mistake that must not go unseen."""

from __future__ import annotations


class StandsTwice(ValueError):
    """An object gives the name `name` twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} stands twice")
        self.name = name


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """This function will make an object of its pairs, for `json.loads`. Raises StandsTwice for a name given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise StandsTwice(next(name for name in names if names.count(name) > 1))
    return found
