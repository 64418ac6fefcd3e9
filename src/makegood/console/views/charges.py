"""Charges for what was not delivered: those that nothing stopped, and the word that a person did."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Empty, Fact, Field, Form, FormPage, Link, Table, TableRow, Tag
from makegood.console.views.frame import Screen, acts, tell
from makegood.customers.queries import customers_some
from makegood.makegoods.charges import UnstoppedCharge, charge_let_stand, charge_stopped_by_hand, charges_unstopped
from makegood.recoveries.queries.faces import recoveries_of_failures

STATES = {
    "tied": Tag(text="being decided"),
    "wanted": Tag(text="on its way"),
    "unstopped": Tag(text="not stopped", tone="clay"),
}


def charges_table(desk: Desk) -> Table:
    """This function will list the charges for broken promises that are not stopped, the oldest first."""
    here = desk.organization_id
    rows = charges_unstopped(organization_id=here)
    asked = list(dict.fromkeys(row.customer_id for row in rows))
    customers = customers_some(organization_id=here, customer_ids=asked)
    called = {customer_id: one.called for customer_id, one in zip(asked, customers, strict=True)}
    failure_ids = [row.failure_id for row in rows if row.failure_id]
    numbers = recoveries_of_failures(organization_id=here, failure_ids=failure_ids)
    return Table(
        caption="Charges not stopped, the oldest first",
        head=("Customer", "Charge", "Amount", "Charged", "Recovery", "Why not"),
        rows=tuple(
            TableRow(
                cells=(
                    called[row.customer_id],
                    row.reference or "(erased)",
                    written(row.amount, desk.reader),
                    words.said_at(desk, row.charged_at),
                    words.code(numbers[row.failure_id]) if row.failure_id in numbers else "",
                    row.said,
                ),
                url=reverse("charge", args=[row.id]) if row.state == "unstopped" else "",
                tag=STATES[row.state],
            )
            for row in rows
        ),
        numeric=(2,),
        empty=Empty(title="None is left", text="What the payment system did not stop appears here."),
    )


def _waiting(desk: Desk, tie_id: int) -> UnstoppedCharge:
    found = charges_unstopped(organization_id=desk.organization_id, tie_id=tie_id, limit=1)
    if not found or found[0].state != "unstopped":
        raise Http404
    return found[0]


def charge_page(request: HttpRequest, desk: Desk, *, tie_id: int) -> Screen:
    """Show one charge that nothing stopped, and ask for the word that a person did."""
    row = _waiting(desk, tie_id)
    return Screen(
        template="console/form_page.html",
        current="payouts",
        page=FormPage(
            title=f"{'Look after' if row.kept else 'Stop'} the charge of {written(row.amount, desk.reader)}",
            lead="The promise was kept. Ask the payment system whether it stopped this, and charge it again if so."
            if row.kept
            else "Stop it, waive it or give it back where it was taken. Then say so here: this cannot be taken back.",
            back=Link(label="Payments by hand", url=reverse("payouts")),
            aside=(
                Fact(label="Charge", value=row.reference or "(erased)"),
                Fact(label="Charged", value=words.said_at(desk, row.charged_at)),
                Fact(label="Why by hand", value=row.said),
            ),
            form=Form(
                key="stopped",
                action=reverse("charge", args=[row.id]),
                submit="It stands" if row.kept else "It is stopped",
                fields=(
                    Field(
                        name="sure",
                        label="This charge stands as it was" if row.kept else "The customer does not pay this charge",
                        kind="checkbox",
                        required=True,
                    ),
                ),
            ),
        ),
    )


@acts(charge_page)
def charge(request: HttpRequest, desk: Desk, *, tie_id: int) -> HttpResponse:
    """Record that a person stopped it, or that it stands since its promise was kept."""
    row = _waiting(desk, tie_id)
    if not request.POST.get("sure"):
        first = "Ask first" if row.kept else "Stop it first, so that nobody pays for what we did not deliver"
        raise Unanswered({"sure": f"{first}."})
    settle = charge_let_stand if row.kept else charge_stopped_by_hand
    settle(organization_id=desk.organization_id, tie_id=row.id, by=desk.member_id, now=desk.facts.now)
    tell(request, f"The charge of {written(row.amount, desk.reader)} {'stands' if row.kept else 'is stopped'}.")
    return redirect("payouts")
