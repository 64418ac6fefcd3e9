"""The report of a source that only watches, among the settings: what it comes to, day by day and line by line."""

from __future__ import annotations

from django.urls import reverse

from makegood.console.building.words import code, said_at
from makegood.console.desk import Desk
from makegood.console.templatetags.makegood_tags import money as written
from makegood.console.viewmodels import Action, Empty, Fact, Link, SettingsSection, Table, TableRow, Tag
from makegood.insights.shadow import HANDLE_MINUTES, ShadowLine, ShadowReport, Unheard

SHOWN = 200
"""So many lines stand on the page; all of them are in the file."""
LETTERS = {
    "acknowledgement": "an acknowledgement",
    "apology": "an apology",
    "update": "how it stands",
    "offer": "an offer",
    "floor": "what is owed",
    "follow_up": "a look after them",
    "score_request": "asking for a score",
    "outcome": "how it ended",
    "reminder": "a reminder of an offer",
    "reply": "an answer",
}
CHANNELS = {"mail": "e-mail", "page": "their page", "payment": "payment", "by hand": "by hand"}


def shadow_sections(desk: Desk, report: ShadowReport, *, source_id: int) -> tuple[SettingsSection, ...]:
    """This function will lay out the report; who may, finds the switch below its totals."""
    totals = SettingsSection(
        title="What it comes to",
        key="totals",
        lead="Customers of a shadow do not answer: no score, no yes to an offer. What your people clicked here "
        "was a rehearsal.",
        facts=_facts(desk, report),
        links=(Link(label="All of it as a CSV", url=reverse("source-shadow-file", args=[source_id])),),
    )
    waits = (_unheard(desk, report, report.unheard),) if report.unheard else ()
    going = (_go_live(report, source_id),) if report.watching and desk.may("settings-act") else ()
    return (totals, *waits, *going, _by_day(desk, report), _line_by_line(desk, report))


def _unheard(desk: Desk, report: ShadowReport, waits: Unheard) -> SettingsSection:
    one = waits.count == 1
    heard = f"was last heard up to {said_at(desk, waits.heard_until)}" if waits.heard_until else "was never heard"
    which = "it" if one else "the first of them"
    return SettingsSection(
        title=f"{waits.count:,} broken promise{' waits' if one else 's wait'} for word of {report.source}",
        key="unheard",
        lead=f"Not in this report yet: {which} fell due {said_at(desk, waits.first_at)}, and {report.source} {heard}. "
        "It may have been kept, and nobody told us. The next file or event from there that reaches past it decides: a "
        "nightly file tells of a failure with the file that comes next.",
    )


def _facts(desk: Desk, report: ShadowReport) -> tuple[Fact, ...]:
    letters = ", ".join(f"{LETTERS.get(kind, kind)} {count:,}" for kind, count in sorted(report.letters.items()))
    facts = [
        Fact(label="Recoveries", value=f"{report.recoveries:,}", note=f"{report.open_now:,} of them open now"),
        Fact(label="Letters", value=f"{sum(report.letters.values()):,}", note=letters),
    ]
    if report.waiting:
        facts.append(
            Fact(
                label="Wait for a click",
                value=f"{report.waiting:,}",
                note="drafts that nobody sent; live, they wait as well",
            )
        )
    for cost in report.costs:
        given = ", ".join(
            f"{name} {written(minor, desk.reader)}"
            for name, minor in (("owed by law", cost.floor), ("fix", cost.fix), ("extra", cost.extra))
        )
        facts.append(Fact(label=f"Given, in {cost.currency}", value=given, note="what it costs you"))
        if cost.offered:
            offered = written(cost.offered, desk.reader)
            facts.append(Fact(label="Offered besides", value=offered, note="if every customer says yes"))
    if report.capacity is not None:
        facts.append(
            Fact(
                label="People",
                value=f"{report.capacity.people:,}",
                note=f"to answer all but 1 % within a day, at {HANDLE_MINUTES} minutes each (an assumption)",
            )
        )
    return tuple(facts)


def _go_live(report: ShadowReport, source_id: int) -> SettingsSection:
    rest = f" {report.open_now:,} recoveries that are open in the shadow are closed." if report.open_now else ""
    return SettingsSection(
        title=f"Go live with {report.source}?",
        key="go-live",
        lead="From then on, whatever falls due and is not kept is put right for real: letters leave, and what is owed "
        f"is paid without a click.{rest} Nothing that this report lists is ever sent, and nothing of it bars or delays "
        "the first real word to anybody.",
        actions=(
            Action(
                label="Go live",
                about=report.source,
                url=reverse("settings-act", args=["sources", "live"]),
                style="go",
                hidden=(("source_id", str(source_id)),),
            ),
        ),
    )


def _by_day(desk: Desk, report: ShadowReport) -> SettingsSection:
    table = Table(
        caption="By day",
        head=("Day", "Letters", "Payments", "Other make-goods", "Charges stopped", "Cost"),
        rows=tuple(
            TableRow(
                cells=(
                    f"{one.day:%a} {one.day.day} {one.day:%b %Y}",
                    f"{one.letters:,}",
                    f"{one.payments:,}",
                    f"{one.gifts:,}",
                    f"{one.charges:,}",
                    ", ".join(written(cost, desk.reader) for cost in one.cost),
                )
            )
            for one in report.days
        ),
        numeric=(1, 2, 3, 4, 5),
        empty=Empty(title="Nothing yet", text="What it tells of from now on is worked out and listed here."),
    )
    return SettingsSection(title="By day", key="days", table=table)


def _line_by_line(desk: Desk, report: ShadowReport) -> SettingsSection:
    more = len(report.lines) - SHOWN
    table = Table(
        caption="Line by line",
        head=("To", "When", "What", "How", "Cost", "Why"),
        rows=tuple(
            TableRow(
                cells=(
                    f"{one.to or 'a customer we cannot name yet'}{f', {code(one.number)}' if one.number else ''}",
                    said_at(desk, one.at),
                    _what(one),
                    " ".join(part for part in (CHANNELS[one.channel], one.address) if part),
                    written(one.cost, desk.reader) if one.cost else "",
                    one.why,
                ),
                url=reverse("recovery", args=[code(one.number)]) if one.number else "",
                tag=Tag(text="offered") if one.kind == "gift" and not one.given else None,
            )
            for one in report.lines[:SHOWN]
        ),
        numeric=(4,),
        empty=Empty(title="Nothing yet", text="Nothing would have left so far."),
    )
    lead = f"The first {SHOWN}; {more:,} more are in the file." if more > 0 else ""
    return SettingsSection(title="Line by line", key="lines", lead=lead, table=table)


def _what(one: ShadowLine) -> str:
    if one.kind != "letter":
        return f"{one.what} ({one.part})" if one.part else one.what
    return f"{LETTERS.get(one.what, one.what).capitalize()}: {one.subject or one.words}"
