"""Reasons: every decision about a customer says which rule decided, on what evidence, and how good that is."""

from __future__ import annotations

import attrs

from makegood.core.evidence import GRADES


@attrs.frozen(kw_only=True)
class Reason:
    """One reason behind a decision.

    `rule` is our dotted rule id (``gate.notice``); `evidence` an id of the evidence register (``P2``), or None
    where the rule is plain arithmetic or policy; `grade` is that evidence's grade; `text` is one plain sentence
    without personal data.
    """

    rule: str
    evidence: str | None = None
    grade: str | None = None
    text: str

    def as_dict(self) -> dict[str, str | None]:
        """This reason in the shape that the API, the console and the journal carry."""
        return {"rule": self.rule, "evidence": self.evidence, "grade": self.grade, "text": self.text}


def because(rule: str, text: str, *, evidence: str | None = None) -> Reason:
    """Make a reason, its grade looked up in the register.

    Raises KeyError for an evidence id that the register does not hold.
    """
    return Reason(rule=rule, evidence=evidence, grade=GRADES[evidence] if evidence else None, text=text)
