"""The forms by which an organization grows (teams, places, people, sources), shared by set-up and settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import attrs
from django.http import HttpRequest

from makegood.console.asking import amount, select, whole
from makegood.console.building.playbooks import playbooks_listed, team_lacking
from makegood.console.building.sender import sender_doubt, sender_said
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Choice, Field, Form
from makegood.core.lengths import fitting
from makegood.core.names import code_of
from makegood.organizations.choosing import accounts_mailed
from makegood.organizations.founding import member_invite
from makegood.organizations.operations import place_create, team_create
from makegood.organizations.queries import place_free, places_all, teams_all
from makegood.promises.operations import source_create, source_watch

ROLES = (
    ("employee", "Employee: puts things right, within a limit"),
    ("manager", "Manager: decides incidents, closes with a reason, hands over"),
    ("finance", "Finance: sees the money, pays by hand"),
    ("admin", "Admin: everything, and the settings"),
)
LONGEST_EMAIL = 254
MOST_CODE = 50
NAMELESS = "place"
"""The code of what has a name without letters and digits."""
PLACE_KINDS = (
    ("store", "Store"), ("hotel", "Hotel"), ("depot", "Depot"), ("till", "Till"), ("line", "Line"), ("other", "Other"),
)  # fmt: skip


@attrs.frozen(kw_only=True)
class Done:
    """What was done, in a sentence, and what is to be known of it; `secret` is shown this once.

    `to` is where it goes on, if not where it began.
    """

    text: str
    secret: str = ""
    to: str = ""
    detail: str = ""


def team_form(desk: Desk, *, action: str) -> Form:
    """This function will ask for a team."""
    return Form(
        key="team",
        action=action,
        submit="Add this team",
        title="Add a team",
        fields=(Field(name="team", label="Name", required=True, maxlength=80),),
    )


def team_add(request: HttpRequest, desk: Desk) -> Done:
    """Add a team."""
    given = answers(request.POST, team="Write the team's name.")
    team_create(organization_id=desk.organization_id, name=fitting(given["team"], most=80))
    return Done(text=f"{given['team']} is a team now.")


def place_form(desk: Desk, *, action: str) -> Form:
    """This function will ask for a place."""
    known = [(str(one.id), one.name) for one in places_all(organization_id=desk.organization_id)]
    within = (select("place_parent", "Inside", known, first="Nothing else"),) if known else ()
    return Form(
        key="place",
        action=action,
        submit="Add this place",
        title="Add a place",
        fields=(
            Field(name="place", label="Name", required=True, maxlength=120),
            select("place_kind", "Kind", PLACE_KINDS, value="store", required=True),
            *within,
        ),
    )


def place_add(request: HttpRequest, desk: Desk) -> Done:
    """Add a place."""
    given = answers(request.POST, place="Write the place's name.")
    here, name = desk.organization_id, fitting(given["place"], most=120)
    parent_id = chosen_one(request, "place_parent", [one.id for one in places_all(organization_id=here)])
    code = code_of(name=name)[:MOST_CODE] or NAMELESS
    code = place_free(organization_id=here, name=name, code=code, parent_id=parent_id)
    if not code:
        raise Unanswered({"place": "There is a place of this name: choose another one."})
    kind = request.POST.get("place_kind", "store")
    place_create(
        organization_id=here,
        code=code,
        name=name,
        kind=kind if kind in dict(PLACE_KINDS) else "other",
        parent_id=parent_id,
    )
    return Done(text=f"{given['place']} is a place now.")


def chosen_one(request: HttpRequest, name: str, allowed: list[int]) -> int | None:
    """This function will read which one was chosen of a list, or None. Raises Unanswered for one not on it."""
    text = request.POST.get(name, "")
    if not text:
        return None
    number = whole(text, field=name, least=1, most=2**63 - 1)
    if number not in allowed:
        raise Unanswered({name: "Choose one from the list."})
    return number


def member_form(desk: Desk, *, action: str) -> Form:
    """This function will ask for a person."""
    here = desk.organization_id
    teams = [(str(one.id), one.name) for one in teams_all(organization_id=here)]
    places = [(str(one.id), one.name) for one in places_all(organization_id=here)]
    return Form(
        key="member",
        action=action,
        submit="Add this person",
        title="Add a person",
        lead=sender_doubt(desk),
        fields=(
            Field(name="member", label="Name", required=True, maxlength=120, autocomplete="off"),
            Field(
                name="member_email",
                label="E-mail",
                kind="email",
                hint=f"They sign in with it. We mail them a link to choose their password, from {sender_said(desk)}."
                if accounts_mailed(organization_id=here)
                else "They sign in with it. You get a password to hand over, shown once.",
                autocomplete="off",
            ),
            select("member_role", "Role", ROLES, value="employee", required=True),
            title_field(),
            *((select("member_team", "Team", teams, first="None"),) if teams else ()),
            *(
                (places_field(places, hint="Tick as many as they serve. None ticked is all of them."),)
                if places
                else ()
            ),
            Field(
                name="member_limit",
                label=f"May give without asking, a day, in {desk.facts.currency}",
                value="50",
                inputmode="decimal",
            ),
        ),
    )


def title_field(value: str = "", *, name: str = "member_title", label: str = "How they sign") -> Field:
    """This function will ask how somebody signs letters, after their name; none is made up from their role."""
    return Field(
        name=name,
        label=label,
        value=value,
        maxlength=60,
        autocomplete="off",
        hint="Under letters, after the name, such as: head of the shop. Empty is the name and the organization alone.",
    )


def places_field(
    places: Sequence[tuple[str, str]], *, hint: str, chosen: Collection[int] = (), every: bool | None = None
) -> Field:
    """This function will ask which places somebody serves; with `every`, all of them is a choice of its own."""
    first = () if every is None else (Choice(value="all", label="All places, those to come too", chosen=every),)
    return Field(
        name="member_places",
        label="Places",
        kind="checkboxes",
        required=every is not None,
        hint=hint,
        choices=(*first, *(Choice(value=one, label=name, chosen=int(one) in chosen) for one, name in places)),
    )


def places_chosen(request: HttpRequest, desk: Desk) -> tuple[int, ...]:
    """This function will read which places were ticked. Raises Unanswered for one that is not here."""
    allowed = {str(one.id): one.id for one in places_all(organization_id=desk.organization_id)}
    ticked = [one for one in request.POST.getlist("member_places") if one]
    if not set(ticked) <= set(allowed):
        raise Unanswered({"member_places": "Choose from the list."})
    return tuple(allowed[one] for one in dict.fromkeys(ticked))


def email_of(request: HttpRequest) -> str:
    """This function will read a person's e-mail, or nothing. Raises Unanswered for what is none."""
    email = request.POST.get("member_email", "").strip()
    if email and (len(email) > LONGEST_EMAIL or not re.fullmatch(r"[^@\s]+@[^@\s]+", email)):
        raise Unanswered({"member_email": "Write an e-mail such as maria@example.org."})
    return email


