"""Two people at one part of a recovery: what the second one is told instead of being refused."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import Http404, HttpRequest

from makegood.console.building.seeing import SEEN
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.parts import part_value, parts_changed


class Collision(Exception):
    """Somebody changed the same part of this recovery meanwhile: compare theirs with yours."""

    def __init__(self, parts: Iterable[str]) -> None:
        super().__init__(Collision.__doc__)
        self.parts = tuple(parts)


def seen_of(request: HttpRequest) -> dict[str, str]:
    """This function will read from a form how the parts stood that it was made from, by part."""
    return {name.removeprefix(SEEN): value for name, value in request.POST.items() if name.startswith(SEEN)}


def collide(request: HttpRequest, case: Case, **alike: str) -> None:
    """This function will compare what a form was made from with what stands there now.

    The recovery must be locked. `alike` maps a part to the value that this form would give it: where the others gave it
    the same, nobody is troubled. Raises Collision naming the parts that changed, and Http404 for a part that is none.
    """
    try:
        changed = parts_changed(case=case, seen=seen_of(request))
        changed = tuple(one for one in changed if alike.get(one) != part_value(case=case, part=one))
    except KeyError:
        raise Http404 from None
    if changed:
        raise Collision(changed)
