"""Causes: the tree, the few that make most of it, and what is being changed."""

from __future__ import annotations

from datetime import date, timedelta

import attrs
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.causes.operations import improvement_open, improvement_settle
from makegood.causes.queries import ImprovementFacts, improvements_list
from makegood.console.asking import select, whole
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import (
    CauseNode,
    CausesPage,
    Chart,
    Empty,
    Fact,
    Field,
    Form,
    FormPage,
    ImprovementRow,
    Link,
    Point,
    Series,
)
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.recoveries import case_of
from makegood.core.money import Money
from makegood.core.steps import UNDONE
from makegood.failures.operations import cause_create
from makegood.failures.queries import CauseFacts, causes_tree
from makegood.makegoods.queries import given_by_cause
from makegood.recoveries.operations import step_done

WINDOW = timedelta(days=90)
STATES = {"open": ("open", "gold"), "done": ("done", "glaze"), "dropped": ("dropped", "plain")}
BARS = 8


def _tree(desk: Desk) -> list[CauseFacts]:
    return causes_tree(organization_id=desk.organization_id, since_at=desk.facts.now - WINDOW)


def causes_page(request: HttpRequest, desk: Desk, *, cause_id: int | None = None) -> Screen:
    """Show why things break; of one cause, its own part of the tree."""
    tree = _tree(desk)
    shown = tree
    title = "Causes"
    if cause_id is not None:
        one = next((node for node in tree if node.id == cause_id), None)
        if one is None:
            raise Http404
        title, shown = (
            one.name,
            [node for node in tree if _within(node, one)],
        )
    total = sum(node.failures for node in shown)
    improvements = improvements_list(organization_id=desk.organization_id, cause_id=cause_id)
    given = given_by_cause(organization_id=desk.organization_id, since_at=desk.facts.now - WINDOW)
    return Screen(
        template="console/causes.html",
        current="causes",
        page=CausesPage(
            title=title,
            window=f"Last 90 days, {total:,} failure{'' if total == 1 else 's'} with a cause",
            tree=tuple(
                CauseNode(
                    name=node.name,
                    url=reverse("cause", args=[node.id]),
                    depth=node.depth,
                    failures=sum(one.failures for one in tree if _within(one, node)),
                    given=_summed([given.get(one.id, []) for one in tree if _within(one, node)]),
                )
                for node in shown
            ),
            pareto=_pareto(shown, total),
            improvements=tuple(_improvement(one) for one in improvements),
            add=_add_form(tree, cause_id) if desk.may("cause-add") else None,
            improve=_improve_form(tree, cause_id) if desk.may("improvement-new") and tree else None,
            empty=Empty(
                title="No causes yet",
                text="Name the few processes that make most failures: of processes, never of people.",
            ),
        ),
    )


causes = staff(causes_page)


def _within(node: CauseFacts, above: CauseFacts) -> bool:
    return node.path == above.path or node.path.startswith(f"{above.path} / ")


def _summed(sums: list[list[Money]]) -> tuple[Money, ...]:
    """Add up what was given, each currency by itself."""
    by: dict[str, int] = {}
    for one in (money for part in sums for money in part):
        by[one.currency] = by.get(one.currency, 0) + one.minor
    return tuple(Money(minor=minor, currency=currency) for currency, minor in sorted(by.items()))


def _pareto(shown: list[CauseFacts], total: int) -> Chart | None:
    ordered = sorted((node for node in shown if node.failures), key=lambda node: -node.failures)[:BARS]
    if not ordered:
        return None
    running, shares = 0, []
    for node in ordered:
        running += node.failures
        share = 100 * running / total
        shares.append(Point(label=node.name, value=share, text=f"{share:.0f} %"))
    many = f"{len(ordered)} causes make" if len(ordered) > 1 else "1 cause makes"
    return Chart(
        title="Few causes make most failures" if len(ordered) > 1 else "Where failures come from",
        kind="pareto",
        key="pareto",
        label_head="Cause",
        summary=f"{many} {shares[-1].text} of {total:,} failures." if total > 1 else "One failure so far.",
        series=(
            Series(
                name="Failures",
                points=tuple(
                    Point(
                        label=node.name,
                        value=node.failures,
                        text=f"{node.failures:,}",
                        url=reverse("cause", args=[node.id]),
                    )
                    for node in ordered
                ),
            ),
            Series(name="Running share", points=tuple(shares)),
        ),
    )


def _improvement(one: ImprovementFacts) -> ImprovementRow:
    word, tone = STATES[one.state]
    return ImprovementRow(
        title=one.title,
        url=reverse("improvement", args=[one.id]),
        cause=one.cause,
        owner=one.owner,
        state_word=word,
        tone=tone,
        verdict="not enough data yet" if one.state == "done" else "",
    )


def _under(tree: list[CauseFacts]) -> list[tuple[str, str]]:
    return [(str(node.id), node.path) for node in tree]


