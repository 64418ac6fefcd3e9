"""The desk: who looks at a page, at what moment, what they may see, and the frame that is drawn around it."""

from __future__ import annotations

import attrs
from django.conf import settings
from django.urls import reverse

from makegood.console import permissions
from makegood.console.sessions import Membership
from makegood.console.viewmodels import Action, Link, Notice, Reader, Shell
from makegood.core.money import Money
from makegood.organizations.queries import DeskFacts
from makegood.organizations.visits import Visitor
from makegood.recoveries.seeing import sees
from makegood.store.clocks import STILL

ROLE_WORDS = {"employee": "Employee", "manager": "Manager", "finance": "Finance", "admin": "Admin"}
NAV = (
    ("today", "Today"),
    ("recoveries", "Recoveries"),
    ("promises", "Promises"),
    ("incidents", "Incidents"),
    ("customers", "Customers"),
    ("causes", "Causes"),
    ("insights", "Insights"),
)
PAYMENTS = (("payouts", "Payments"),)
INBOX = (("inbox", "Inbox"),)


@attrs.frozen(kw_only=True)
class Desk:
    """A signed-in member, their organization and its present moment."""

    visitor: Visitor
    facts: DeskFacts

    @property
    def organization_id(self) -> int:
        """The organization that everything on this page belongs to."""
        return self.visitor.organization_id

    @property
    def member_id(self) -> int:
        """The member who looks and acts."""
        return self.visitor.member_id

    @property
    def places(self) -> tuple[int, ...] | None:
        """The places that they serve; None is all."""
        return self.facts.places

    @property
    def reader(self) -> Reader:
        """For writing times and amounts: in English as the pages are, whatever language customers are written to in."""
        return Reader(now=self.facts.now, zone=self.facts.zone)

    def sees(self, *, place_id: int | None, owner_id: int) -> bool:
        """This function will say whether a recovery of this place and owner is shown to this member."""
        return sees(member_id=self.member_id, places=self.places, place_id=place_id, owner_id=owner_id)

    def may(self, name: str) -> bool:
        """This function will say whether this member may use the address of this name."""
        return permissions.may(role=self.facts.role, name=name)

    def money(self, minor: int | None, currency: str = "") -> Money | None:
        """This function will make an amount, in the organization's currency where none is named."""
        return None if minor is None else Money(minor=minor, currency=currency or self.facts.currency)


@attrs.frozen(kw_only=True)
class Waiting:
    """What waits for this member: incidents to decide, notices they have not read, money to pay by hand."""

    incident: int = 0
    notices: int = 0
    payouts: int = 0


def shell_of(
    desk: Desk, *, current: str, notices: tuple[Notice, ...], others: list[Membership], waiting: Waiting
) -> Shell:
    """This function will draw the frame of a page: the ways to go, and what must be known everywhere."""
    facts = desk.facts
    counts = {"incidents": waiting.incident, "payouts": waiting.payouts}
    return Shell(
        organization=facts.organization,
        reader=desk.reader,
        member=facts.name,
        member_id=desk.member_id,
        initials="".join(part[0] for part in facts.name.split()[:2]).upper(),
        place=", ".join(facts.place_names[:2]),
        role=ROLE_WORDS[facts.role],
        nav=tuple(
            Link(
                label=label,
                url=reverse(name),
                current=name == current,
                count=counts.get(name) or None,
            )
            for name, label in (
                *NAV,
                *(PAYMENTS if facts.role == permissions.FINANCE or waiting.payouts else ()),
                *(INBOX if facts.delivery == "inbox" else ()),
            )
        ),
        home_url=reverse("today"),
        report_url=reverse("report") if desk.may("report") else "",
        search_url=reverse("search"),
        settings_url=_settings_url(facts.role),
        account_url=reverse("account") if facts.user_id else "",
        bell=Link(label="Notices", url=reverse("notices"), current=current == "notices", count=waiting.notices or None),
        sign_out=Action(label="Sign out", url=reverse("sign-out")),
        organizations=tuple(
            Action(
                label=f"Switch to {other.name}",
                url=reverse("switch-organization"),
                hidden=(("organization", str(other.organization_id)),),
            )
            for other in others
            if other.organization_id != desk.organization_id
        ),
        banners=_banners(facts),
        notices=notices,
    )


def _settings_url(role: str) -> str:
    for section, roles in permissions.SETTINGS.items():
        if role in roles:
            return reverse("settings", args=[section])
    return ""


def _banners(facts: DeskFacts) -> tuple[Notice, ...]:
    banners = []
    if facts.stopped_at is not None:
        banners.append(
            Notice(
                text="Sending is stopped.",
                tone="bad",
                detail="No message and no payment leaves until it goes on; your own people are mailed how to sign in.",
            )
        )
    if facts.delivery == "shadow":
        banners.append(Notice(text="Shadow.", tone="note", detail="Everything runs, and nothing leaves."))
    if facts.delivery == "inbox":
        banners.append(_demo(facts))
    return tuple(banners)


def _demo(facts: DeskFacts) -> Notice:
    """That this is a demo, how its time goes, and the button that stops it or lets it run."""
    still = facts.speed <= STILL
    time, act = "", None
    if facts.clock == "running" and settings.DEMO:
        time = "Time stands still until you do something. " if still else f"Time runs {facts.speed:g} times as fast. "
        act = Action(
            label="Let time run" if still else "Stop time",
            url=reverse("demo-time"),
            hidden=(("time", "run" if still else "stop"),),
        )
    return Notice(
        text="Demo.", tone="note", detail=f"{time}Messages go to the demo's inbox and to nobody else.", undo=act
    )
