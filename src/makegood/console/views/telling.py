"""How one is told outside of Makegood: by which way, at what pace, and when to be left alone."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.asking import zones
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Action, Choice, Fact, Field, Form, Link
from makegood.console.viewmodels.settings import AccountPage, SettingsSection
from makegood.console.views.devices import device_done, devices_section
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.setting_chat import chat_fields, chat_given, chat_said
from makegood.core.calendars import UnusableCalendar
from makegood.core.nights import EVENING, MORNING
from makegood.core.telling import PACES, URGENT, UnusableQuiet
from makegood.organizations.chats import CHAT_NAMES, channel_of, chat_forget, chat_own
from makegood.organizations.telling import Ears, UnableToChooseTelling, ears_of, telling_choose

KINDS = {
    "warning": "A clock that is about to run out",
    "customer": "Word from a customer",
    "assignment": "What is yours now",
    "news": "Other news",
}
PACE_WORDS = {"at_once": "At once", "hourly": "Gathered, each full hour", "morning": "Gathered, each morning"}
NOT_AT_ALL = "none"
INSTEAD = "What surely did not go is mailed instead."
OWN = "In your own channel."
SHARED = "In a channel that others read too: it begins with your name."
LEAD = (
    "Everything is among your notices at once. This is about what comes to you besides: what you looked at by then, or"
    " what is done, is not told again."
)
URGENT_LEAD = (
    "What somebody waits for is told at once: a clock that ran out, and what you are asked to approve. It waits for the"
    " end of your quiet hours, unless you choose below to be woken for an escalation."
)


def telling_page(request: HttpRequest, desk: Desk, **names: object) -> Screen:
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
                devices_section(desk),
                _channel(desk),
            ),
            devices=True,
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
                name="way",
                label="You are told",
                kind="radio",
                required=True,
                value=mine.way if mine.way != "mail" or mine.by_mail else NOT_AT_ALL,
                choices=_ways(desk, mine),
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


def _ways(desk: Desk, mine: Ears) -> tuple[Choice, ...]:
    """The ways that there are for this member."""
    yet = "" if settings.EMAIL_URL or settings.DEMO else " No mail leaves yet: no mail server is set (EMAIL_URL)."
    mail = Choice(
        value="mail", label="By mail", hint=f"To {desk.facts.email}, with a link to the one next thing to do.{yet}"
    )
    none = Choice(value=NOT_AT_ALL, label="Not at all", hint="All of it stays among your notices.")
    chat: tuple[Choice, ...] = ()
    if mine.chat or mine.way == "chat":
        found = channel_of(organization_id=desk.organization_id, member_id=desk.member_id)
        where = "There is no channel at present." if found is None else OWN if not found.shared else SHARED
        label = "In Slack or Teams" if found is None else f"In {CHAT_NAMES[found.kind]}"
        chat = (Choice(value="chat", label=label, hint=f"{where} {INSTEAD}"),)
    push: tuple[Choice, ...] = ()
    if mine.push or mine.way == "push":
        there = "As notifications." if mine.push else "There is no device at present."
        push = (Choice(value="push", label="On your devices", hint=f"{there} {INSTEAD}"),)
    return (mail, *push, *chat, none)


def _channel(desk: Desk) -> SettingsSection:
    """A channel of one's own, to be brought or forgotten."""
    own = chat_own(organization_id=desk.organization_id, member_id=desk.member_id)
    form = Form(
        key="own-channel", action=reverse("account-channel", args=["keep"]), submit="Keep it", fields=chat_fields()
    )
    if own is None:
        lead = "Bring one that nobody else reads, then choose above to be told in it."
        return SettingsSection(title="A channel of your own in Slack or Teams", key="channel", lead=lead, forms=(form,))
    return SettingsSection(
        title="Your own channel",
        key="channel",
        facts=(
            Fact(label="Where", value=CHAT_NAMES[own.kind], note=own.host),
            Fact(label="How it does", value=chat_said(desk, own)),
        ),
        actions=(Action(label="Forget it", style="danger", url=reverse("account-channel", args=["forget"])),),
        forms=(form,),
    )


@acts(telling_page)
def device(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
    """Add the browser that asks as a device, or forget one."""
    if desk.facts.user_id is None:
        raise Http404
    device_done(request, desk, how=how)
    return gone_to("account-telling")


@acts(telling_page)
def channel(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
    """Keep a channel of one's own, or forget it."""
    here, mine = desk.organization_id, desk.member_id
    if desk.facts.user_id is None or how not in ("keep", "forget"):
        raise Http404
    if how == "keep":
        chat_given(request, desk, member_id=mine)
        tell(request, "It is kept.", detail="Choose above to be told in it.")
    elif own := chat_own(organization_id=here, member_id=mine):
        chat_forget(organization_id=here, chat_id=own.id, member_id=mine, by=mine, now=desk.facts.now)
        tell(request, "It is forgotten.")
    return gone_to("account-telling")


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
            way="mail" if given.get("way") == NOT_AT_ALL else given.get("way", ""),
            by_mail=given.get("way") != NOT_AT_ALL,
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
        field = f"pace_{next(iter(KINDS))}" if "each kind" in str(error) else "way"
        raise Unanswered({field: str(error)}) from error
    tell(request, "You are told so from now on.", detail="What waits for you already keeps its time.")
    return gone_to("account-telling")


def _clock(request: HttpRequest, name: str) -> time:
    """A time of the day as a browser sends it. Raises Unanswered for one that is none."""
    try:
        return time.fromisoformat(request.POST.get(name, "")).replace(tzinfo=None)
    except ValueError:
        raise Unanswered({name: "Write a time, such as 21:00."}) from None
