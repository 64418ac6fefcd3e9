"""Today: who waits past a deadline, then the largest expected loss; and what a person has to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.building.data_in import file_lines
from makegood.console.building.doubts import doubt_text
from makegood.console.building.insights import today_figures
from makegood.console.building.leaving import leaving_words, yes_said
from makegood.console.building.mails import TO_CUSTOMER, mails_in_trouble
from makegood.console.building.orders import order_lines, orders_note
from makegood.console.building.setting_up import set_up_left
from makegood.console.building.silent import silent_lines
from makegood.console.desk import Desk
from makegood.console.viewmodels import (
    Action,
    Empty,
    Figure,
    Link,
    Proposal,
    SignalRow,
    TodayPage,
)
from makegood.console.viewmodels.today import DoubtLine
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.failures.queries import IncidentFacts, SignalFacts, incidents_list, signal_one, signals_open
from makegood.failures.signals import signal_dismiss, signal_open
from makegood.makegoods.doubts import doubts_quiet
from makegood.messages.operations import message_retry, message_stop
from makegood.messages.queries import message_row
from makegood.promises.naming import OrderNamed
from makegood.recoveries import queries as recoveries
from makegood.recoveries.operations import incident_leaving
from makegood.recoveries.operations.unmatched import MailSaid, mail_orders, signals_words
from makegood.recoveries.queries.faces import open_counts, recovery_of_message

SHOWN = 25
SAID = 600
LEAD = "Who waits past a deadline, of a clock or of a step, comes first; then the most at risk."
NUMBERS = (
    "nobody", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
TURNS = {6: "before six", 12: "before noon", 18: "before six", 0: "before midnight"}
SIGNALS = {
    "complaint": "A complaint",
    "low_score": "A low score",
    "wrong_charge": "Perhaps charged wrongly",
    "outage": "Hit by an outage",
    "rework": "Work was done again",
    "silent": "Has fallen silent",
    "changed_date": "The date was changed without asking them",
}


def today_page(request: HttpRequest, desk: Desk, **names: object) -> Screen:
    """Show what to do now."""
    here, now = desk.organization_id, desk.facts.now
    scope = request.GET.get("whose", "all")
    mine = scope == "mine"
    listed = recoveries.today(
        organization_id=here,
        owner_id=desk.member_id if mine else None,
        place_ids=None if mine else desk.places,
        limit=SHOWN,
        walker=desk.member_id,
    )
    counts = open_counts(organization_id=here, member_id=desk.member_id, places=desk.places, now=now)
    shown = counts.mine if mine else counts.open
    path = reverse("today")
    signals = signals_open(organization_id=here, places=desk.places) if desk.may("signal-decide") else []
    written = signals_words(organization_id=here, signal_ids=[one.id for one in signals])
    orders = mail_orders(organization_id=here, mails=written)
    proposed = incidents_list(organization_id=here, places=desk.places, states=("proposed",), most=5)
    turn = _evening(desk)
    late = sum(row.late and not row.word_waits for row in listed)
    soon = sum(now <= row.soonest_at < turn and not row.late and not row.word_waits for row in listed)
    return Screen(
        template="console/today.html",
        current="today",
        page=TodayPage(
            title=_title(
                shown=shown, late=late, soon=soon, listed=len(listed), turn=turn, asked=len(signals) + len(proposed)
            )
            + _held(proposed, alone=not shown),
            lead=LEAD if listed else "",
            rows=tuple(words.recovery_row(desk, row) for row in listed),
            proposals=tuple(_proposal(desk, one) for one in proposed),
            mails=mails_in_trouble(desk),
            signals=tuple(_signal(desk, one, written.get(one.id), orders.get(one.id, ())) for one in signals),
            doubts=_doubts(desk),
            silent=silent_lines(desk),
            set_up=set_up_left(desk),
            files=file_lines(desk),
            figures=_figures(desk),
            all_url=reverse("recoveries") if shown > len(listed) else "",
            all_label=f"All {shown:,} open recoveries",
            refresh_url=f"{path}?whose={scope}" if mine else path,
            scope=(
                Link(label="Mine", url=f"{path}?whose=mine", current=mine, count=counts.mine or None),
                Link(
                    label="All places" if desk.places is None else "My places",
                    url=path,
                    current=not mine,
                    count=counts.open or None,
                ),
            ),
            empty=Empty(
                title="Nothing waits here",
                text="When a promise breaks or somebody reports a failure, the customer appears here.",
                link=Link(label="Report a failure", url=reverse("report")) if desk.may("report") else None,
            ),
        ),
    )


today = staff(today_page)


def _evening(desk: Desk) -> datetime:
    """The next six o'clock of the morning, noon, evening or midnight: what people mean by "before six"."""
    local = desk.facts.now.astimezone(ZoneInfo(desk.facts.zone))
    turn = next((hour for hour in (6, 12, 18) if local.hour < hour), 24)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=turn)


