"""Setting up one's own organization, a step at a time: first its admin, then all that a first day needs."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from makegood.console import sessions
from makegood.console.asking import CURRENCIES, select, zones
from makegood.console.building import words
from makegood.console.building.correcting import language_named
from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.building.sender import sender_links
from makegood.console.building.setting_up import LOOKS, TEST_OVER, trial_mailed
from makegood.console.building.sources import source_form
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers, refilled
from makegood.console.viewmodels import Choice, Fact, Field, Form, Link, Reader, SetUpPage, SetUpStep, Shell
from makegood.console.views import hours, people
from makegood.console.views.errors import error_answer
from makegood.console.views.frame import Screen, acts, tell, typed_of
from makegood.listen.setting_up import set_up_done
from makegood.listen.trial import trial_begin
from makegood.organizations.founding import (
    LEAST,
    Founded,
    UnableToFound,
    organization_found,
    set_up_code,
)
from makegood.organizations.queries import calendars_latest, members_all, places_all, teams_all
from makegood.organizations.setting_up import REST, SEEN, set_up_seen
from makegood.promises.queries import sources_all
from makegood.recoveries.operations.trials import UnableToEndTest, trial_end
from makegood.rules.phrases import accepted, languages, spoken
from makegood.store.clocks import wall_now

LATER = "The rest can wait, or be done in the next steps."
IN_DEMO = (
    "This is the demo, which begins anew at each start: what you found here is gone then. To keep it, run “makegood"
    " serve”."
)
STEPS = ("places", "hours", "teams", "members", "sources", "playbook", "limits", "mail", "test")
NAMES = {
    "places": "Places",
    "hours": "Opening hours",
    "teams": "Teams",
    "members": "People",
    "sources": "Sources",
    "playbook": "Playbook",
    "limits": "Limits",
    "mail": "Mail",
    "test": "Test failure",
}
SUITS = {
    "playbook": "It suits us",
    "limits": "These limits suit us",
    "mail": "It is as we want it",
    "test": "Send a test failure",
}
"""What is said by who leaves a step as it stands, or sends a test."""
WORDS = {
    "places": (
        "Where do you serve customers?",
        "Stores, hotels, tills, lines. One is enough to begin. Many come at once from a file.",
    ),
    "hours": (
        "When are you open?",
        "Without opening hours every minute counts, nights and Sundays too: a customer may be promised a word by four"
        " in the morning. Say when you are open, and for what that counts.",
    ),
    "teams": ("Who works together?", "A team takes recoveries together. One is enough; none is fine."),
    "members": (
        "Who puts things right?",
        "Each person has a role, places and an amount they may give without asking. You can go on alone, too, and add"
        " people later, under Settings, one by one or from a file.",
    ),
    "sources": (
        "Where do promises come from?",
        "A shop, a booking system, a phone. A shop or a helpdesk posts by webhook, any program through the API; people"
        " bring a file, or write a promise down by hand. All of that is in Settings: Webhooks, API keys, Data in.",
    ),
    "playbook": (
        "What is done when something fails?",
        "A playbook says when a promise counts as broken, by when customers hear of you, and what may make it good."
        " Recommended: begin with the one that you have, let the apology wait for a person's click, and change times"
        " once a week of your own has shown what you can keep.",
    ),
    "limits": (
        "What may each give without asking?",
        "What is owed and what puts it right never waits, and counts towards no limit. A limit is for what goes beyond."
        " Recommended: so much for each of your people that a usual case needs no second person, more for managers,"
        " and a budget of the month once you know what a month takes.",
    ),
    "mail": (
        "How does mail leave and come in?",
        "Customers are written to by mail, and answer by mail. Recommended: a mail server, an address of your own, and"
        " the mailbox in which their answers arrive, before the first source is live. “makegood doctor” says the same"
        " of the whole machine.",
    ),
    "test": (
        "Does the whole loop work?",
        "Send a failure that never was through it, and put it right. Recommended: once, before the first source is"
        " live, and again when you have changed the playbook.",
    ),
}


def set_up(request: HttpRequest) -> HttpResponse:
    """Found an organization, with the code that `makegood serve` prints, alone or in a link; the demo needs none.

    Where a request comes from says nothing: behind a proxy on this machine everybody seems to sit at it.
    """
    if request.method != "POST":
        return _first_page(request)
    try:
        sessions.guard(key=f"set-up:{sessions.network_address(request)}", limit=20)
        founded = _found(request)
    except sessions.TooManyTries as error:
        return error_answer(request, status=429, retry_after=error.retry_after)
    except (Unanswered, UnableToFound, IntegrityError) as error:
        if typed_of(request, error) is None:
            raise
        return _first_page(request, error)
    sessions.begin(
        request,
        user_id=founded.user_id,
        organization_id=founded.organization_id,
        member_id=founded.member_id,
    )
    tell(request, f"{request.POST['name'].strip()} is set up.", detail="You are its first admin.")
    return redirect("set-up-step", step=STEPS[0])


def _found(request: HttpRequest) -> Founded:
    given = answers(
        request.POST,
        person="Write your name.",
        email="Write your e-mail.",
        password=f"Choose a password of at least {LEAST} characters.",
        name="Write the organization's name.",
        zone="Choose a time zone.",
        currency="Choose a currency.",
        language="Choose a language.",
    )
    code = request.POST.get("code", "").strip().encode()
    if not settings.DEMO and not hmac.compare_digest(code, set_up_code().encode()):
        raise Unanswered({"code": "This is not the code: “makegood serve” prints it when it starts."})
    if len(request.POST["password"]) < LEAST:
        raise Unanswered({"password": f"Choose a password of at least {LEAST} characters."})
    with transaction.atomic():
        return organization_found(
            **given | {"password": request.POST["password"]},
            title=request.POST.get("title", ""),
            delivery="inbox" if settings.DEMO else "live",
            now=wall_now(),
        )


def _first_page(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    code = Field(
        name="code",
        label="Set-up code",
        required=True,
        value=request.GET.get("code", "")[:40],
        autocomplete="off",
        hint="“makegood serve” prints it when it starts, and so does “makegood doctor”.",
    )
    page = SetUpPage(
        title="Set up your organization",
        lead=f"You become its first admin. {IN_DEMO if settings.DEMO else LATER}",
        steps=_steps("first", {}),
        form=Form(
            key="set-up",
            action=reverse("set-up"),
            submit="Set it up",
            fields=(
                *(() if settings.DEMO else (code,)),
                Field(name="person", label="Your name", required=True, autocomplete="name", maxlength=120),
                people.title_field(name="title", label="How you sign"),
                Field(name="email", label="Your e-mail", kind="email", required=True, autocomplete="username"),
                Field(
                    name="password",
                    label="Password",
                    kind="password",
                    required=True,
                    autocomplete="new-password",
                    hint=f"At least {LEAST} characters.",
                ),
                Field(name="name", label="Organization", required=True, autocomplete="organization", maxlength=120),
                Field(
                    name="zone",
                    label="Time zone",
                    kind="select",
                    required=True,
                    choices=(Choice(value="", label="Choose where you are"), *zones()),
                    hint="Every deadline goes by it; when you are open you say in a moment.",
                ),
                select(
                    "currency",
                    "Currency",
                    [(one, one) for one in CURRENCIES],
                    first="Choose what you are paid in",
                    required=True,
                ),
                select(
                    "language",
                    "Language",
                    [(one, language_named(one)) for one in languages()],
                    value=spoken(*accepted(request.headers.get("Accept-Language", ""))),
                    hint="Customers are written to in it, unless another is known of them.",
                    required=True,
                ),
            ),
        ),
    )
    typed = typed_of(request, error) if error else None
    if typed is not None:
        page, _ = refilled(page, typed)
    shell = Shell(organization="", reader=Reader(now=wall_now()))
    response = render(request, "console/set_up.html", {"page": page, "shell": shell}, status=422 if typed else 200)
    response.headers["Cache-Control"] = "no-store"
    return response


def _steps(now: str, notes: Mapping[str, str], done: Collection[str] = ()) -> tuple[SetUpStep, ...]:
    first = SetUpStep(name="You and your organization", state="now" if now == "first" else "done")
    return (
        first,
        *(
            SetUpStep(
                name=NAMES[step],
                state="now" if step == now else "done" if step in done else "todo",
                url="" if now == "first" else reverse("set-up-step", args=[step]),
                note=notes.get(step, ""),
            )
            for step in STEPS
        ),
    )


def step_page(request: HttpRequest, desk: Desk, *, step: str, secret: tuple[Fact, ...] = ()) -> Screen:
    """Show one step of setting up."""
    if step not in STEPS:
        raise Http404
    here = desk.organization_id
    made = {
        "teams": [Fact(label="Team", value=one.name) for one in teams_all(organization_id=here)],
        "places": [Fact(label="Place", value=one.name) for one in places_all(organization_id=here)],
        "hours": [
            Fact(label="Opening hours", value=f"{code}: {hours.week_said(one.data)}", note=hours.used_said(desk, code))
            for code, one in calendars_latest(organization_id=here).items()
        ],
        "members": [
            Fact(label=one.role.capitalize(), value=one.name, note=one.email)
            for one in members_all(organization_id=here)
            if one.active
        ],
        "sources": [Fact(label="Source", value=one.name) for one in sources_all(organization_id=here)],
    }
    notes = {name: f"{len(facts)} so far" for name, facts in made.items() if facts}
    done = set_up_done(organization_id=here)
    if "members" not in done:
        notes["members"] = "only you so far"
    title, lead = WORDS[step]
    look = LOOKS[step](desk) if step in LOOKS else None
    forms: dict[str, Callable[..., Form]] = {
        "teams": people.team_form,
        "places": people.place_form,
        "hours": hours.first_form,
        "members": people.member_form,
        "sources": source_form,
    }
    action = reverse("set-up-step", args=[step])
    idle = look.actions if look and step == "test" else step in done
    style = "go" if step == "test" else "plain"
    suits = None if idle else Form(key="suits", action=action, submit=SUITS.get(step, ""), style=style)
    page = SetUpPage(
        title=title,
        lead=lead,
        steps=_steps(step, notes, done=done | ({"teams"} if made["teams"] else set())),
        form=suits if look else forms[step](desk, action=action),
        made=look.facts if look else (*secret, *made[step][:30]),
        made_title="What a test is" if step == "test" else "As it is now" if look else "So far",
        links=look.links if look else _links(desk, step),
        actions=look.actions if look else (),
        files=_files(desk) if step == "sources" else (),
        on=_on(step),
        later=None if step == STEPS[-1] else Link(label="Do the rest later", url=reverse("today")),
    )
    return Screen(template="console/set_up.html", page=page)


def _on(step: str) -> Link:
    """The way to the next step, after the last one to Today."""
    if step == STEPS[-1]:
        return Link(label="Open Today", url=reverse("today"))
    later = STEPS[STEPS.index(step) + 1]
    return Link(label=f"Go on to {NAMES[later].lower()}", url=reverse("set-up-step", args=[later]))


def _links(desk: Desk, step: str) -> tuple[Link, ...]:
    """What else helps with a step: many at once from a file, and the address that invitations come from."""
    data = Link(label="Bring them as a file: Settings, Data in", url=reverse("settings", args=["data"]))
    return {"places": (data,), "members": (data, *sender_links(desk))}.get(step, ())


def _files(desk: Desk) -> tuple[Fact, ...]:
    return tuple(
        Fact(label=playbook_title(one), value=one.text)
        for one in playbooks_listed(organization_id=desk.organization_id)
    )


def _tested(request: HttpRequest, desk: Desk, *, over: bool) -> HttpResponse:
    given = {"organization_id": desk.organization_id, "now": desk.facts.now}
    if not over:
        number = trial_begin(**given, by=desk.member_id, currency=desk.facts.currency, mailed=trial_mailed(desk))
        tell(request, "This is your test.", detail="Put it right as you would; nothing of it leaves.")
        return redirect("recovery", code=words.code(number))
    try:
        trial_end(**given, member_id=desk.member_id)
        tell(request, "The test is removed.", detail="Its customer is forgotten, and nothing of it counts.")
    except UnableToEndTest as error:
        tell(request, str(error), tone="note")
    return redirect("set-up-step", step="test")


@acts(step_page)
def step_act(request: HttpRequest, desk: Desk, *, step: str) -> Screen | HttpResponse:
    """Add one team, place, person or source, or say that what is there suits."""
    if step in SEEN:
        set_up_seen(organization_id=desk.organization_id, step=step, by=desk.member_id, now=desk.facts.now)
        if step == REST:
            tell(request, "Today names it no more.", detail="Settings, Delivery, leads back to the first hour.")
            return redirect("today")
        return redirect(_on(step).url)
    if step in ("test", TEST_OVER):
        return _tested(request, desk, over=step == TEST_OVER)
    acting = {
        "teams": people.team_add,
        "places": people.place_add,
        "hours": hours.publish,
        "members": people.member_add,
        "sources": people.source_add,
    }.get(step)
    if acting is None:
        raise Http404
    done = acting(request, desk)
    if done.secret:
        return step_page(
            request, desk, step=step, secret=(Fact(label="Shown once", value=done.secret, note=done.text),)
        )
    tell(request, done.text, detail=done.detail)
    return redirect(done.to or reverse("set-up-step", args=[step]))
