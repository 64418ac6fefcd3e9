"""What is done at which place: the playbook for whoever is failed there and told nobody but us."""

from __future__ import annotations

from django.http import HttpRequest

from makegood.console.asking import select
from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Form
from makegood.console.views.people import Done, team_unknown
from makegood.organizations.operations import place_playbook_choose
from makegood.organizations.queries import PlaceFacts, places_all


def playbook_form(desk: Desk, *, places: list[PlaceFacts], action: str) -> Form:
    """This function will ask what is done at a place."""
    listed = [(one.code, playbook_title(one)) for one in playbooks_listed(organization_id=desk.organization_id)]
    return Form(
        key="place-playbook",
        action=action,
        submit="Do this there",
        title="What is done at a place",
        lead="For failures that people report there. What a source tells of goes by the source.",
        fields=(
            select("done_place", "Place", [(str(one.id), one.name) for one in places], required=True),
            select("done_playbook", "Playbook", listed, first="As at the place it is inside of"),
        ),
    )


def playbook_choose(request: HttpRequest, desk: Desk) -> Done:
    """Choose what is done at a place."""
    here = desk.organization_id
    place = next(
        (one for one in places_all(organization_id=here) if str(one.id) == request.POST.get("done_place")), None
    )
    if place is None:
        raise Unanswered({"done_place": "Choose a place from the list."})
    playbook = request.POST.get("done_playbook", "")
    if playbook not in {"", *(one.code for one in playbooks_listed(organization_id=here))}:
        raise Unanswered({"done_playbook": "Choose a playbook from the list."})
    place_playbook_choose(
        organization_id=here, place_id=place.id, playbook=playbook, by=desk.member_id, now=desk.facts.now
    )
    return Done(text=f"From now on that is what is done at {place.name}.", detail=team_unknown(desk, playbook))
