"""What one form does for everybody whom an incident hit: the fix recorded, the same extra offered."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.asking import choices
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Field, Form, Link
from makegood.failures.queries import IncidentFacts
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.operations import Together
from makegood.recoveries.queries import incident_open


def forms_of(desk: Desk, one: IncidentFacts, *, after: int) -> tuple[Form, ...]:
    """This function will make the forms that act on every open recovery; `after` is the last one offered to."""
    if one.state not in ("open", "closed") or not desk.may("incident-fix"):
        return ()
    here, code = desk.organization_id, words.incident_code(one.number)
    seen = {"organization_id": here, "incident_id": one.id, "by": desk.member_id, "places": desk.places}
    every = incident_open(**seen)
    rest = incident_open(**seen, after=after) if after else every
    forms = []
    if every.to_fix:
        forms.append(_fix(code, every.open, every.to_fix))
    if rest.failure_id is not None:
        offer = _offer(desk, code, rest.open, rest.failure_id, after)
        forms += [offer] if offer else []
    return tuple(forms)


def sorry_link(desk: Desk, one: IncidentFacts) -> Link | None:
    """This function will lead to saying sorry to all who were not told yet; the words are shown there first."""
    if one.state not in ("open", "closed") or not desk.may("incident-sorry"):
        return None
    count = incident_open(
        organization_id=desk.organization_id, incident_id=one.id, by=desk.member_id, places=desk.places
    ).to_apologise
    url = reverse("incident-sorry", args=[words.incident_code(one.number)])
    return Link(label=f"Say sorry to all {count:,}" if count > 1 else "Say sorry", url=url) if count else None


def _fix(code: str, seen: int, todo: int) -> Form:
    return Form(
        key="fix-all",
        action=reverse("incident-fix", args=[code]),
        title="Record the fix",
        lead=f"For the {todo:,} whose fix is not recorded yet. Each keeps its own clock and its own page."
        if todo > 1
        else "For the one whose fix is not recorded yet.",
        submit="It is put right for all",
        style="plain",
        fields=(
            Field(name="seen", label="", kind="hidden", value=str(seen)),
            Field(name="fixed", label="What was done", required=True, maxlength=300),
        ),
    )


def _offer(desk: Desk, code: str, count: int, failure_id: int, after: int) -> Form | None:
    gifts = gifts_for(
        organization_id=desk.organization_id, failure_id=failure_id, member_id=desk.member_id, now=desk.facts.now
    ).gifts
    if not gifts:
        return None
    return Form(
        key="offer-all",
        action=reverse("incident-offer", args=[code]),
        title="Offer the same to all",
        lead=f"{'The next' if after else 'All'} {count:,} are told at once, in your name, and can say yes, swap it or"
        " say no. Your limit, the cap and what is owed hold for each.",
        submit="Offer it to all, and tell them",
        style="plain",
        fields=(
            Field(name="seen", label="", kind="hidden", value=str(count)),
            Field(name="after", label="", kind="hidden", value=str(after)),
            Field(
                name="remedy",
                label="What?",
                kind="radio",
                required=True,
                choices=choices(
                    [(gift.remedy, gift.title, f"{written(gift.cost, desk.reader)} each") for gift in gifts]
                ),
            ),
        ),
    )


def refused_in_words(done: Together) -> str:
    """This function will say for whom it was not done, by the reason."""
    by_why: dict[str, list[int]] = {}
    for one in done.refused:
        by_why.setdefault(one.why.rstrip("."), []).append(one.number)
    said = [f"Not for {codes(numbers)}: {why[:1].lower() + why[1:]}." for why, numbers in by_why.items()]
    if done.left:
        said.append(f"{done.left:,} are left: press again.")
    return " ".join(said)


def codes(numbers: Sequence[int]) -> str:
    """This function will write recoveries' numbers shortly: a run by its ends, else the first four of them."""
    listed = sorted(set(numbers))
    first, last = listed[0], listed[-1]
    if len(listed) > 2 and last - first == len(listed) - 1:
        return f"{words.code(first)} to {words.code(last)}"
    shown = ", ".join(words.code(number) for number in listed[:4])
    return f"{shown} and {len(listed) - 4:,} more" if len(listed) > 4 else shown
