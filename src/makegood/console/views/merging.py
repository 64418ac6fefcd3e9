"""Acting on a recovery where others are too: held meanwhile, compared with what was seen, merged if need be."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse

from makegood.console.building.merging import Met, merge_page
from makegood.console.building.words import number_of
from makegood.console.collisions import collide
from makegood.console.desk import Desk
from makegood.console.views.frame import Screen, View, acts
from makegood.console.views.recoveries import case_of, recovery_screen
from makegood.failures.queries import causes_tree
from makegood.organizations.queries import members_all
from makegood.recoveries.operations import recovery_hold
from makegood.recoveries.queries import Case
from makegood.recoveries.queries.changed import part_changed


def case_held(request: HttpRequest, desk: Desk, code: str, **alike: str) -> Case:
    """This function will lock a recovery and read it, and compare it with what the form was made from.

    Raises Http404, and Collision where what the form overwrites changed and not to `alike`.
    """
    number = number_of(code, "R")
    if number is None or recovery_hold(organization_id=desk.organization_id, number=number) is None:
        raise Http404
    case = case_of(desk, code)
    collide(request, case, **alike)
    return case


def merge_screen(
    request: HttpRequest, desk: Desk, parts: tuple[str, ...], error: str = "", *, code: str, **names: object
) -> Screen:
    """Show theirs and mine, and the ways on; without parts, only what was typed and why it was refused."""
    case = case_of(desk, code)
    here = desk.organization_id
    met = Met(
        case=case,
        path=request.path,
        posted={name: value for name, value in request.POST.items() if name != "csrfmiddlewaretoken"},
        changed={part: part_changed(organization_id=here, case=case, part=part) for part in parts},
        members=members_all(organization_id=here),
        causes=causes_tree(organization_id=here, since_at=desk.facts.now),
        error=error,
    )
    return Screen(template="console/merge.html", current="recoveries", page=merge_page(desk, met))


def acts_merging(again: View) -> Callable[[View], Callable[..., HttpResponse]]:
    """Make a view that changes a recovery: refused, nothing that was typed is lost even where its form is gone."""
    return acts(again, merged=merge_screen)


act = acts_merging(recovery_screen)
