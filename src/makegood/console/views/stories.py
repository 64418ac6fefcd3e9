"""Stories of recoveries: allowed, told and withdrawn on the recovery's page; searched and made known on their own."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.refill import answers
from makegood.console.viewmodels import Action, Empty, Field, Form
from makegood.console.viewmodels.staying import StoriesPage, StoryRow
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.recoveries import case_of, recovery_screen
from makegood.recoveries.operations import returned_say
from makegood.recoveries.operations.stories import stories_tell_staff, story_allow, story_tell, story_withdraw
from makegood.recoveries.queries.stories import stories_found

NEW_FOR = timedelta(days=7)
act = acts(recovery_screen)


def stories_screen(request: HttpRequest, desk: Desk) -> Screen:
    """Show the stories with the words that are asked for, the newest first."""
    asked = request.GET.get("q", "").strip()[:200]
    page = words.page_of(request.GET.get("page"))
    found = stories_found(
        organization_id=desk.organization_id, words=asked, limit=words.PER_PAGE + 1, offset=(page - 1) * words.PER_PAGE
    )
    url = reverse("stories")
    return Screen(
        template="console/stories.html",
        current="insights",
        page=StoriesPage(
            title="Stories",
            lead="What we put right, told without anybody's name, with the customer's consent.",
            rows=tuple(
                StoryRow(
                    title=one.title,
                    paragraphs=tuple(part for part in one.body.split("\n\n") if part.strip()),
                    about=words.with_capital(words.kind_said(one.kind)),
                    at=one.told_at,
                    url=reverse("recovery", args=[words.code(one.number)])
                    if desk.sees(place_id=one.place_id, owner_id=one.owner_id)
                    else "",
                )
                for one in found[: words.PER_PAGE]
            ),
            search=Form(
                key="find-story",
                action=url,
                submit="Find",
                method="get",
                style="plain",
                fields=(Field(name="q", label="Find by words", kind="search", value=asked),),
            ),
            pager=words.pager(
                path=url,
                query=urlencode({"q": asked}) if asked else "",
                page=page,
                shown=len(found[: words.PER_PAGE]),
                more=len(found) > words.PER_PAGE,
                total=None,
            ),
            empty=Empty(
                title="None here",
                text="A story is told on the page of a closed recovery, once its customer allows it.",
            ),
            tell=Action(label="Tell everybody what is new this week", url=reverse("stories-tell"))
            if desk.may("stories-tell") and found
            else None,
        ),
    )


stories = staff(stories_screen)


@acts(stories_screen)
def digest(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Tell every colleague how many stories are new this week, and where."""
    now = desk.facts.now
    count = stories_tell_staff(organization_id=desk.organization_id, by=desk.member_id, since=now - NEW_FOR, now=now)
    tell(
        request,
        "Everybody is told." if count else "There is no new story this week.",
        detail="They get the number and the place, not the stories: what is withdrawn is nowhere." if count else "",
    )
    return gone_to("stories")


@act
def story(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Record the consent to tell a recovery, tell it, or take both out."""
    case = case_of(desk, code)
    given = {"organization_id": desk.organization_id, "recovery_id": case.id, "by": desk.member_id}
    now = desk.facts.now
    if request.POST.get("withdraw"):
        story_withdraw(**given, now=now)
        tell(request, "It is gone, here and in the stories.")
    elif "consent_how" in request.POST:
        how = answers(request.POST, consent_how="Choose how they said so.")["consent_how"]
        story_allow(**given, how=how, now=now)
        tell(request, "Their consent is recorded.", detail="Now tell the story in your own words.")
    else:
        said = answers(request.POST, story_title="Give it a title.", story="Write what happened.")
        story_tell(**given, title=said["story_title"], body=said["story"], now=now)
        tell(request, "It is told.", detail="Read it once more: names that we do not know stay in it.")
    return gone_to("recovery", code=code)


@act
def returned(request: HttpRequest, desk: Desk, *, code: str) -> HttpResponse:
    """Write down what a colleague knows of the customer's return."""
    case = case_of(desk, code)
    outcome = answers(request.POST, returned="Choose what you know.")["returned"]
    returned_say(
        organization_id=desk.organization_id,
        recovery_id=case.id,
        outcome=outcome,
        now=desk.facts.now,
        by=desk.member_id,
    )
    tell(request, "Written down.")
    return gone_to("recovery", code=code)
