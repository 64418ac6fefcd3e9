"""Settings, Drafting: naming the language model, switching it on and off, forgetting it."""

from __future__ import annotations

from django.http import HttpRequest

from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.views.people import Done
from makegood.core.lengths import fitting
from makegood.organizations.drafting import drafting_forget, drafting_set, drafting_switch
from makegood.store.outgoing import UnableToCall


def model_set(request: HttpRequest, desk: Desk) -> Done:
    """Name the model; it is switched on apart."""
    given = answers(request.POST, model_url="Write its address.", model_name="Write the model's name.")
    try:
        drafting_set(
            organization_id=desk.organization_id,
            url=fitting(given["model_url"], most=500),
            model=given["model_name"],
            key=fitting(request.POST.get("model_key", ""), most=500),
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnableToCall as error:
        raise Unanswered({"model_url": str(error)}) from error
    return Done(text="It is kept. Try it, then switch it on.")


def switched_on(request: HttpRequest, desk: Desk) -> Done:
    """Let members have letters drafted."""
    drafting_switch(organization_id=desk.organization_id, on=True, by=desk.member_id, now=desk.facts.now)
    return Done(text="Letters can be drafted now: a button beside each says so.")


def switched_off(request: HttpRequest, desk: Desk) -> Done:
    """Let nobody have letters drafted; drafts that stand stay."""
    drafting_switch(organization_id=desk.organization_id, on=False, by=desk.member_id, now=desk.facts.now)
    return Done(text="No letter is drafted any more.")


def forgotten(request: HttpRequest, desk: Desk) -> Done:
    """Forget the model and its key."""
    drafting_forget(organization_id=desk.organization_id, by=desk.member_id, now=desk.facts.now)
    return Done(text="The model and its key are forgotten.")


ACTS = {
    ("drafting", "set"): model_set,
    ("drafting", "on"): switched_on,
    ("drafting", "off"): switched_off,
    ("drafting", "forget"): forgotten,
}
