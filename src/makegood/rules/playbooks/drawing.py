"""A playbook on one page, drawn from what it says: to print and hang up where the people work who follow it."""

from __future__ import annotations

from collections.abc import Sequence

from makegood.core.evidence import GRADES
from makegood.core.plans import SeverityRule
from makegood.core.remedies import LOSSES, MATCHES
from makegood.core.steps import FACES, Step
from makegood.rules.playbooks import Playbook
from makegood.rules.playbooks.page import Panel, page
from makegood.rules.playbooks.treating import (
    TARGET_WORDS,
    TIERS,
    said_follow_ups,
    said_send,
    span,
)

LOSS_ORDER = ("money", "goods", "service", "time", "attention", "trust")
CLOSING = (
    "It is put right, and what is owed is paid.",
    "What was offered has arrived, was declined, or ran out after a reminder.",
    "The follow-up found out whether they are back; after a score under 6, that they are.",
)
APOLOGY = (
    "Say what happened, that it was ours, and what is being put right.",
    "Once for one cause in 90 days; nothing is sold, nothing is blamed.",
)


def drawn(*, playbook: Playbook, version: int | None = None) -> str:
    """This function will draw a playbook on one A4 page, as SVG; `version` is told where it was published."""
    note = f"{playbook.code}, version {version}" if version else playbook.code
    first = (_counts(playbook), _grave(playbook), _clocks(playbook))
    last = (_right(playbook), _extras(playbook), _apology(playbook), _after(playbook), _close(playbook))
    whys = tuple(f"{_words(one.of).capitalize()}: {one.says} {_finding(one.evidence)}" for one in playbook.whys)
    rows: list[Sequence[Panel]] = [first, _steps(playbook), last]
    if whys:
        third = -(-len(whys) // 3)
        columns = [whys[at : at + third] for at in range(0, len(whys), third)]
        titles = ("Why it is so", "[finding, its grade]", "A best, then B, C; L law; M unproven")
        rows.append([Panel(title=title, paragraphs=part) for title, part in zip(titles, columns, strict=False)])
    starred = any("*" in line for panel in rows[1] for line in panel.paragraphs)
    return page(title=playbook.title, note=f"{note}; * needed before the step is done" if starred else note, rows=rows)


def _finding(evidence: str) -> str:
    return f"[{evidence}, {GRADES[evidence]}]" if evidence else ""


def _words(code: str) -> str:
    return code.replace(".", ", ").replace("_", " ")


def _counts(playbook: Playbook) -> Panel:
    lines = []
    for kind, rule in playbook.promises.items():
        name = "Any other promise" if kind == "default" else _words(kind).capitalize()
        late = "at once" if rule.certain_to_notice or not rule.notice_minutes else f"{span(rule.notice_minutes)} late"
        lines.append(f"{name}: {late}; they lose {rule.loss}")
    return Panel(title="1. When it counts as broken", paragraphs=(*lines[1:], lines[0]))


def _grave(playbook: Playbook) -> Panel:
    rules = [f"{rule.severity}: {_rule(rule)}" for rule in playbook.severity_rules]
    owners = ", ".join(f"{grade} {TIERS[tier]}" for grade, tier in sorted(playbook.tiers.items()))
    again = f"Failed again within {playbook.watch_days} days: one graver, and one person higher."
    team = (f"Team: {playbook.team}",) if playbook.team else ()
    return Panel(title="2. How grave (1 to 4), and who owns it", paragraphs=(*rules, again, f"Owner: {owners}", *team))


def _rule(rule: SeverityRule) -> str:
    price = (f"from {rule.price_from}",) if rule.price_from else ()
    losses = (f"{', '.join(sorted(rule.losses))} lost",) if rule.losses else ()
    kinds = (", ".join(_words(kind) for kind in sorted(rule.kinds)),) if rule.kinds else ()
    return "; ".join((*kinds, *losses, *price)) or "everything"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _clocks(playbook: Playbook) -> Panel:
    lines = []
    for target, word in TARGET_WORDS.items():
        if target in playbook.targets:
            minutes, new = (playbook.target_minutes(target=target, group=group)[0] for group in ("regular", "new"))
            shorter = f"; first-time customers {span(new)}" if new != minutes else ""
            lines.append(f"{word.capitalize()}: {span(minutes)}{shorter}")
    then = f", then every {span(playbook.then_minutes)}" if playbook.then_minutes else ""
    again = f"again every {span(playbook.repeat_minutes)}, {_times(playbook.repeats)}"
    told = f"Missed: the next person up is told, {again}"
    hours = f"Working time of {playbook.calendar} counts." if playbook.calendar else "Every hour counts."
    return Panel(
        title="3. By when", paragraphs=(*lines, f"{told}{then}, until somebody acknowledges it.", hours), share=1.2
    )


def _steps(playbook: Playbook) -> tuple[Panel, ...]:
    found = []
    for number, step in enumerate(Step, start=1):
        rule, face = playbook.steps[step], FACES[step]
        minutes = playbook.targets[rule.clock].minutes if rule.clock else rule.minutes
        found.append(
            Panel(
                title=f"{number}. {face.title}",
                paragraphs=(face.means, f"Within {span(minutes)}", _sent(rule.send), *_help(playbook, step)),
            )
        )
    return tuple(found)


def _help(playbook: Playbook, step: str) -> tuple[str, ...]:
    """What helps at a step, by its title; a star marks what keeps the step open until it is there."""
    given = playbook.help
    told = (
        ("Talk", [one.title for one in given.dialogues if one.step == step]),
        ("Tick", [_starred(one.title, any(i.must for i in one.items)) for one in given.checklists if one.step == step]),
        ("Fill in", [_starred(one.title, one.must) for one in given.forms if one.step == step]),
    )
    return tuple(f"{word}: {'; '.join(titles)}" for word, titles in told if titles)


def _starred(title: str, must: bool) -> str:
    return f"{title}*" if must else title


def _sent(send: str) -> str:
    return f"Said {said_send(send)}" if send != "person" else "A person says it"


def _right(playbook: Playbook) -> Panel:
    others = [f"{_words(kind).capitalize()}: {fix.title}" for kind, fix in playbook.fixes.items() if kind != "any"]
    return Panel(
        title="What puts it right", paragraphs=(*others, f"Anything else: {playbook.fixes['any'].title}"), share=1.4
    )


def _extras(playbook: Playbook) -> Panel:
    lines = []
    for loss in (one for one in LOSS_ORDER if one in LOSSES):
        forms = (MATCHES[loss].form, MATCHES[loss].fallback)
        fitting = [one for one in playbook.remedies if loss in one.losses and one.form in forms]
        titles = [one.title for one in sorted(fitting, key=lambda one: forms.index(one.form))]
        lines.append(f"{loss.capitalize()}: {'; else '.join(titles) or 'nothing on top'}")
    return Panel(title="One thing on top, by what they lost", paragraphs=tuple(lines), share=1.5)


def _apology(playbook: Playbook) -> Panel:
    first = f"First word: {said_send(playbook.acknowledgement)}"
    by = f"Sorry: {said_send(playbook.steps[Step.APOLOGISE].send)}"
    return Panel(title="Saying sorry", paragraphs=(first, by, *APOLOGY))


def _after(playbook: Playbook) -> Panel:
    told = said_follow_ups([(one.action, one.days, one.send) for one in playbook.follow_ups])
    whose = (f" ({', '.join(one.groups)} customers)" if one.groups else "" for one in playbook.follow_ups)
    paragraphs = (
        *(one.capitalize() + who for one, who in zip(told, whose, strict=True)),
        "Days count from when what was given arrived.",
    )
    return Panel(title="Afterwards", paragraphs=paragraphs, share=0.9)


def _close(playbook: Playbook) -> Panel:
    grade = playbook.cause_known_from
    cause = f"The cause is known, from severity {grade} without exception." if grade else "The cause is known."
    return Panel(title="Before it is closed", paragraphs=(*CLOSING, cause))
