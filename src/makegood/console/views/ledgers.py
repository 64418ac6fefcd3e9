"""Promises: the ledger, one promise, and a promise made by hand."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.asking import amount, local_input, moment
from makegood.console.building import words
from makegood.console.building.doubts import promise_doubts
from makegood.console.desk import Desk
from makegood.console.finding import customer_asked, customer_field
from makegood.console.refill import answers
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import (
    Empty,
    Fact,
    Field,
    Form,
    FormPage,
    Link,
    PromisePage,
    PromisesPage,
    TimelineEntry,
)
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.saved import saved_panel
from makegood.core.lengths import fitting
from makegood.failures.queries import failure_of_promise
from makegood.makegoods.doubts import doubts_of
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make, source_create
from makegood.promises.queries import PromiseFacts, promise_one, promises_counted, promises_counted_to, promises_list
from makegood.recoveries.queries.faces import recovery_of_failure
from makegood.store.secrets import keyed_hash

TABS = (("open", "Open"), ("risk", "At risk"), ("broken", "Broken"), ("kept", "Kept"), ("released", "Released"))
ACTS = {"kept": "It was kept.", "released": "It is released.", "changed": "The due time is changed."}


@staff
def promises(request: HttpRequest, desk: Desk) -> Screen:
    """Show the ledger of promises."""
    which = request.GET.get("which", "open")
    which = which if which in dict(TABS) else "open"
    page = words.page_of(request.GET.get("page"))
    rows = promises_list(
        organization_id=desk.organization_id,
        places=desk.places,
        which=which,
        offset=(page - 1) * words.PER_PAGE,
        most=words.PER_PAGE + 1,
    )
    now = desk.facts.now
    counted = promises_counted(
        organization_id=desk.organization_id, places=desk.places, since_at=now - timedelta(days=1), now=now
    )
    path = reverse("promises")
    return Screen(
        template="console/promises.html",
        current="promises",
        page=PromisesPage(
            title="Promises",
            rows=tuple(words.promise_row(row) for row in rows[: words.PER_PAGE]),
            filters=tuple(
                Link(
                    label=label,
                    url=f"{path}?which={name}",
                    current=name == which,
                    count=counted.risk if name == "risk" else None,
                )
                for name, label in TABS
            ),
            make_url=reverse("promise-new") if desk.may("promise-new") else "",
            saved=saved_panel(
                request,
                desk,
                "promises",
                count=lambda said: promises_counted_to(
                    organization_id=desk.organization_id,
                    places=desk.places,
                    which=said.get("which", "") if said.get("which") in dict(TABS) else "open",
                ),
            ),
            pager=words.pager(
                path=path,
                query=f"which={which}",
                page=page,
                shown=min(len(rows), words.PER_PAGE),
                more=len(rows) > words.PER_PAGE,
            ),
            empty=Empty(
                title="No promises here",
                text="What you promise a customer, and by when, stands here until it is kept.",
                link=Link(label="Make a promise", url=reverse("promise-new")) if desk.may("promise-new") else None,
            ),
        ),
    )


def _one(desk: Desk, promise_id: int) -> PromiseFacts:
    found = promise_one(organization_id=desk.organization_id, promise_id=promise_id, places=desk.places)
    if found is None:
        raise Http404
    return found


def promise_page(request: HttpRequest, desk: Desk, *, promise_id: int, **names: object) -> Screen:
    """Show one promise and what became of it; other names of an address do not matter here."""
    promise = _one(desk, promise_id)
    failure = failure_of_promise(organization_id=desk.organization_id, promise_id=promise_id)
    recovery = failure and recovery_of_failure(organization_id=desk.organization_id, failure_id=failure.id)
    row = words.promise_row(promise)
    facts = [
        Fact(label="Customer", value=words.who(promise.customer)),
        Fact(label="Made", value=words.said_at(desk, promise.made_at)),
        *([Fact(label="Place", value=promise.place)] if promise.place else []),
        *([Fact(label="Worth", value=written(row.worth, desk.reader))] if row.worth else []),
    ]
    if promise.first_due_at != promise.due_at:
        facts.append(Fact(label="First promised for", value=words.said_at(desk, promise.first_due_at)))
    return Screen(
        template="console/promise.html",
        current="promises",
        page=PromisePage(
            title=f"{row.what}, for {words.whom(promise.customer)}, by {words.said_at(desk, promise.due_at)}",
            promise=row,
            facts=tuple(facts),
            timeline=_story(desk, promise),
            gate=words.reason_lines(failure.gate_reasons) if failure else (),
            decision=words.GATES[failure.gate] if failure else "",
            recovery=Link(label=words.code(recovery), url=reverse("recovery", args=[words.code(recovery)]))
            if recovery
            else None,
            forms=_forms(desk, promise) if desk.may("promise-act") else (),
            doubts=promise_doubts(
                desk,
                doubts_of(organization_id=desk.organization_id, failure_ids=[failure.id]),
                promise_id=promise_id,
            )
            if failure and not recovery
            else (),
        ),
    )


promise = staff(promise_page)


def _story(desk: Desk, promise: PromiseFacts) -> tuple[TimelineEntry, ...]:
    told = [(promise.made_at, f"Promised for {words.said_at(desk, promise.first_due_at)}.")]
    if promise.settled_at is not None and promise.state != "kept":
        told.append(
            (promise.settled_at, "Broken: it was not kept in time." if promise.state == "broken" else "Released.")
        )
    if promise.fulfilled_at is not None:
        told.append((promise.fulfilled_at, "Kept." if promise.state == "kept" else "Done, late."))
    return tuple(TimelineEntry(at=at, text=text, by=promise.source) for at, text in sorted(told, reverse=True))


def _forms(desk: Desk, promise: PromiseFacts) -> tuple[Form, ...]:
    if promise.fulfilled_at is not None or promise.state == "released":
        return ()
    kept = Form(
        key="kept",
        action=reverse("promise-act", args=[promise.id, "kept"]),
        submit="It was kept",
        fields=(
            Field(
                name="kept_at",
                label="When",
                kind="datetime-local",
                required=True,
                value=local_input(desk.facts.now, zone=desk.facts.zone),
            ),
        ),
    )
    if promise.state != "open":
        return (kept,)
    changed = Form(
        key="changed",
        action=reverse("promise-act", args=[promise.id, "changed"]),
        submit="Change the due time",
        style="plain",
        fields=(
            Field(name="due_at", label="New due time", kind="datetime-local", required=True),
            Field(name="agreed", label="The customer agreed to it", kind="checkbox"),
        ),
    )
    released = Form(
        key="released",
        action=reverse("promise-act", args=[promise.id, "released"]),
        submit="Release it",
        style="plain",
        lead="The customer needs it no more.",
    )
    return kept, changed, released


@acts(promise_page)
def promise_act(request: HttpRequest, desk: Desk, *, promise_id: int, act: str) -> HttpResponse:
    """Take word about a promise: kept, changed or released."""
    if act not in ACTS:
        raise Http404
    promise = _one(desk, promise_id)
    now, zone = desk.facts.now, desk.facts.zone
    happened_at, due_at = now, None
    if act == "kept":
        happened_at = min(now, moment(request.POST.get("kept_at", ""), field="kept_at", zone=zone))
    if act == "changed":
        due_at = moment(request.POST.get("due_at", ""), field="due_at", zone=zone)
    promises_hear(
        organization_id=desk.organization_id,
        words=[
            Word(
                source_id=promise.source_id,
                key_hash=promise.key_hash,
                action=act,
                happened_at=happened_at,
                received_at=now,
                due_at=due_at,
                agreed=bool(request.POST.get("agreed")),
            )
        ],
    )
    tell(request, ACTS[act])
    recovery_code = request.POST.get("back", "")
    if words.number_of(recovery_code, "R"):
        return redirect("recovery", code=recovery_code)
    return gone_to("promise", promise_id=promise_id)


def promise_new_page(request: HttpRequest, desk: Desk) -> Screen:
    """Ask for a promise made by hand."""
    form = Form(
        key="promise-new",
        action=reverse("promise-new"),
        submit="Promise it",
        draft=True,
        fields=(
            customer_field(request.GET.get("who", "")),
            Field(name="what", label="What do you promise?", required=True, maxlength=160),
            Field(
                name="due_at",
                label="By when?",
                kind="datetime-local",
                required=True,
                value=local_input(desk.facts.now + timedelta(days=1), zone=desk.facts.zone),
            ),
            Field(name="worth", label=f"What is it worth, in {desk.facts.currency}?", inputmode="decimal"),
        ),
    )
    return Screen(
        template="console/form_page.html",
        current="promises",
        page=FormPage(
            title="Make a promise",
            lead="It stands on the ledger until it is kept. If it breaks, we notice before the customer does.",
            form=form,
            back=Link(label="Promises", url=reverse("promises")),
        ),
    )


@acts(promise_new_page)
def promise_new(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Put a promise made by hand on the ledger."""
    given = answers(request.POST, who="Say to whom.", what="Say what you promise.", due_at="Choose a date and a time.")
    worth = amount(request.POST.get("worth", ""), field="worth", currency=desk.facts.currency)
    promise_by_hand(
        desk,
        customer_id=customer_asked(desk, given["who"]),
        what=given["what"],
        due_at=moment(given["due_at"], field="due_at", zone=desk.facts.zone),
        worth_minor=worth.minor if worth else None,
    )
    tell(request, "It is on the ledger.")
    return redirect("promises")


def promise_by_hand(
    desk: Desk,
    *,
    customer_id: int,
    what: str,
    due_at: object,
    worth_minor: int | None = None,
) -> None:
    """Put a promise that a member made on the ledger, under the source of what people say."""
    here, now = desk.organization_id, desk.facts.now
    source_id = source_create(organization_id=here, code="by-hand", name="By hand", now=now)
    promises_make(
        organization_id=here,
        promises=[
            NewPromise(
                source_id=source_id,
                customer_id=customer_id,
                key_hash=keyed_hash(f"{here}:{secrets.token_hex(16)}", purpose="promise"),
                kind="by_hand",
                made_at=now,
                due_at=due_at,  # type: ignore[arg-type]
                what=fitting(what, most=160),
                member_id=desk.member_id,
                place_id=desk.places[0] if desk.places else None,
                value_minor=worth_minor,
                currency=desk.facts.currency if worth_minor is not None else "",
            )
        ],
    )