def _title(*, shown: int, late: int, soon: int, listed: int, turn: datetime, asked: int) -> str:
    """Say how many are past their time, and how many more need us until the day turns; how many at all if neither.

    Where no recovery is open, say how many wait for a yes or a no to become one.
    """
    if not shown and asked:
        return f"{_many(asked, more=False)} {'waits' if asked == 1 else 'wait'} for your yes or no"
    if not shown:
        return "Nobody needs us right now"
    cut = shown > listed
    if late:
        many = _many(late, more=cut and late == listed)
        said = f"{many} {'customer waits' if late == 1 else 'customers wait'} past a deadline"
        need = f"{_many(soon, more=cut and late + soon == listed)} more {'needs' if soon == 1 else 'need'}"
        return f"{said}, {need.lower()} us {TURNS[turn.hour]}" if soon else said
    count = soon or shown
    noun = "customer needs" if count == 1 else "customers need"
    return f"{_many(count, more=cut and soon == listed)} {noun} us{f' {TURNS[turn.hour]}' if soon else ''}"


def _held(proposed: Sequence[IncidentFacts], *, alone: bool) -> str:
    """Say for how many everything is held until somebody says whether it is one incident."""
    held = sum(one.failures - one.withdrawn for one in proposed if one.reason != "silence")
    if not held:
        return ""
    are = f"{held:,} {'is' if held == 1 else 'are'} held"
    return f": {are}" if alone else f"; {are} for a yes or no"


def _many(count: int, *, more: bool) -> str:
    said = f"{count:,}" if count >= len(NUMBERS) else NUMBERS[count]
    return f"More than {said}" if more else said.capitalize()


def _proposal(desk: Desk, one: IncidentFacts) -> Proposal:
    code = words.incident_code(one.number)
    held = one.failures - one.withdrawn
    what = f"{held:,} customer{'s' if held != 1 else ''}"
    if one.reason == "silence":
        text = f"{what} depend on it: what they were promised is held for review. Nothing has been sent to them."
    else:
        text = f"{what}, let down together. What is still to go to them is held until somebody says what this is."
    may, leaving = desk.may("incident-confirm"), None
    if may:
        leaving = incident_leaving(
            organization_id=desk.organization_id, incident_id=one.id, by=desk.member_id, now=desk.facts.now
        )
        text = f"{text} {yes_said(desk, one, leaving)}".rstrip()
    look = Link(label=f"See the {held:,}", url=reverse("incident", args=[code]))
    return Proposal(
        title=one.title,
        held=text if may else f"{text} A manager decides.",
        confirm=Action(
            label="Yes, it is one incident",
            url=reverse("incident-confirm", args=[code]),
            style="gold",
            hidden=(("seen", str(held)),),
        )
        if may
        else None,
        dismiss=Action(label="No, treat each alone", url=reverse("incident-dismiss", args=[code])) if may else None,
        look=look,
        since_at=one.active_from,
        kind=one.reason,
        leaving=leaving_words(leaving),
    )


