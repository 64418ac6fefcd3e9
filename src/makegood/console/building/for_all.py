"""What one form does for everybody whom an incident hit: the fix recorded, the same extra offered."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.asking import choices
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Choice, Field, Form, Link
from makegood.failures.queries import IncidentFacts
from makegood.makegoods.allowances import Left, allowances_of_team
from makegood.recoveries.for_all import ForAll
from makegood.recoveries.operations import Together
from makegood.recoveries.queries import incident_offers, incident_open

TOO_MUCH = (
    "It costs more than you may give today, and all are to have the same: nothing is offered until somebody says yes to"
    " the whole."
)


def forms_of(desk: Desk, one: IncidentFacts) -> tuple[Form, ...]:
    """This function will make the forms that act on every open recovery."""
    if one.state not in ("open", "closed") or not desk.may("incident-fix"):
        return ()
    code = words.incident_code(one.number)
    seen = {"organization_id": desk.organization_id, "incident_id": one.id, "by": desk.member_id, "places": desk.places}
    every = incident_open(**seen)
    forms = [_fix(code, every.last, every.to_fix)] if every.to_fix else []
    judged = [one for one in incident_offers(**seen, now=desk.facts.now) if one.able]
    return (*forms, *_offers(desk, code, every.last, judged)) if judged else tuple(forms)


def sorry_link(desk: Desk, one: IncidentFacts) -> Link | None:
    """This function will lead to saying sorry to all who were not told yet; the words are shown there first."""
    if one.state not in ("open", "closed") or not desk.may("incident-sorry"):
        return None
    count = incident_open(
        organization_id=desk.organization_id, incident_id=one.id, by=desk.member_id, places=desk.places
    ).to_apologise
    url = reverse("incident-sorry", args=[words.incident_code(one.number)])
    return Link(label=f"Say sorry to all {count:,}" if count > 1 else "Say sorry", url=url) if count else None


def _fix(code: str, last: int, todo: int) -> Form:
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
            Field(name="upto", label="", kind="hidden", value=str(last)),
            Field(name="fixed", label="What was done", required=True, maxlength=300),
        ),
    )


def _offers(desk: Desk, code: str, last: int, judged: Sequence[ForAll]) -> tuple[Form, ...]:
    """What fits all of them and this person's limit, to offer; what fits all but is too much, to ask for."""
    team = allowances_of_team(organization_id=desk.organization_id, at=desk.facts.now)
    left = next(one.left for one in team if one.member_id == desk.member_id)
    fits = [one for one in judged if not one.unfit and not one.over(left)]
    large = [one for one in judged if not one.unfit and one.over(left)]
    unfit = " ".join(_unfit(one) for one in judged if one.unfit)
    count = max(len(one.able) for one in judged)
    whom = f"all {count:,} who were offered nothing yet" if count > 1 else "the one who was offered nothing yet"
    limits = f"You may give {written(left, desk.reader)} more today, {_colleagues(desk, team)}."
    forms = []
    if fits:
        forms.append(
            Form(
                key="offer-all",
                action=reverse("incident-offer", args=[code]),
                title="Offer the same to all",
                lead=f"For {whom}: all get it, or nobody does. They are told in your name, at once or when their night"
                f" is over. {limits} {unfit}".rstrip(),
                submit="Offer it to all, and tell them",
                style="plain",
                fields=(
                    Field(name="upto", label="", kind="hidden", value=str(last)),
                    Field(name="remedy", label="What?", kind="radio", required=True, choices=_sums(desk, fits)),
                ),
            )
        )
    if large:
        title = "More than you may give" if fits else "Offer the same to all"
        lead = TOO_MUCH if fits else f"For {whom}. {TOO_MUCH} {limits} {unfit}".strip()
        forms.append(_above(desk, code, large, team, title=title, lead=lead))
    return tuple(forms)


def _above(desk: Desk, code: str, large: Sequence[ForAll], team: Sequence[Left], *, title: str, lead: str) -> Form:
    """Ask whoever may give as much; where nobody may today, a limit is to be raised first, which an admin does."""
    others = [one for one in team if one.decides and one.member_id != desk.member_id]
    enough = [each for each in large if any(not each.over(one.left) for one in others)]
    if not enough and desk.may("settings-act"):
        return Form(
            key="raise-limit",
            action=reverse("settings", args=["limits"]),
            method="get",
            title=title,
            lead=f"{lead} Nobody may give as much today: raise a limit first, yours or theirs who is to decide it.",
            submit="Raise a limit",
            style="plain",
        )
    return Form(
        key="ask-all",
        action=reverse("incident-ask", args=[code]),
        title=title,
        lead=lead if enough else f"{lead} Nobody may give as much today: an admin is asked, who raises a limit first.",
        submit="Ask for approval of the whole",
        style="plain",
        fields=(
            Field(name="wanted", label="What?", kind="radio", required=True, choices=_sums(desk, enough or large)),
        ),
    )


def _sums(desk: Desk, judged: Sequence[ForAll]) -> tuple[Choice, ...]:
    return choices([(one.remedy.code, one.remedy.title, _sum(desk, one)) for one in judged])


def _sum(desk: Desk, one: ForAll) -> str:
    cost, value = (written(money, desk.reader) for money in (one.remedy.cost, one.remedy.value))
    if not one.remedy.cost:
        return f"costs us nothing, for {len(one.able):,}"
    worth = f" (worth {value} to each of them)" if one.remedy.value != one.remedy.cost else ""
    return f"costs us {len(one.able):,} at {cost} each, together {written(one.total, desk.reader)}{worth}"


def _colleagues(desk: Desk, team: Sequence[Left]) -> str:
    together = sum((one.left for one in team[1:]), start=team[0].left)
    most = max((one for one in team if one.decides), key=lambda one: one.left, default=None)
    said = f"your team {written(together, desk.reader)} together"
    if most is None or most.member_id == desk.member_id:
        return said
    return f"{said}; the most that one of them may give is {written(most.left, desk.reader)} ({most.name})"


def _unfit(one: ForAll) -> str:
    by_why: dict[str, list[int]] = {}
    for number, why in one.unfit:
        by_why.setdefault(why.rstrip("."), []).append(number)
    said = "; ".join(f"{codes(numbers)}: {why[:1].lower() + why[1:]}" for why, numbers in by_why.items())
    return f"“{one.remedy.title}” does not fit all ({said})."


def refused_in_words(done: Together) -> str:
    """This function will say for whom it was not done, by the reason."""
    by_why: dict[str, list[int]] = {}
    for one in done.refused:
        by_why.setdefault(one.why.rstrip("."), []).append(one.number)
    said = [f"Not for {codes(numbers)}: {why[:1].lower() + why[1:]}." for why, numbers in by_why.items()]
    if done.left:
        said.append(f"{done.left:,} are left: the form below is for them.")
    if done.since:
        came = f"{done.since:,} came" if done.since > 1 else "One came"
        said.append(f"{came} since you opened the page: look at them below.")
    return " ".join(said)


def codes(numbers: Sequence[int]) -> str:
    """This function will write recoveries' numbers shortly: a run by its ends, else the first four of them."""
    listed = sorted(set(numbers))
    first, last = listed[0], listed[-1]
    if len(listed) > 2 and last - first == len(listed) - 1:
        return f"{words.code(first)} to {words.code(last)}"
    shown = ", ".join(words.code(number) for number in listed[:4])
    return f"{shown} and {len(listed) - 4:,} more" if len(listed) > 4 else shown
