"""Several recoveries at once: chosen in the list, one thing done for all, watched, stopped or undone."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from makegood.console.asking import whole
from makegood.console.building import words
from makegood.console.building.bulks import SHOWN, WAYS, bulk_page, several_page
from makegood.console.desk import Desk
from makegood.console.narrowing import filters_of, narrowed_of
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.failures.queries import causes_tree
from makegood.organizations.queries import members_all
from makegood.recoveries.operations.bulk import MOST, UnableToDoMany, bulk_begin, bulk_stop, bulk_undo
from makegood.recoveries.queries import Filters, recoveries_matching
from makegood.recoveries.queries.bulks import BulkFacts, bulk_lines, bulk_one, bulks_recent

LARGEST = 2**63 - 1


def several_screen(request: HttpRequest, desk: Desk) -> Screen:
    """Ask what to do for those chosen in the list, and show what was done for several lately."""
    given = request.POST if request.method == "POST" else request.GET
    ids = _chosen(desk, given)
    narrowed = list(narrowed_of(given.dict()).pairs())
    picked = [("all", "1"), *narrowed] if given.get("all") else [("pick", one) for one in given.getlist("pick")]
    here = desk.organization_id
    return Screen(
        template="console/several.html",
        current="recoveries",
        page=several_page(
            desk,
            picked=[*picked, ("seen", str(len(ids)))],
            count=len(ids),
            members=members_all(organization_id=here) if ids else (),
            causes=causes_tree(organization_id=here, since_at=desk.facts.now) if ids else (),
            recent=bulks_recent(organization_id=here, by=None if desk.places is None else desk.member_id),
            back=f"{reverse('recoveries')}?{urlencode(narrowed)}",
        ),
    )


several = staff(several_screen)


def _chosen(desk: Desk, given: QueryDict) -> list[int]:
    """The ids of what was chosen that this member sees: all that match, or those picked by number."""
    if given.get("all"):
        filters = filters_of(desk, narrowed_of(given.dict()))
    else:
        numbers = [number for one in given.getlist("pick")[:MOST] if (number := words.number_of(one, "R")) is not None]
        if not numbers:
            return []
        filters = Filters(numbers=numbers, seen_by=(desk.places, desk.member_id), walker=desk.member_id)
    return recoveries_matching(organization_id=desk.organization_id, filters=filters, limit=MOST + 1)


@acts(several_screen)
def begin(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Begin it; those that match by now may not be more than were shown."""
    ids = _chosen(desk, request.POST)
    seen = whole(request.POST.get("seen", ""), field="seen")
    if len(ids) > seen:
        raise UnableToDoMany(f"There are {len(ids):,} by now: look again, and say yes again.")
    post = request.POST
    if post.get("do") not in WAYS:
        raise UnableToDoMany("Choose what to do.")
    bulk_id = bulk_begin(
        organization_id=desk.organization_id,
        action=post.get("do", ""),
        chosen={
            name: whole(post[key], field=key, least=1, most=LARGEST) if key != "reason" else post[key]
            for key, name in (("to", "to"), ("severity", "severity"), ("cause", "cause"), ("reason", "reason"))
            if post.get(key)
        },
        words=post.get(f"why_{post.get('do', '')}", ""),
        recovery_ids=ids,
        by=desk.member_id,
        now=desk.facts.now,
    )
    return gone_to("bulk", bulk_id=bulk_id)


def _one(desk: Desk, bulk_id: int) -> BulkFacts:
    found = bulk_one(organization_id=desk.organization_id, bulk_id=bulk_id)
    if found is None or (desk.places is not None and found.by_id != desk.member_id):
        raise Http404
    return found


def bulk_screen(request: HttpRequest, desk: Desk, *, bulk_id: int, **names: object) -> Screen:
    """Show how far it is and what became of each; other names of an address do not matter here."""
    found = _one(desk, bulk_id)
    show = request.GET.get("show", "")
    show = show if show in dict(SHOWN) else ""
    page = words.page_of(request.GET.get("page"))
    lines = bulk_lines(
        organization_id=desk.organization_id,
        bulk_id=bulk_id,
        states=(show,) if show else (),
        limit=words.PER_PAGE + 1,
        offset=(page - 1) * words.PER_PAGE,
    )
    return Screen(
        template="console/bulk.html",
        current="recoveries",
        page=bulk_page(desk, found, lines[: words.PER_PAGE], show=show, page=page, more=len(lines) > words.PER_PAGE),
    )


bulk = staff(bulk_screen)


@acts(bulk_screen)
def bulk_act(request: HttpRequest, desk: Desk, *, bulk_id: int, how: str) -> HttpResponse:
    """Stop what is not done yet, or undo all of it."""
    _one(desk, bulk_id)
    given = {
        "organization_id": desk.organization_id,
        "bulk_id": bulk_id,
        "by": desk.member_id,
        "now": desk.facts.now,
    }
    if how == "undo":
        bulk_undo(**given)
        tell(request, "It is being undone.", detail="You can leave this page and come back.")
    elif how == "stop":
        left = bulk_stop(**given)
        tell(request, f"Stopped: {left:,} stay as they are.")
    else:
        raise Http404
    return gone_to("bulk", bulk_id=bulk_id)
