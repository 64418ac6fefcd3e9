"""Payments: the money that waits to be paid by hand, and the word that it was paid, with the payment's reference."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import (
    Choice,
    Empty,
    Fact,
    Field,
    Form,
    FormPage,
    Link,
    PayoutsPage,
    Table,
    TableRow,
    Tag,
)
from makegood.console.views.charges import charges_table
from makegood.console.views.frame import Screen, acts, staff, tell
from makegood.customers.queries import customer_one, customers_some
from makegood.makegoods.operations import payout_done_by_hand, payout_not_made
from makegood.makegoods.queries import MakeGoodRow, payouts_by_hand, payouts_by_hand_counted
from makegood.recoveries.queries.faces import recoveries_of_failures, recovery_of_failure

MOST = 100
PAID, NOT_PAID, NOT_OWED = "paid", "not-paid", "not-owed"
"""What finance may answer where the payment system was asked and gave no clear answer."""
UNKNOWN = "Asked, and no clear answer came: it may have been paid. Ask the payment system first."


@staff
def payouts(request: HttpRequest, desk: Desk) -> Screen:
    """List what waits to be paid by hand, the oldest first."""
    here = desk.organization_id
    rows = payouts_by_hand(organization_id=here, limit=MOST)
    asked = list(dict.fromkeys(row.customer_id for row in rows))
    customers = customers_some(organization_id=here, customer_ids=asked)
    called = {customer_id: one.called for customer_id, one in zip(asked, customers, strict=True)}
    numbers = recoveries_of_failures(organization_id=here, failure_ids=[row.failure_id for row in rows])
    waiting = payouts_by_hand_counted(organization_id=here) if len(rows) == MOST else len(rows)
    return Screen(
        template="console/payouts.html",
        current="payouts",
        page=PayoutsPage(
            title="Payments by hand",
            lead="Money that customers are due, and that no payment system could pay. Pay it, then say so here.",
            table=Table(
                caption="To pay by hand, the oldest first",
                head=("Customer", "What for", "Amount", "Waits since", "Pay by", "Recovery"),
                rows=tuple(_row(desk, row, called[row.customer_id], numbers) for row in rows),
                numeric=(2,),
                empty=Empty(title="Nothing to pay by hand", text="What no payment system could pay appears here."),
            ),
            charges=charges_table(desk),
            books=Link(label="The ledger, for your accountant", url=reverse("books")),
            note=f"The {MOST} oldest of {waiting:,}; the others follow as these are paid." if waiting > MOST else "",
        ),
    )


def _row(desk: Desk, row: MakeGoodRow, called: str, numbers: dict[int, int]) -> TableRow:
    number = numbers.get(row.failure_id)
    return TableRow(
        cells=(
            called,
            row.title or "Something owed",
            written(row.value, desk.reader),
            words.said_at(desk, row.offered_at),
            words.said_at(desk, row.due_at) if row.due_at else "",
            words.code(number) if number else "",
        ),
        url=reverse("payout", args=[row.id]),
        tag=Tag(text="ask first", tone="clay") if row.payout == "unknown" else None,
    )


def payout_page(request: HttpRequest, desk: Desk, *, makegood_id: int) -> Screen:
    """Show one payment that waits, and ask for its reference once it is made."""
    row = _waiting(desk, makegood_id)
    here = desk.organization_id
    number = recovery_of_failure(organization_id=here, failure_id=row.failure_id)
    customer = customer_one(organization_id=here, customer_id=row.customer_id)
    unknown = row.payout == "unknown"
    asked = (
        Field(
            name="asked",
            label="What does the payment system say?",
            kind="radio",
            required=True,
            choices=(
                Choice(value=PAID, label="It paid this: the reference below is its own"),
                Choice(value=NOT_PAID, label="It did not: I paid it by hand now")
                if row.owed
                else Choice(value=NOT_OWED, label="It did not, and it is owed no more: the failure was none"),
            ),
        ),
    )
    facts = (
        Fact(label="Customer", value=customer.called if customer else ""),
        Fact(label="Amount", value=written(row.value, desk.reader)),
        Fact(label="What for", value=row.title or "Something owed"),
        *([Fact(label="Pay by", value=words.said_at(desk, row.due_at))] if row.due_at else []),
        *([Fact(label="Recovery", value=words.code(number))] if number else []),
        Fact(label="Why by hand", value=UNKNOWN if unknown else row.trouble),
    )
    return Screen(
        template="console/form_page.html",
        current="payouts",
        page=FormPage(
            title=f"Pay {written(row.value, desk.reader)} by hand",
            lead="Pay it the way you pay others. Then write the payment's reference here: this cannot be taken back.",
            back=Link(label="Payments by hand", url=reverse("payouts")),
            aside=facts,
            form=Form(
                key="paid",
                action=reverse("payout", args=[row.id]),
                submit="Record it" if unknown else "I paid it",
                fields=(
                    *(asked if unknown else ()),
                    Field(
                        name="reference",
                        label="Reference of the payment",
                        required=row.owed,
                        maxlength=80,
                        autocomplete="off",
                        hint="The number by which your bank or till finds it again.",
                    ),
                ),
            ),
        ),
    )


def _waiting(desk: Desk, makegood_id: int) -> MakeGoodRow:
    found = payouts_by_hand(organization_id=desk.organization_id, makegood_id=makegood_id, limit=1)
    if not found:
        raise Http404
    return found[0]


@acts(payout_page)
def payout(request: HttpRequest, desk: Desk, *, makegood_id: int) -> HttpResponse:
    """Record that it was paid, under its reference, or that nothing was and nothing is owed any more."""
    row = _waiting(desk, makegood_id)
    answer = request.POST.get("asked", "")
    here = desk.organization_id
    known = {"organization_id": here, "makegood_id": row.id, "by": desk.member_id, "now": desk.facts.now}
    if row.payout == "unknown" and answer not in (PAID, NOT_PAID if row.owed else NOT_OWED):
        raise Unanswered({"asked": "Ask the payment system first, so that nobody is paid twice."})
    if answer == NOT_OWED:
        payout_not_made(**known)
        tell(request, f"{written(row.value, desk.reader)} is not paid: nothing is owed any more.")
        return redirect("payouts")
    given = answers(request.POST, reference="Write the payment's reference.")
    payout_done_by_hand(**known, asked=bool(answer), reference=given["reference"])
    tell(request, f"{written(row.value, desk.reader)} is paid.", detail=f"Reference {given['reference'][:80]}.")
    return redirect("payouts")
