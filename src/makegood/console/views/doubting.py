"""What a person does where what is owed is not decided: gives the lacking fact, or says that nothing is owed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from makegood.console.asking import amount, moment
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.views.frame import acts, gone_to, tell
from makegood.console.views.ledgers import promise_page
from makegood.console.views.merging import act
from makegood.console.views.recoveries import case_of
from makegood.core.floors import FactSpec, UnusableFacts
from makegood.failures.queries import failure_of_promise
from makegood.makegoods.doubts import DoubtFacts, doubts_of, nothing_owed
from makegood.makegoods.floors import floor_fact_give
from makegood.promises.queries import promise_one
from makegood.recoveries.queries.faces import recovery_of_failure


@act
def fact(request: HttpRequest, desk: Desk, *, code: str, failure_id: int, pack: str) -> HttpResponse:
    """Take the fact that the pack lacked; what is owed is decided with it at once."""
    _give(request, desk, _doubt(desk, code, failure_id, pack))
    return gone_to("recovery", code=code)


@act
def nothing(request: HttpRequest, desk: Desk, *, code: str, failure_id: int, pack: str) -> HttpResponse:
    """Say, as a manager and with a reason, that nothing is owed."""
    _settle(request, desk, _doubt(desk, code, failure_id, pack))
    return gone_to("recovery", code=code)


def _give(request: HttpRequest, desk: Desk, doubt: DoubtFacts) -> None:
    value = _value(request, doubt.lacks, desk) if doubt.lacks is not None else None
    try:
        floor_fact_give(
            organization_id=desk.organization_id,
            failure_id=doubt.failure_id,
            pack=doubt.pack,
            value=value,
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnusableFacts as error:
        raise Unanswered({"fact": str(error)}) from None
    tell(request, "Kept. What is owed is decided by it.", detail="What still lacks, if anything, is asked for below.")


def _settle(request: HttpRequest, desk: Desk, doubt: DoubtFacts) -> None:
    reason = answers(request.POST, nothing="Say why nothing is owed.")["nothing"]
    nothing_owed(
        organization_id=desk.organization_id,
        failure_id=doubt.failure_id,
        pack=doubt.pack,
        reason=reason,
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "Nothing is owed.", detail="Your reason is kept.")


def _of_promise(desk: Desk, promise_id: int, failure_id: int, pack: str) -> DoubtFacts:
    """What is not decided for a promise that the reader may see, and for no recovery. Raises Http404."""
    here = desk.organization_id
    if promise_one(organization_id=here, promise_id=promise_id, places=desk.places) is None:
        raise Http404
    failure = failure_of_promise(organization_id=here, promise_id=promise_id)
    if failure is None or failure.id != failure_id or recovery_of_failure(organization_id=here, failure_id=failure_id):
        raise Http404
    found = doubts_of(organization_id=here, failure_ids=[failure_id])
    doubt = next((one for one in found if one.pack == pack), None)
    if doubt is None:
        raise Http404
    return doubt


@acts(promise_page)
def promise_fact(request: HttpRequest, desk: Desk, *, promise_id: int, failure_id: int, pack: str) -> HttpResponse:
    """Take the fact that the pack lacked for a promise that broke quietly."""
    _give(request, desk, _of_promise(desk, promise_id, failure_id, pack))
    return gone_to("promise", promise_id=promise_id)


@acts(promise_page)
def promise_nothing(request: HttpRequest, desk: Desk, *, promise_id: int, failure_id: int, pack: str) -> HttpResponse:
    """Say, as a manager and with a reason, that nothing is owed for a promise that broke quietly."""
    _settle(request, desk, _of_promise(desk, promise_id, failure_id, pack))
    return gone_to("promise", promise_id=promise_id)


def _doubt(desk: Desk, code: str, failure_id: int, pack: str) -> DoubtFacts:
    case = case_of(desk, code)
    found = next((one for one in case.doubts if (one.failure_id, one.pack) == (failure_id, pack)), None)
    if found is None:
        raise Http404
    return found


def _value(request: HttpRequest, lacks: FactSpec, desk: Desk) -> object:
    """What was typed, as the type that the pack wants. Raises Unanswered."""
    text = answers(request.POST, fact="Fill this in: what is owed depends on it.")["fact"]
    kind, currency = lacks.type, request.POST.get("fact_currency", desk.facts.currency)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("number", "integer"):
        try:
            return int(text) if kind == "integer" or text.lstrip("-").isdigit() else float(text.replace(",", "."))
        except ValueError:
            raise Unanswered({"fact": "Write a number."}) from None
    if kind == "datetime":
        return moment(text, field="fact", zone=desk.facts.zone).isoformat()
    if kind == "money":
        money = amount(text, field="fact", currency=currency)
        assert money is not None, "answers refuses nothing"
        return {"minor": money.minor, "currency": money.currency}
    return text
