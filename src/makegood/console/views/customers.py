"""Customers: looking for one, everything known of one, and what they told us."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.correcting import correct_form, who_facts
from makegood.console.building.mails import mails_in_trouble
from makegood.console.building.worth import worth_card
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.viewmodels import (
    CustomerPage,
    CustomerRow,
    CustomersPage,
    Empty,
    Fact,
    Field,
    Form,
    Link,
    PurchaseRow,
    TimelineEntry,
)
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.core.value.groups import acquainted
from makegood.customers import queries
from makegood.customers.correcting import person_of, reached_by
from makegood.customers.operations import fact_add
from makegood.customers.worth import customer_worth
from makegood.failures.queries import failures_of_customer
from makegood.promises.queries import promises_of_customer
from makegood.recoveries.queries import customer_recoveries
from makegood.recoveries.queries.faces import recoveries_counted
from makegood.recoveries.queries.lists import Listed


@staff
def customers(request: HttpRequest, desk: Desk) -> Screen:
    """Look for a customer by how they are known or by name."""
    asked = request.GET.get("q", "").strip()[:200]
    here = desk.organization_id
    found = (
        queries.customers_found(organization_id=here, words=asked)
        if asked
        else queries.customers_recent(organization_id=here)
    )
    counted = recoveries_counted(
        organization_id=here,
        customer_ids=[one.id for one in found],
        member_id=desk.member_id,
        places=desk.places,
    )
    return Screen(
        template="console/customers.html",
        current="customers",
        page=CustomersPage(
            title="Customers",
            asked=asked,
            search=Form(
                key="find-customer",
                action=reverse("customers"),
                submit="Find",
                method="get",
                style="plain",
                fields=(Field(name="q", label="Name, e-mail, phone, order or card", kind="search", value=asked),),
            ),
            rows=tuple(_row(one, counted.get(one.id, 0)) for one in found),
            empty=Empty(
                title="Nobody found" if asked else "No customers yet",
                text="Try part of a name, or a whole e-mail, phone or order number."
                if asked
                else "Customers appear with the first promise, purchase or report.",
                link=Link(label="Report a failure", url=reverse("report")) if desk.may("report") else None,
            ),
        ),
    )


def _row(one: queries.CustomerFacts, recoveries: int) -> CustomerRow:
    known = [value for kind, value in one.identities if kind != "token"]
    return CustomerRow(
        name=one.called,
        url=reverse("customer", args=[one.id]),
        known_by=", ".join(known[:3]) or ("erased" if one.erased_at else "no address yet"),
        group=acquainted(purchases=one.purchases) if one.purchases else "",
        purchases=one.purchases,
        recoveries=recoveries,
        last_at=one.created_at,
    )


def _one(desk: Desk, customer_id: int) -> queries.CustomerFacts:
    found = queries.customer_one(organization_id=desk.organization_id, customer_id=customer_id)
    if found is None:
        raise Http404
    return found


def may_correct(desk: Desk, one: queries.CustomerFacts, opened: Sequence[Listed]) -> bool:
    """This function will say whether a member corrects this customer: not one whose recoveries are all of others."""
    if one.erased_at is not None or not desk.may("customer-correct"):
        return False
    return not opened or any(desk.sees(place_id=row.place_id, owner_id=row.owner_id) for row in opened)


def customer_page(request: HttpRequest, desk: Desk, *, customer_id: int) -> Screen:
    """Show everything known of one customer, of the places that the reader serves."""
    here, one = desk.organization_id, _one(desk, customer_id)
    opened = customer_recoveries(organization_id=here, customer_id=customer_id)
    recoveries = [row for row in opened if desk.sees(place_id=row.place_id, owner_id=row.owner_id)]
    reached = reached_by(organization_id=here, customer_id=one.id)
    since = f"customer since {one.first_purchase_at:%Y}" if one.first_purchase_at else "no purchase known"
    return Screen(
        template="console/customer.html",
        current="customers",
        page=CustomerPage(
            name=one.called,
            line=f"{since} · {one.purchases} purchase{'s' if one.purchases != 1 else ''}",
            facts=who_facts(one, reached),
            correct_form=correct_form(one, reached) if may_correct(desk, one, opened) else None,
            mails=mails_in_trouble(desk, customer_ids=person_of(organization_id=here, customer_id=one.id)),
            worth=None
            if one.erased_at
            else worth_card(desk, customer_worth(organization_id=here, customer_id=one.id, now=desk.facts.now)),
            known=tuple(
                Fact(
                    label="Good to know",
                    value=fact.text,
                    note=f"{fact.source}, {'with' if fact.consented else 'without'} consent",
                )
                for fact in queries.facts_known(organization_id=here, customer_id=customer_id, now=desk.facts.now)
            ),
            fact_form=_fact_form(customer_id) if desk.may("customer-fact") and not one.erased_at else None,
            purchases=tuple(
                PurchaseRow(
                    at=dealing.at,
                    what=dealing.what,
                    amount=desk.money(dealing.amount_minor, dealing.currency),
                    state=dealing.kind,
                )
                for dealing in queries.dealings(organization_id=here, customer_id=customer_id)
            ),
            promises=tuple(
                words.promise_row(row)
                for row in promises_of_customer(organization_id=here, customer_id=customer_id, places=desk.places)
            ),
            failures=tuple(
                TimelineEntry(
                    at=failure.happened_at,
                    text=f"{words.with_capital(failure.what or words.kind_said(failure.kind))}.",
                    by=words.GATES[failure.gate].split(":")[0],
                )
                for failure in failures_of_customer(organization_id=here, customer_id=customer_id, places=desk.places)
            ),
            recoveries=tuple(words.recovery_row(desk, row) for row in recoveries),
            report_url=f"{reverse('report')}?customer={customer_id}" if desk.may("report") else "",
            erase=Link(
                label="Erase once more" if one.erased_at else "Erase this person",
                url=reverse("customer-erase", args=[customer_id]),
            )
            if desk.may("customer-erase")
            else None,
            proof=Link(label="The proof", url=reverse("customer-proof", args=[customer_id]))
            if desk.may("customer-proof") and one.erased_at
            else None,
            whole=Link(label="Their data as a file", url=reverse("customer-file", args=[customer_id]))
            if desk.may("customer-file")
            else None,
            erased_at=one.erased_at,
        ),
    )


customer = staff(customer_page)


def _fact_form(customer_id: int) -> Form:
    return Form(
        key="fact",
        action=reverse("customer-fact", args=[customer_id]),
        submit="Add",
        style="plain",
        fields=(
            Field(name="fact", label="What they told us", required=True, maxlength=500),
            Field(name="fact_source", label="Where it comes from", value="told in person", maxlength=120),
            Field(name="fact_consent", label="They agreed that we keep it", kind="checkbox"),
        ),
    )


@acts(customer_page)
def customer_fact(request: HttpRequest, desk: Desk, *, customer_id: int) -> HttpResponse:
    """Keep something known of a customer."""
    _one(desk, customer_id)
    given = answers(request.POST, fact="Write what they told us.")
    fact_add(
        organization_id=desk.organization_id,
        customer_id=customer_id,
        text=given["fact"],
        source=request.POST.get("fact_source", "").strip() or desk.facts.name,
        consented=bool(request.POST.get("fact_consent")),
        now=desk.facts.now,
    )
    tell(request, "We keep it in mind.")
    return gone_to("customer", customer_id=customer_id)
