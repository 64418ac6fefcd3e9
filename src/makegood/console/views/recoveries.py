"""One recovery, and why it is as it is."""

from __future__ import annotations

import attrs
from django.http import Http404, HttpRequest
from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.clocks import clock_page
from makegood.console.building.drafting import with_machine
from makegood.console.building.orders import orders_known
from makegood.console.building.recovery import Known, recovery_page
from makegood.console.building.staying import Stayed
from makegood.console.desk import Desk
from makegood.console.others import others_now
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Fact, Link, WhyPage
from makegood.console.views.frame import Screen, staff
from makegood.core.cares import cares_of
from makegood.customers import queries as customers
from makegood.failures.queries import causes_tree, failures_some
from makegood.makegoods.queries import makegoods_of_failures
from makegood.messages.links import preview_path, status_path
from makegood.organizations.queries import members_all
from makegood.promises.queries import promises_of_recovery
from makegood.recoveries.journalled import journals
from makegood.recoveries.lateness import gifts_for
from makegood.recoveries.queries import Case, clock_why, recovery_case
from makegood.recoveries.queries.approvals import approvals_waiting
from makegood.recoveries.queries.helping import help_state
from makegood.recoveries.queries.staff_words import words_said
from makegood.recoveries.queries.stories import return_of, story_of


def case_of(desk: Desk, code: str) -> Case:
    """This function will read the recovery of a code, if the reader may see it: a test who sent it. Raises Http404."""
    number = words.number_of(code, "R")
    if number is None:
        raise Http404
    case = recovery_case(organization_id=desk.organization_id, number=number, now=desk.facts.now)
    if not case or not desk.sees(place_id=case.place_id, owner_id=case.owner_id):
        raise Http404
    if case.test and case.owner_id != desk.member_id:
        raise Http404
    return case


def recovery_screen(request: HttpRequest, desk: Desk, *, code: str, **names: object) -> Screen:
    """Show one recovery, with the step open that the address asks for; other names do not matter here."""
    screen = screen_of(desk, case_of(desk, code))
    step = request.GET.get("step", "")
    cards = tuple(attrs.evolve(card, open=card.mark.key == step) for card in screen.page.step_cards)
    return attrs.evolve(screen, page=attrs.evolve(screen.page, step_cards=cards))


recovery = staff(recovery_screen)


def screen_of(desk: Desk, case: Case) -> Screen:
    """This function will read what stands around a recovery and lay out its page."""
    here = desk.organization_id
    customer = customers.customer_one(organization_id=here, customer_id=case.customer_id)
    if customer is None:
        raise Http404
    failure_ids = [one.id for one in case.failures]
    offers = case.state == "open" and not case.review and failure_ids and desk.may("recovery-offer")
    failures = failures_some(organization_id=here, failure_ids=failure_ids) if case.incident_id else []
    known = Known(
        case=case,
        customer=customer,
        facts=customers.facts_known(organization_id=here, customer_id=case.customer_id, now=desk.facts.now),
        members=members_all(organization_id=here),
        causes=causes_tree(organization_id=here, since_at=desk.facts.now),
        promises=promises_of_recovery(organization_id=here, recovery_id=case.id, customer_id=case.customer_id),
        given=makegoods_of_failures(organization_id=here, failure_ids=failure_ids),
        gifts=gifts_for(organization_id=here, failure_id=failure_ids[0], member_id=desk.member_id, now=desk.facts.now)
        if offers
        else None,
        asked=approvals_waiting(organization_id=here, recovery_id=case.id) if case.state == "open" else (),
        incident=next((one.incident for one in failures if one.incident), None),
        status_url=_theirs(desk, case),
        helped=help_state(organization_id=here, recovery_id=case.id),
        orders=orders_known(organization_id=here, case=case),
        said=words_said(organization_id=here, recovery_id=case.id, now=desk.facts.now),
        stayed=Stayed(
            recorded=cares_of(entries=journals(organization_id=here, recovery_ids=[case.id])[case.id]),
            returned=return_of(organization_id=here, recovery_id=case.id),
            story=story_of(organization_id=here, recovery_id=case.id) if case.state == "closed" else None,
        ),
    )
    page = attrs.evolve(recovery_page(desk, known), others=others_now(desk, recovery_id=case.id, number=case.number))
    if page.next is not None and page.next.draft is not None:
        page = attrs.evolve(page, next=attrs.evolve(page.next, draft=with_machine(desk, case, page.next.draft)))
    return Screen(template="console/recovery.html", current="recoveries", page=page)


def _theirs(desk: Desk, case: Case) -> str:
    """The page of their customer to look at; that of a test to answer on, too, in the made-up customer's place."""
    here, token = desk.organization_id, case.thread_token
    if case.test:
        mine = case.state != "withdrawn" and case.owner_id == desk.member_id
        return status_path(organization_id=here, token=token) if mine else ""
    return "" if case.shadow else preview_path(organization_id=here, token=token)


@staff
def why(request: HttpRequest, desk: Desk, *, code: str, what: str) -> Screen:
    """Say why a clock, the gate, the owner or an amount is as it is."""
    case = case_of(desk, code)
    if what.startswith("clock"):
        return _why_clock(desk, case, what.removeprefix("clock").removeprefix("-") or "make_good")
    back = Link(label=code.upper(), url=reverse("recovery", args=[code]))
    page = None
    if what == "gate" and case.failures:
        first = case.failures[0]
        page = WhyPage(
            title="Why was this decided so?",
            decision=words.GATES[first.gate],
            reasons=words.reason_lines(first.gate_reasons),
            inputs=(
                Fact(label="Happened", value=words.said_at(desk, first.happened_at)),
                Fact(label="Known to us", value=words.said_at(desk, first.detected_at)),
                Fact(label="Found by", value="us" if first.found_by_us else "somebody who told us"),
            ),
            back=back,
        )
    elif what == "owner":
        page = WhyPage(
            title=f"Why {case.owner}?",
            decision=f"{case.owner} owns this recovery.",
            reasons=words.reason_lines(case.owner_reasons),
            back=back,
        )
    elif what.startswith("owed-"):
        page = _why_owed(desk, case, what.removeprefix("owed-"), back)
    if page is None:
        raise Http404
    return Screen(template="console/why.html", current="recoveries", page=page)


def _why_clock(desk: Desk, case: Case, target: str) -> Screen:
    found = clock_why(organization_id=desk.organization_id, recovery_id=case.id, target=target)
    if found is None:
        raise Http404
    names = {one.id: one.name for one in members_all(organization_id=desk.organization_id)}
    return Screen(template="console/clock.html", current="recoveries", page=clock_page(desk, case, found, names))


def _why_owed(desk: Desk, case: Case, text: str, back: Link) -> WhyPage | None:
    row = next((one for one in case.makegoods if str(one.id) == text and one.part == "floor"), None)
    if row is None:
        return None
    return WhyPage(
        title="Why is this owed?",
        decision=f"{row.title}: {written(row.value, desk.reader)}. It is no favour, and it is not traded.",
        reasons=words.reason_lines(row.reasons),
        inputs=(Fact(label="Rule", value=row.rule),),
        back=back,
    )
