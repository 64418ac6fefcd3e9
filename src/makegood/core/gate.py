"""The gate: whether a detected failure is a reason to contact the customer, to wait, to stay quiet or to look closer.

Detecting and contacting are two decisions. A needless apology for a lateness that nobody noticed costs more than
silence (P2), and so does one to somebody who was not affected (P3).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal

import attrs

from makegood.core.reasons import Reason, because

Gate = Literal["waiting", "contact", "quiet", "review"]
WAITING: Final = "waiting"
CONTACT: Final = "contact"
QUIET: Final = "quiet"
REVIEW: Final = "review"

KINDS: Final = frozenset(
    {
        "broken_promise",
        "wrong_charge",
        "outage",
        "rework",
        "complaint",
        "low_score",
        "not_as_described",
        "interaction",
        "silent",
        "other",
    }
)

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "delivery": {"kind": "broken_promise"},
    "billing": {"kind": "wrong_charge", "money_or_right_owed": True},
    "outage": {"kind": "outage", "certain_to_notice": True},
    "promise": {"kind": "broken_promise", "certain_to_notice": True},
    "rework": {"kind": "rework", "certain_to_notice": True},
    "interaction": {"kind": "interaction", "human_review": True},
    "silent": {"kind": "silent", "human_review": True},
}
DETECTORS: Final = MappingProxyType({family: MappingProxyType(facts) for family, facts in _DEFAULTS.items()})
"""The detector families (EVIDENCE 6.1), each with the GateFacts it starts from: `GateFacts(**DETECTORS["billing"],
happened_at=...)`. A delivery is late by degrees, so its playbook's threshold judges it; a commitment made to one
person (an appointment, a call back) is always noticed."""


class UnusableGateFacts(ValueError):
    """The facts name a kind of failure that does not exist, or a negative notice threshold."""


@attrs.frozen(kw_only=True)
class GateFacts:
    """What is known of one failure when the gate is asked.

    `happened_at` is when it happened; for a broken promise, when it was due. `fulfilled_at` is when the promise was
    kept after all, None while it is not. `notice_minutes` is the playbook's threshold: late by at least so many
    minutes is noticed, by less is not. `word_unread` says that its source told something of it that could not be read:
    perhaps that it was kept. All datetimes are aware.
    """

    kind: str
    happened_at: datetime
    fulfilled_at: datetime | None = None
    notice_minutes: int = 0
    source_silent: bool = False
    word_unread: bool = False
    before_go_live: bool = False
    customer_contacted: bool = False
    money_or_right_owed: bool = False
    customer_must_act: bool = False
    certain_to_notice: bool = False
    human_review: bool = False

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnusableGateFacts(f"{self.kind!r} is no kind of failure: use one of {', '.join(sorted(KINDS))}")
        if self.notice_minutes < 0:
            raise UnusableGateFacts("The notice threshold is negative: give 0 or more minutes")


@attrs.frozen(kw_only=True)
class GateDecision:
    """The gate's answer and why.

    `gate_at` is, while waiting, the moment to ask again; otherwise the moment from which the decision holds, never
    after the `now` it was asked at.
    """

    gate: Gate
    gate_at: datetime
    reasons: tuple[Reason, ...]


_GO_LIVE = (because("gate.go_live", "It was due before its source went live, so it is recorded and nothing opens."),)
_SOURCE_SILENT = (
    because(
        "gate.source_silent",
        "Its source has not been heard, so a person decides before the customer hears.",
        evidence="P3",
    ),
)
_WORD_UNREAD = (
    because(
        "gate.word_unread",
        "A row about it in a file of its source could not be read, so a person decides before the customer hears.",
        evidence="P3",
    ),
)
_CONTACTED = because("gate.contacted", "The customer has contacted us, so they know.", evidence="P2")
_OWED = because("gate.owed", "Money or a right is owed, and is owed without being asked for.", evidence="R7")
_BILLING = because("gate.billing", "A wrong charge is always acted on.", evidence="6.1")
_MUST_ACT = because("gate.must_act", "The customer must act or will be harmed.", evidence="1.6")
_REWORK = because("gate.rework", "Work was done again: contact, and an owner one level up.", evidence="6.1")
_NOTICED = (because("gate.noticed", "The customer is certain to notice.", evidence="1.6"),)
_INTERACTION = (
    because("gate.human_review", "A person listens first: signs in a contact are not yet a failure.", evidence="6.1"),
)
_SILENT_CUSTOMER = (
    because("gate.silent_customer", "Follow up; no apology unless a failure is evidenced.", evidence="6.1"),
)
_UNNOTICED = (
    because(
        "gate.unnoticed",
        "Nothing is owed, nobody asked, and it may not have been noticed: a message would "
        "make it a failure. What is put right still posts.",
        evidence="P2",
    ),
)


@lru_cache(maxsize=1024)
def _notice(minutes: int) -> timedelta:
    return timedelta(minutes=minutes)


@lru_cache(maxsize=4096)
def _lateness_reason(code: str, minutes: int) -> tuple[Reason, ...]:
    text, evidence = {
        "gate.notice.waiting": (f"Late by less than {minutes} minutes so far: lateness alone decides then.", "P2"),
        "gate.notice.unfulfilled": (f"Still not kept {minutes} minutes after it was due.", "1.6"),
        "gate.notice.late": (f"Kept late, by at least the {minutes} minutes that are noticed.", "1.6"),
        "gate.notice.marginal": (f"Kept late by less than the {minutes} minutes that are noticed.", "P2"),
        "gate.notice.in_time": ("Kept in time after all.", "P2"),
    }[code]
    return (because(code, text, evidence=evidence),)


def _grounds(facts: GateFacts) -> tuple[Reason, ...]:
    """The grounds that call for contact at once, whatever the lateness (EVIDENCE 8, rule 1)."""
    found = []
    if facts.customer_contacted or facts.kind == "complaint":
        found.append(_CONTACTED)
    if facts.money_or_right_owed:
        found.append(_OWED)
    if facts.kind == "wrong_charge":
        found.append(_BILLING)
    if facts.customer_must_act:
        found.append(_MUST_ACT)
    if facts.kind == "rework":
        found.append(_REWORK)
    return tuple(found)


def _by_lateness(facts: GateFacts, now: datetime) -> GateDecision:
    minutes = facts.notice_minutes
    threshold_at = facts.happened_at + _notice(minutes)
    fulfilled_at = facts.fulfilled_at
    if fulfilled_at is None:
        if now < threshold_at:
            reasons = _lateness_reason("gate.notice.waiting", minutes)
            return GateDecision(gate=WAITING, gate_at=threshold_at, reasons=reasons)
        reasons = _lateness_reason("gate.notice.unfulfilled", minutes)
        return GateDecision(gate=CONTACT, gate_at=threshold_at, reasons=reasons)
    decided_at = min(now, threshold_at)
    if fulfilled_at <= facts.happened_at:
        reasons = _lateness_reason("gate.notice.in_time", minutes)
        return GateDecision(gate=QUIET, gate_at=decided_at, reasons=reasons)
    if fulfilled_at < threshold_at:
        reasons = _lateness_reason("gate.notice.marginal", minutes)
        return GateDecision(gate=QUIET, gate_at=decided_at, reasons=reasons)
    reasons = _lateness_reason("gate.notice.late", minutes)
    return GateDecision(gate=CONTACT, gate_at=decided_at, reasons=reasons)


def decide(*, facts: GateFacts, now: datetime) -> GateDecision:
    """This function will say what a failure calls for: waiting, contact, quiet or review, and why.

    In this order: before go-live is quiet; a customer who has contacted us is contact; a silent source, or word of it
    that could not be read, is review; money or a right owed, or something the customer must do, is contact at once;
    what a person must judge first is review; a broken promise that is merely late waits for its notice threshold; what
    is certain to be noticed is contact; the rest is quiet. The same facts and `now` always give the same answer.
    Source: EVIDENCE 8 rule 1, 6.1, 1.6; DESIGN "failure" and "Doubt".
    """
    kind = facts.kind
    gate: Gate = CONTACT
    reasons: tuple[Reason, ...]
    if facts.before_go_live:
        gate, reasons = QUIET, _GO_LIVE
    elif facts.source_silent and not facts.customer_contacted and kind != "complaint":
        gate, reasons = REVIEW, _SOURCE_SILENT
    elif facts.word_unread and not facts.customer_contacted and kind != "complaint":
        gate, reasons = REVIEW, _WORD_UNREAD
    elif grounds := _grounds(facts):
        reasons = grounds
    elif kind == "silent":
        gate, reasons = REVIEW, _SILENT_CUSTOMER
    elif facts.human_review or kind in {"interaction", "low_score"}:
        gate, reasons = REVIEW, _INTERACTION
    elif facts.certain_to_notice:
        reasons = _NOTICED
    elif kind == "broken_promise":
        return _by_lateness(facts, now)
    else:
        gate, reasons = QUIET, _UNNOTICED
    return GateDecision(gate=gate, gate_at=now, reasons=reasons)