@acts(today_page)
def mail_decide(request: HttpRequest, desk: Desk, *, message_id: int, decision: str) -> HttpResponse:
    """Decide about a mail in trouble: send it again, by a named person's word."""
    here = desk.organization_id
    row = message_row(organization_id=here, message_id=message_id)
    recovery = row and row.thread_id and recovery_of_message(organization_id=here, thread_id=row.thread_id)
    if row is None or (recovery and not desk.sees(place_id=recovery[1], owner_id=recovery[2])):
        raise Http404
    given = {"organization_id": here, "message_id": message_id, "by": desk.member_id, "now": desk.facts.now}
    if decision == "again":
        message_retry(**given)
        tell(request, "It is sent again.")
    elif decision == "stop":
        message_stop(**given)
        tell(request, "It is stopped.")
    else:
        raise Http404
    if recovery and request.POST.get("back") == words.code(recovery[0]):
        return gone_to("recovery", code=words.code(recovery[0]))
    if row.customer_id is not None and request.POST.get("back") == TO_CUSTOMER:
        return gone_to("customer", customer_id=row.customer_id)
    return redirect("today")


def _signal(desk: Desk, one: SignalFacts, mail: MailSaid | None, orders: tuple[OrderNamed, ...]) -> SignalRow:
    """A signal; where it is a mail, with its subject and words, who wrote it and which orders of theirs it names."""
    score = f": {one.value}" if one.value is not None else ""
    who = words.who(one.customer or (mail.address if mail else ""))
    by_mail = f"By mail from {mail.address}" if mail and mail.address and mail.address != who else "By mail"
    return SignalRow(
        text=f"A mail that answers nothing of ours: {mail.subject or 'no subject'}"
        if mail
        else f"{SIGNALS[one.kind]}{score}",
        said=mail.body.strip()[:SAID] if mail else "",
        source=by_mail if mail else one.source or "By hand",
        at=one.happened_at,
        who=who,
        orders=order_lines(desk, orders),
        orders_note=orders_note(orders),
        actions=(
            Action(label="Nothing wrong", about=who, url=reverse("signal-decide", args=[one.id, "dismiss"])),
            Action(
                label="Open a recovery",
                about=who,
                style="go",
                url=reverse("signal-decide", args=[one.id, "open"]),
            ),
        ),
    )


@acts(today_page)
def signal_decide(request: HttpRequest, desk: Desk, *, signal_id: int, decision: str) -> HttpResponse:
    """Decide about a signal: it speaks of no failure, or a recovery opens."""
    here, now = desk.organization_id, desk.facts.now
    one = signal_one(organization_id=here, signal_id=signal_id, places=desk.places)
    if one is None or decision not in ("open", "dismiss"):
        raise Http404
    given = {"organization_id": here, "signal_id": signal_id, "by": desk.member_id, "now": now}
    if decision == "open":
        mails = signals_words(organization_id=here, signal_ids=[one.id])
        orders = mail_orders(organization_id=here, mails=mails).get(one.id, ())
        mail = mails.get(one.id)
        what = " ".join(((mail.subject or mail.body) if mail else "").split())[:160] or SIGNALS[one.kind]
        signal_open(
            what=what,
            place_id=desk.places[0] if desk.places else None,
            about=orders[0] if len(orders) == 1 else None,
            **given,
        )
        tell(request, "A recovery is open.")
    else:
        signal_dismiss(**given)
        tell(request, "Set aside.")
    return redirect("today")


def _doubts(desk: Desk) -> tuple[DoubtLine, ...]:
    """What is owed and not decided where no recovery asks for the fact."""
    if not desk.may("promise-floor-fact"):
        return ()
    return tuple(
        DoubtLine(
            who=words.who(one.customer),
            text=f"{one.what}: {one.doubt.title}. {doubt_text(one.doubt)}",
            at=one.doubt.since_at,
            look=Link(label="Decide it", url=reverse("promise", args=[one.promise_id])),
        )
        for one in doubts_quiet(organization_id=desk.organization_id, places=desk.places)
    )


def _figures(desk: Desk) -> tuple[Figure, ...]:
    return today_figures(
        organization_id=desk.organization_id,
        reader=desk.reader,
        currency=desk.facts.currency,
        url=reverse("insights"),
    )
