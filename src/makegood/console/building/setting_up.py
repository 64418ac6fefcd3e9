"""The steps of setting up that look at what is there: the playbook, the limits, the mail; and what is left to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import attrs
from django.conf import settings
from django.urls import reverse

from makegood.console.building.playbooks import hours_known, playbook_said, playbook_title, playbooks_listed
from makegood.console.building.words import code
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Action, Fact, Link
from makegood.console.viewmodels.today import SetUpLeft
from makegood.listen.mailbox.queries import mailbox_facts
from makegood.listen.setting_up import STEPS, set_up_done
from makegood.listen.trial import PAID, trial_under_way
from makegood.makegoods.limits import budgets_all, limits_all
from makegood.organizations.queries import MemberFacts, members_all, organization_facts, places_all
from makegood.organizations.setting_up import REST
from makegood.promises.queries import sources_all

TEST_OVER = "test-over"
"""What a test is ended by."""
HERE = ("127.0.0.1", "::1", "localhost")
SAID = {
    "places": "places",
    "hours": "opening hours",
    "members": "people",
    "sources": "sources",
    "playbook": "a look at the playbook",
    "limits": "limits",
    "mail": "mail in",
    "test": "a test failure",
}
OVERS = {"day": "in a day", "recovery": "in one recovery", "customer": "to one customer in a year"}
FEW = 12
"""So many people are told of by name, each with what they may give."""
FOLLOWING = 6
"""So many who follow a playbook are named; of more it is said how many."""


@attrs.frozen(kw_only=True)
class Look:
    """What stands there now, and where it is changed."""

    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    actions: tuple[Action, ...] = ()


def playbook_look(desk: Desk) -> Look:
    """This function will say which playbooks anything follows, what each does, and who follows it."""
    here = desk.organization_id
    hours = hours_known(organization_id=here)
    follow: dict[str, list[str]] = {}
    for one in (*sources_all(organization_id=here), *places_all(organization_id=here)):
        if one.playbook:
            follow.setdefault(one.playbook, []).append(one.name)
    listed = playbooks_listed(organization_id=here)
    shown = [one for one in listed if one.code == "default" or one.code in follow]
    return Look(
        facts=tuple(
            Fact(
                label=playbook_title(one),
                value=playbook_said(one, hours=hours),
                note=_followed(one.code, follow.get(one.code, [])),
            )
            for one in shown
        ),
        links=(
            *(
                Link(label=f"Change “{playbook_title(one)}”", url=reverse("playbook-write", args=[one.code]))
                for one in shown
            ),
            Link(label="All playbooks", url=reverse("settings", args=["playbook"])),
        ),
    )


def _followed(code: str, names: list[str]) -> str:
    said = ", ".join(names[:FOLLOWING])
    if len(names) > FOLLOWING:
        said = f"{said} and {len(names) - FOLLOWING:,} more"
    if code != "default":
        return f"Followed by {said}."
    also = f" Followed by {said}, too." if said else ""
    return f"What comes by mail and what your people report follows it, unless its place has one of its own.{also}"


def _given_by(desk: Desk, people: Sequence[MemberFacts]) -> Iterator[Fact]:
    """What each may give in a day; of more than a few, those of one role who may give as much stand together."""
    alike: dict[tuple[str, int], list[str]] = {}
    for one in people:
        alike.setdefault((ROLE_WORDS[one.role], one.limit_minor), []).append(one.name)
    rows = [(role, limit, names) for (role, limit), names in alike.items()]
    if len(people) > FEW:
        rows.sort(key=lambda row: (-len(row[2]), row[0], row[1]))
    else:
        rows = [(ROLE_WORDS[one.role], one.limit_minor, [one.name]) for one in people]
    for role, limit, names in rows:
        label = f"{names[0]}, {role.lower()}" if len(names) == 1 else f"{role}: {len(names)} people"
        yield Fact(label=label, value=f"{written(desk.money(limit), desk.reader)} in a day")


def limits_look(desk: Desk) -> Look:
    """This function will say what each person may give in a day, and what bounds them besides."""
    here = desk.organization_id
    people = [one for one in members_all(organization_id=here) if one.active]
    more = [
        Fact(
            label=one.member or f"Each {ROLE_WORDS[one.role].lower()}",
            value=f"{written(one.amount, desk.reader)} {OVERS[one.over]}",
        )
        for one in limits_all(organization_id=here)
    ]
    budgets = [
        Fact(
            label=f"Budget of {one.place or 'all places'}",
            value=f"{written(one.amount, desk.reader)}, of which {written(one.left, desk.reader)} are left",
            note=f"until {one.last.isoformat()}",
        )
        for one in budgets_all(organization_id=here, most=5)
    ]
    return Look(
        facts=(
            *_given_by(desk, people),
            *more,
            *(budgets or [Fact(label="Budgets", value="None: nothing but these limits bounds what is given")]),
        ),
        links=(Link(label="Limits and budgets", url=reverse("settings", args=["limits"])),),
    )


def mail_look(desk: Desk) -> Look:
    """This function will say how mail leaves and comes in, and of each part that is missing what to do."""
    house = organization_facts(organization_id=desk.organization_id).reply_address
    return Look(
        facts=(
            _leaves(desk),
            _address(),
            Fact(label="Customers get mail from", value=house)
            if house
            else Fact(
                label="Customers get mail from",
                value="No address of yours yet",
                note="Settings, Mail in, asks for it: answers come back to it.",
            ),
            _mailbox(desk),
        ),
        links=(
            Link(label="Mail in", url=reverse("settings", args=["mail"])),
            Link(label="Delivery", url=reverse("settings", args=["delivery"])),
        ),
    )


def _leaves(desk: Desk) -> Fact:
    if desk.facts.delivery != "live":
        said = "Nowhere: this organization only watches" if desk.facts.delivery == "shadow" else "To the demo's inbox"
        return Fact(label="Mail leaves", value=said)
    if settings.EMAIL_URL:
        return Fact(label="Mail leaves", value=f"Through {urlsplit(settings.EMAIL_URL).hostname}")
    return Fact(
        label="Mail leaves",
        value="Not yet: no mail server is set",
        note="Whoever runs this machine sets EMAIL_URL to smtp://user:password@host:port and starts Makegood again.",
    )


def _address() -> Fact:
    host = urlsplit(settings.PUBLIC_URL).hostname
    if host not in HERE:
        return Fact(label="Links in mails lead to", value=settings.PUBLIC_URL)
    return Fact(
        label="Links in mails lead to",
        value=f"{settings.PUBLIC_URL}, this machine only",
        note="Whoever runs this machine sets MAKEGOOD_URL to the address at which customers reach it.",
    )


def _mailbox(desk: Desk) -> Fact:
    found = mailbox_facts(organization_id=desk.organization_id)
    if found is None or not found.active:
        return Fact(
            label="Mailbox",
            value="None is read",
            note="Complaints and answers by mail are seen by nobody here until one is; Settings, Mail in, sets it.",
        )
    return Fact(label="Mailbox", value=f"{found.username} at {found.host}", note=found.trouble)


def test_look(desk: Desk) -> Look:
    """This function will say what a test failure does and what not, and lead to the one under way."""
    number = trial_under_way(organization_id=desk.organization_id, member_id=desk.member_id)
    paid = written(desk.money(PAID), desk.reader)
    mailed = (
        f"One goes to you, at {desk.facts.email}: it shows that mail leaves"
        if trial_mailed(desk)
        else "None goes to you: no mail leaves here yet"
    )
    return Look(
        facts=(
            Fact(
                label="What happens",
                value=f"A made-up customer paid {paid} for a parcel that came damaged. It is judged, it is yours, its"
                " clocks run, an apology is drafted, what may be given is proposed, and the customer's page opens.",
                note="You walk it with the pages that you will work with.",
            ),
            Fact(
                label="What does not",
                value="No letter leaves and nothing is given. It is marked as a test, counts in no figure, budget,"
                " ledger or lesson, and nobody else is told of it or finds it in their lists.",
            ),
            Fact(label="Mail", value=mailed),
            Fact(
                label="Afterwards",
                value="One click removes it; after a day it ends by itself. The made-up customer is forgotten then.",
                note="That there was a test stays in the record.",
            ),
        ),
        links=(Link(label=f"Open the test, {code(number)}", url=reverse("recovery", args=[code(number)])),)
        if number is not None
        else (),
        actions=(Action(label="Remove this test", url=reverse("set-up-step", args=[TEST_OVER])),)
        if number is not None
        else (),
    )


def trial_mailed(desk: Desk) -> bool:
    """This function will say whether a mail can go to who sends a test."""
    return bool(desk.facts.delivery == "live" and settings.EMAIL_URL and desk.facts.email)


LOOKS = {"test": test_look, "playbook": playbook_look, "limits": limits_look, "mail": mail_look}


def set_up_left(desk: Desk) -> SetUpLeft | None:
    """This function will say to an admin what of setting up is left, until all is done or they want no reminder."""
    if not desk.may("set-up-step") or desk.facts.delivery == "inbox":
        return None
    done = set_up_done(organization_id=desk.organization_id)
    left = [step for step in STEPS if step in SAID and step not in done]
    if not left or REST in done:
        return None
    return SetUpLeft(
        text=f"Not set up yet: {', '.join(SAID[step] for step in left)}.",
        go=Link(label="Go on setting up", url=reverse("set-up-step", args=[left[0]])),
        dismiss=Action(label="Leave it so", url=reverse("set-up-step", args=[REST])),
    )