def member_add(request: HttpRequest, desk: Desk) -> Done:
    """Add a person, with a password to hand over where they have an e-mail."""
    here = desk.organization_id
    given = answers(request.POST, member="Write the person's name.", member_role="Choose a role.")
    limit = amount(request.POST.get("member_limit", ""), field="member_limit", currency=desk.facts.currency)
    invited = member_invite(
        organization_id=here,
        name=fitting(given["member"], most=120),
        role=given["member_role"],
        now=desk.facts.now,
        by=desk.member_id,
        email=email_of(request),
        team_id=chosen_one(request, "member_team", [one.id for one in teams_all(organization_id=here)]),
        place_ids=places_chosen(request, desk),
        limit_minor=limit.minor if limit else 0,
        title=request.POST.get("member_title", ""),
        by_mail=accounts_mailed(organization_id=here),
    )
    if invited.waits and not invited.mailed:
        return Done(text=f"{given['member']} is here now, and goes in once they chose a password by a mailed link.")
    if invited.mailed and (invited.waits or not invited.known):
        return Done(text=f"{given['member']} is here now, and is written to: they choose their password by a link.")
    if invited.password:
        text = f"The password of {given['member']}: hand it over now; they choose their own when they first sign in."
        return Done(text=text, secret=invited.password)
    ending = " and signs in with the password they have" if invited.known else ""
    return Done(text=f"{given['member']} is here now{ending}.")


def _playbook(request: HttpRequest, desk: Desk) -> str:
    wanted = request.POST.get("source_playbook", "") or "default"
    if wanted not in {one.code for one in playbooks_listed(organization_id=desk.organization_id)}:
        raise Unanswered({"source_playbook": "Choose one from the list."})
    return wanted


def team_unknown(desk: Desk, playbook: str) -> str:
    """This function will say that a playbook of this code names a team that is not here; nothing where it is."""
    here = desk.organization_id
    chosen = next((one for one in playbooks_listed(organization_id=here) if one.code == playbook), None)
    teams = {one.name for one in teams_all(organization_id=here)}
    return team_lacking(chosen, teams=teams) if chosen else ""


def source_add(request: HttpRequest, desk: Desk) -> Done:
    """Add a source."""
    given = answers(request.POST, source="Write the source's name.")
    rhythm, playbook = request.POST.get("source_rhythm", "").strip(), _playbook(request, desk)
    source_create(
        organization_id=desk.organization_id,
        code=code_of(name=given["source"]) or NAMELESS,
        name=fitting(given["source"], most=120),
        now=desk.facts.now,
        rhythm_minutes=whole(rhythm, field="source_rhythm", least=1, most=525_600) if rhythm else None,
        playbook=playbook,
    )
    return Done(text=f"{given['source']} is a source now.", detail=team_unknown(desk, playbook))


def source_watched(request: HttpRequest, desk: Desk) -> Done:
    """Let a source only watch, or trust it from now on."""
    watched = request.path.endswith("/watch")
    source_watch(
        organization_id=desk.organization_id,
        source_id=whole(request.POST.get("source_id", ""), least=1, most=2**63 - 1),
        watched=watched,
        by=desk.member_id,
        now=desk.facts.now,
    )
    if watched:
        said = "It only watches now: nothing leaves for what it tells of from here on. What is under way goes on."
        return Done(text=said, secret="")
    return Done(text="It is live. What it only watched is over, and nothing of that is sent.", secret="")
