"""Settings, limits: what may be given without asking, by whom and over what, and out of which budget."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import amount, choices, select, whole
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Choice, Empty, Field, Form, SettingsSection, Table, TableRow
from makegood.console.views.people import Done
from makegood.makegoods.limits import budget_set, budgets_all, limit_set, limits_all
from makegood.organizations import queries
from makegood.organizations.operations import member_change

OVERS = {"day": "in a day", "recovery": "in one recovery", "customer": "to one customer in a calendar year"}
BIGGEST = 2**63 - 1


def limits_sections(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show each person's day, the limits of roles and people, and the budgets."""
    changes = desk.may("settings-act")
    people = [one for one in queries.members_all(organization_id=desk.organization_id) if one.active]
    days = Table(
        caption="Limits",
        head=("Name", "Role", "A day"),
        rows=tuple(
            TableRow(cells=(one.name, ROLE_WORDS[one.role], written(desk.money(one.limit_minor), desk.reader)))
            for one in people
        ),
        numeric=(2,),
    )
    more = Table(
        caption="Limits of roles and people",
        head=("Who", "Over what", "At most"),
        rows=tuple(
            TableRow(
                cells=(
                    one.member or f"Each {ROLE_WORDS[one.role].lower()}",
                    OVERS[one.over],
                    written(one.amount, desk.reader),
                )
            )
            for one in limits_all(organization_id=desk.organization_id)
        ),
        numeric=(2,),
        empty=Empty(title="No other limits", text="Each person's own day is all that bounds them."),
    )
    budgets = Table(
        caption="Budgets",
        head=("Where", "From", "Until", "Budget", "Promised", "Given", "Left"),
        rows=tuple(
            TableRow(
                cells=(
                    one.place or "All places",
                    one.first.isoformat(),
                    one.last.isoformat(),
                    *(written(it, desk.reader) for it in (one.amount, one.held, one.given, one.left)),
                )
            )
            for one in budgets_all(organization_id=desk.organization_id)
        ),
        numeric=(3, 4, 5, 6),
        empty=Empty(title="No budgets", text="Nothing but the limits above bounds what is given."),
    )
    named = tuple((str(one.id), one.name) for one in people)
    return (
        SettingsSection(title="Limits", key="limits", table=days, forms=(_day_form(desk, named),) if changes else ()),
        SettingsSection(
            title="Roles, recoveries and customers",
            key="more-limits",
            lead="Of several limits the smallest counts. Towards a recovery or a customer counts all that stands there"
            " beyond what is owed, whoever gave it. Above a limit, a colleague with more room may say yes.",
            table=more,
            forms=(_more_form(desk, named),) if changes else (),
        ),
        SettingsSection(
            title="Budgets",
            key="budgets",
            lead="What is offered is promised out of the budget at once, and comes back if it comes to nothing. A"
            " place's budget counts for the places inside of it, too.",
            table=budgets,
            forms=(_budget_form(desk),) if changes else (),
        ),
    )


def _act(act: str) -> str:
    return reverse("settings-act", args=["limits", act])


def _amount_field(desk: Desk, name: str, label: str, *, hint: str = "", required: bool = False) -> Field:
    return Field(
        name=name, label=f"{label}, in {desk.facts.currency}", inputmode="decimal", hint=hint, required=required
    )


def _day_form(desk: Desk, people: tuple[tuple[str, str], ...]) -> Form:
    return Form(
        key="limit",
        action=_act("set"),
        title="Change a limit",
        submit="Change it",
        fields=(
            select("limit_member", "Who", people, required=True),
            _amount_field(desk, "limit", "A day", required=True),
        ),
    )


def _more_form(desk: Desk, people: tuple[tuple[str, str], ...]) -> Form:
    roles = tuple((role, f"Each {said.lower()}") for role, said in ROLE_WORDS.items())
    return Form(
        key="more-limit",
        action=_act("more"),
        title="Set a limit of a role or a person",
        submit="Set it",
        fields=(
            select("whose", "Who", (*roles, *people), required=True),
            select("over", "Over what", tuple(OVERS.items()), required=True),
            _amount_field(desk, "at_most", "At most", hint="Leave it empty to take the limit away."),
        ),
    )


def _budget_form(desk: Desk) -> Form:
    today = desk.facts.now.astimezone(ZoneInfo(desk.facts.zone)).date()
    first = today.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    places = tuple((str(one.id), one.name) for one in queries.places_all(organization_id=desk.organization_id))
    return Form(
        key="budget",
        action=_act("budget"),
        title="Set a budget",
        submit="Set it",
        fields=(
            Field(
                name="budget_place",
                label="Where",
                kind="select",
                choices=(Choice(value="", label="All places"), *choices(places)),
            ),
            Field(name="budget_from", label="First day", kind="date", required=True, value=first.isoformat()),
            Field(name="budget_to", label="Last day", kind="date", required=True, value=last.isoformat()),
            _amount_field(desk, "budget", "Budget", hint="Leave it empty to take away one that nothing came out of."),
        ),
    )


def limit_chosen(request: HttpRequest, desk: Desk) -> Done:
    """This function will change what one person may give in a day."""
    given = answers(request.POST, limit_member="Choose who.", limit="Write an amount.")
    limit = amount(given["limit"], field="limit", currency=desk.facts.currency)
    member_change(
        organization_id=desk.organization_id,
        member_id=whole(given["limit_member"], field="limit_member", least=1, most=BIGGEST),
        now=desk.facts.now,
        by=desk.member_id,
        limit_minor=limit.minor if limit else 0,
    )
    return Done(text="The limit is changed.")


def more_chosen(request: HttpRequest, desk: Desk) -> Done:
    """This function will set a limit of a role or a person, or take it away."""
    given = answers(request.POST, whose="Choose who.", over="Choose over what.")
    role = given["whose"] if given["whose"] in ROLE_WORDS else ""
    if given["over"] == "day" and not role:
        raise Unanswered({"over": "A person's own day is set in the form above."})
    limit_set(
        organization_id=desk.organization_id,
        role=role,
        member_id=None if role else whole(given["whose"], field="whose", least=1, most=BIGGEST),
        over=given["over"],
        amount=amount(request.POST.get("at_most", ""), field="at_most", currency=desk.facts.currency),
        now=desk.facts.now,
        by=desk.member_id,
    )
    return Done(text="The limit is set." if request.POST.get("at_most", "").strip() else "The limit is taken away.")


def budget_chosen(request: HttpRequest, desk: Desk) -> Done:
    """This function will set a budget of a place and period, or take it away."""
    given = answers(request.POST, budget_from="Choose its first day.", budget_to="Choose its last day.")
    place = request.POST.get("budget_place", "")
    budget_set(
        organization_id=desk.organization_id,
        place_id=whole(place, field="budget_place", least=1, most=BIGGEST) if place else None,
        active_from=_day(given["budget_from"], "budget_from"),
        active_to=_day(given["budget_to"], "budget_to") + timedelta(days=1),
        amount=amount(request.POST.get("budget", ""), field="budget", currency=desk.facts.currency),
        now=desk.facts.now,
        by=desk.member_id,
    )
    return Done(text="The budget is set." if request.POST.get("budget", "").strip() else "The budget is taken away.")


def _day(text: str, field: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Unanswered({field: "Choose a day, such as 2026-03-21."}) from None
    if not 2000 <= day.year < 2200:
        raise Unanswered({field: "Choose a day of this century."})
    return day


ACTS = {("limits", "set"): limit_chosen, ("limits", "more"): more_chosen, ("limits", "budget"): budget_chosen}