def _add_form(tree: list[CauseFacts], cause_id: int | None) -> Form:
    return Form(
        key="add-cause",
        action=reverse("cause-add"),
        submit="Add it",
        title="Add a cause",
        style="plain",
        fields=(
            Field(name="cause", label="Name", required=True, maxlength=120, hint="A process, never a person."),
            select("under", "Under", _under(tree), first="Nothing: a root", value=str(cause_id or "")),
        ),
    )


def _improve_form(tree: list[CauseFacts], cause_id: int | None) -> Form:
    return Form(
        key="improve",
        action=reverse("improvement-new"),
        submit="Open it",
        title="Open an improvement",
        style="plain",
        fields=(
            select(
                "improve_cause",
                "Of which cause?",
                _under(tree),
                value=str(cause_id or ""),
                first="Choose",
                required=True,
            ),
            Field(name="improve_title", label="What changes?", required=True, maxlength=160),
            Field(name="improve_due", label="By when?", kind="date"),
        ),
    )


@acts(causes_page)
def cause_add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Add a cause to the tree."""
    given = answers(request.POST, cause="Name the cause.")
    under = request.POST.get("under", "")
    parent_id = whole(under, field="under", least=1, most=2**63 - 1) if under else None
    if parent_id is not None and parent_id not in {node.id for node in _tree(desk)}:
        raise Unanswered({"under": "Choose one from the list."})
    cause_create(organization_id=desk.organization_id, name=given["cause"], parent_id=parent_id)
    tell(request, f"{given['cause']} is in the tree.")
    return redirect("causes")


def improvement_new_page(request: HttpRequest, desk: Desk) -> Screen:
    """Ask for an improvement."""
    chosen = request.GET.get("cause", "")
    form = _improve_form(_tree(desk), int(chosen) if chosen.isascii() and chosen.isdigit() else None)
    if begun := request.GET.get("recovery", ""):
        field = Field(name="recovery", label="", kind="hidden", value=begun)
        form = attrs.evolve(form, fields=(*form.fields, field))
    return Screen(
        template="console/form_page.html",
        current="causes",
        page=FormPage(
            title="Open an improvement",
            lead="A change to a process. Whether it worked is judged later, from counts before and after.",
            form=form,
            back=Link(label="Causes", url=reverse("causes")),
        ),
    )


@acts(improvement_new_page)
def improvement_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Open an improvement from a cause."""
    given = answers(request.POST, improve_cause="Choose a cause.", improve_title="Say what changes.")
    text = request.POST.get("improve_due", "").strip()
    try:
        due_date = date.fromisoformat(text) if text else None
    except ValueError:
        raise Unanswered({"improve_due": "Choose a date."}) from None
    begun = request.POST.get("recovery", "")
    case = case_of(desk, begun) if begun else None
    improvement_open(
        organization_id=desk.organization_id,
        cause_id=whole(given["improve_cause"], field="improve_cause", least=1, most=2**63 - 1),
        title=given["improve_title"],
        owner_id=desk.member_id,
        now=desk.facts.now,
        due_date=due_date,
    )
    if case is not None and any(one.step == "improve" and one.state in UNDONE for one in case.steps):
        step_done(
            organization_id=desk.organization_id,
            recovery_id=case.id,
            step="improve",
            by=desk.member_id,
            now=desk.facts.now,
            note="An improvement is opened.",
        )
    tell(request, "It is open, and yours.")
    return redirect("causes") if case is None else gone_to("recovery", code=words.code(case.number))


def improvement_page(request: HttpRequest, desk: Desk, *, improvement_id: int) -> Screen:
    """Show one improvement, to be settled."""
    found = improvements_list(organization_id=desk.organization_id, improvement_id=improvement_id)
    if not found:
        raise Http404
    one = found[0]
    options = (("done", "Done: the change is made"), ("dropped", "Dropped"))
    return Screen(
        template="console/form_page.html",
        current="causes",
        page=FormPage(
            title=one.title,
            lead=f"Of the cause “{one.cause}”, owned by {one.owner}: {STATES[one.state][0]}.",
            back=Link(label="Causes", url=reverse("causes")),
            aside=(Fact(label="Opened", value=f"{one.opened_at:%-d %B %Y}"),)
            + ((Fact(label="Due", value=f"{one.due_date:%-d %B %Y}"),) if one.due_date else ()),
            form=Form(
                key="settle",
                action=reverse("improvement", args=[improvement_id]),
                submit="Settle it",
                fields=(select("state", "How did it end?", options, first="Choose", required=True),),
            ),
        ),
    )


@acts(improvement_page)
def improvement(request: HttpRequest, desk: Desk, *, improvement_id: int) -> HttpResponse:
    """Settle an improvement."""
    improvement_settle(
        organization_id=desk.organization_id,
        improvement_id=improvement_id,
        state=request.POST.get("state", ""),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "Settled.")
    return redirect("causes")
