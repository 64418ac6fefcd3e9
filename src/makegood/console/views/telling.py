"""How one is told outside of Makegood: by which way, at what pace, and when to be left alone."""

from __future__ import annotations

from datetime import time

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.asking import zones
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Choice, Field, Form, Link
from makegood.console.viewmodels.settings import AccountPage, SettingsSection
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.core.calendars import UnusableCalendar
from makegood.core.nights import EVENING, MORNING
from makegood.core.telling import PACES, URGENT, UnusableQuiet
from makegood.organizations.telling import UnableToChooseTelling, ears_of, telling_choose

KINDS = {
    "warning": "A clock that is about to run out",
    "customer": "Word from a customer",
    "assignment": "What is yours now",
    "news": "Other news",
}
PACE_WORDS = {"at_once": "At once", "hourly": "Gathered, each full hour", "morning": "Gathered, each morning"}
LEAD = (
    "Everything is among your notices at once. This is about what comes to you besides: what you looked at by then, or"
    " what is done, is not told again."
)
URGENT_LEAD = (
    "What somebody waits for is told at once: a clock that ran out, and what you are asked to approve. It waits for the"
    " end of your quiet hours, as everything does."
)


def telling_page(request: HttpRequest, desk: Desk) -> Screen:
    """Show how one is told, to be changed."""
    if desk.facts.user_id is None:
        raise Http404
    return Screen(
        template="console/account.html",
        page=AccountPage(
            title="How you are told",
            lead=LEAD,
            back=Link(label="Your sign-in", url=reverse("account")),
            sections=(
                SettingsSection(title=desk.facts.organization, key="told", lead=URGENT_LEAD, forms=(_form(desk),)),
            ),
        ),
    )


telling = staff(telling_page)


def _form(desk: Desk) -> Form:
    mine = ears_of(organization_id=desk.organization_id, member_ids=[desk.member_id])[desk.member_id]
    quiet, paces = mine.choices.quiet, mine.choices.paces
    return Form(
        key="telling",
        action=reverse("account-telling-set"),
        submit="Keep it so",
        fields=(
            Field(
                name="by_mail",
                label="By mail",
                hint=f"To {desk.facts.email}, with a link to the one next thing to do.",
                kind="checkbox",
                checked=mine.by_mail,
            ),
            *(
                Field(
                    name=f"pace_{kind}",
                    label=label,
                    kind="select",
                    required=True,
                    value=paces[kind],
                    choices=tuple(Choice(value=pace, label=PACE_WORDS[pace]) for pace in PACES),
                )
                for kind, label in KINDS.items()
            ),
            Field(
                name="quiet",
                label="Leave me alone in my quiet hours",
                kind="checkbox",
                checked=quiet is not None,
            ),
            Field(
                name="quiet_from",
                label="Quiet from",
                kind="time",
                required=True,
                value=f"{quiet.begins if quiet else EVENING:%H:%M}",
            ),
            Field(
                name="quiet_to",
                label="Until",
                kind="time",
                required=True,
                value=f"{quiet.ends if quiet else MORNING:%H:%M}",
            ),
            Field(
                name="zone",
                label="Time zone",
                kind="select",
                value=mine.zone,
                choices=(Choice(value="", label=f"Your organization's, {desk.facts.zone}"), *zones()),
            ),
            Field(
                name="wake",
                label="Wake me for an escalation",
                hint="What ran out for somebody else and was passed up to you comes in your quiet hours too, unless you"
                " are away. While your organization is open by its opening hours it comes in any case.",
                kind="checkbox",
                checked=mine.wake,
            ),
        ),
    )


@acts(telling_page)
def choose(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Keep how one wants to be told."""
    if desk.facts.user_id is None:
        raise Http404
    given = request.POST
    quiet = (_clock(request, "quiet_from"), _clock(request, "quiet_to")) if given.get("quiet") else None
    paces = {kind: given.get(f"pace_{kind}", "") for kind in KINDS}
    try:
        telling_choose(
            organization_id=desk.organization_id,
            member_id=desk.member_id,
            by_mail=bool(given.get("by_mail")),
            quiet=quiet,
            zone=given.get("zone", "").strip()[:60],
            paces=dict.fromkeys(URGENT, "at_once") | paces,
            wake=bool(given.get("wake")),
            now=desk.facts.now,
        )
    except UnusableQuiet as error:
        raise Unanswered({"quiet_to": str(error)}) from error
    except UnusableCalendar as error:
        raise Unanswered({"zone": str(error)}) from error
    except UnableToChooseTelling as error:
        raise Unanswered({f"pace_{next(iter(KINDS))}": str(error)}) from error
    tell(request, "You are told so from now on.", detail="What waits for you already keeps its time.")
    return gone_to("account-telling")


def _clock(request: HttpRequest, name: str) -> time:
    """A time of the day as a browser sends it. Raises Unanswered for one that is none."""
    try:
        return time.fromisoformat(request.POST.get(name, "")).replace(tzinfo=None)
    except ValueError:
        raise Unanswered({name: "Write a time, such as 21:00."}) from None
