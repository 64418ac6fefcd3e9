"""Webhooks: an admin connects what posts to us and says what an order promises; what needs a look is seen to."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from makegood.console import permissions
from makegood.console.asking import whole
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.views.frame import Screen, acts, tell
from makegood.console.views.people import Done
from makegood.console.views.settings import settings_page
from makegood.core.lengths import fitting
from makegood.listen.hooks import operations
from makegood.listen.hooks.delivery_rule import KEEPS, DeliveryRule, UnusableRule, days_read, methods_read
from makegood.listen.hooks.operations import UnableToConnect
from makegood.messages.tickets import UnableToKnowHelpdesk

LARGEST = 2**63 - 1
COPY = "Copy the secret from over there."
OWN = frozenset({"zammad"})
"""What lets us choose the secret."""
BY_MANAGERS = frozenset({"again", "seen"})


def webhooks_again(request: HttpRequest, desk: Desk, **names: object) -> Screen | HttpResponse:
    """Show the page of the settings on which webhooks are set."""
    return settings_page(request, desk, section="webhooks")


@acts(webhooks_again)
def act(request: HttpRequest, desk: Desk, *, how: str) -> Screen | HttpResponse:
    """Connect, change, stop or forget what posts to us; take in again what could not be, or end it.

    A secret that was made here is shown this once.
    """
    doing = ACTS.get(how)
    if doing is None:
        raise Http404
    if how not in BY_MANAGERS and desk.facts.role not in permissions.RUNS:
        raise UnableToConnect("Only an admin says what may post here: ask one.")
    done = doing(request, desk)
    if done.secret:
        return settings_page(request, desk, section="webhooks", fresh=(done.secret, done.text))
    tell(request, done.text)
    return redirect("settings", section="webhooks")


def _hook(request: HttpRequest) -> int:
    return whole(request.POST.get("hook", ""), least=1, most=LARGEST)


def _delivery(request: HttpRequest) -> int:
    return whole(request.POST.get("delivery", ""), least=1, most=LARGEST)


def _connect(request: HttpRequest, desk: Desk) -> Done:
    kind = answers(request.POST, hook_kind="Choose what posts to you.")["hook_kind"]
    typed = request.POST.get("hook_secret", "").strip()
    if not typed and kind not in OWN:
        raise Unanswered({"hook_secret": COPY})
    secret = typed or operations.secret_made()
    operations.hook_make(
        organization_id=desk.organization_id,
        kind=kind,
        name=request.POST.get("hook_name", ""),
        secret=secret,
        by=desk.member_id,
        now=desk.facts.now,
    )
    if typed:
        return Done(text="It may post here now: enter the address below over there.")
    return Done(text="Enter this secret and the address below over there", secret=secret)


def _secret(request: HttpRequest, desk: Desk) -> Done:
    hook_id = _hook(request)
    name = f"secret_{hook_id}"
    secret = answers(request.POST, **{name: "Copy the new secret from over there."})[name]
    operations.hook_secret_change(
        organization_id=desk.organization_id, hook_id=hook_id, secret=secret, by=desk.member_id, now=desk.facts.now
    )
    return Done(text="The new secret counts now, and the old one beside it for a day.")


def _reply(request: HttpRequest, desk: Desk) -> Done:
    hook_id = _hook(request)
    url = request.POST.get(f"url_{hook_id}", "").strip()
    try:
        operations.hook_reply_set(
            organization_id=desk.organization_id,
            hook_id=hook_id,
            url=url,
            agent=request.POST.get(f"agent_{hook_id}", ""),
            key=request.POST.get(f"key_{hook_id}", ""),
            by=desk.member_id,
            now=desk.facts.now,
        )
    except UnableToKnowHelpdesk as error:
        raise Unanswered({f"url_{hook_id}": str(error)}) from error
    return Done(text="Customers are answered through it now." if url else "Customers are mailed from now on.")


def _before_end(request: HttpRequest, desk: Desk) -> Done:
    operations.hook_before_end(
        organization_id=desk.organization_id, hook_id=_hook(request), by=desk.member_id, now=desk.facts.now
    )
    return Done(text="Only the new secret counts now.")


def _rule(request: HttpRequest, desk: Desk) -> Done:
    hook_id = _hook(request)
    rule = _rule_of(request, hook_id)
    operations.hook_rule_set(
        organization_id=desk.organization_id, hook_id=hook_id, rule=rule, by=desk.member_id, now=desk.facts.now
    )
    return Done(text="Orders from now on promise this." if rule.promises else "Orders promise nothing from now on.")


def _rule_of(request: HttpRequest, hook_id: int) -> DeliveryRule:
    days, methods = f"days_{hook_id}", f"methods_{hook_id}"
    typed = request.POST.get(days, "").strip()
    name = days
    try:
        count = days_read(typed) if typed else None
        name = methods
        ways = methods_read(request.POST.get(methods, ""))
    except UnusableRule as error:
        raise Unanswered({name: str(error)}) from None
    keeps = request.POST.get(f"keeps_{hook_id}", "")
    if keeps not in KEEPS:
        raise Unanswered({f"keeps_{hook_id}": "Choose what keeps it."})
    return DeliveryRule(
        days=count,
        methods=ways,
        weekdays=f"weekdays_{hook_id}" in request.POST,
        attribute=fitting(request.POST.get(f"attribute_{hook_id}", ""), most=120),
        keeps=keeps,
    )


def _let(request: HttpRequest, desk: Desk, *, active: bool) -> None:
    operations.hook_let(
        organization_id=desk.organization_id,
        hook_id=_hook(request),
        active=active,
        by=desk.member_id,
        now=desk.facts.now,
    )


def _stop(request: HttpRequest, desk: Desk) -> Done:
    _let(request, desk, active=False)
    return Done(text="What it posts is refused from now on.")


def _go_on(request: HttpRequest, desk: Desk) -> Done:
    _let(request, desk, active=True)
    return Done(text="What it posts is taken in again.")


def _forget(request: HttpRequest, desk: Desk) -> Done:
    operations.hook_forget(
        organization_id=desk.organization_id, hook_id=_hook(request), by=desk.member_id, now=desk.facts.now
    )
    return Done(text="Forgotten, with its secret and what waited there. What was taken in stays.")


def _again(request: HttpRequest, desk: Desk) -> Done:
    operations.delivery_again(organization_id=desk.organization_id, delivery_id=_delivery(request))
    return Done(text="It is taken in within seconds; if it cannot be, it comes back here.")


def _seen(request: HttpRequest, desk: Desk) -> Done:
    operations.delivery_seen(organization_id=desk.organization_id, delivery_id=_delivery(request))
    return Done(text="Seen to.")


ACTS: dict[str, Callable[[HttpRequest, Desk], Done]] = {
    "connect": _connect,
    "secret": _secret,
    "before-end": _before_end,
    "rule": _rule,
    "reply": _reply,
    "stop": _stop,
    "go-on": _go_on,
    "forget": _forget,
    "again": _again,
    "seen": _seen,
}
