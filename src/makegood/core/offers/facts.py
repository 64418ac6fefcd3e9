"""Facts about customers: which may be used to choose something for them, and which are refused and why."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from makegood.core.offers.case import Fact
from makegood.core.reasons import Reason, because

KINDS: Final = ("occasion", "interest", "dislike", "preference", "stage", "last_visit")
"""The kinds of facts that may be used; one without a kind is read as an interest."""

SENSITIVE: Final = re.compile(
    r"\b(?:"
    r"health|ill|illness\w*|sick\w*|diseases?|diagnos\w*|diabet\w*|cancer|pregnan\w*|disab\w*|allerg\w*|medic\w*|"
    r"therap\w*|depress\w*|hiv|addict\w*|"
    r"relig\w*|faith|church\w{0,2}|mosques?|synagogues?|muslims?|islam\w*|christians?|catholics?|jew|jews|jewish|"
    r"hindus?|buddhis\w*|atheis\w*|halal|kosher|"
    r"politic\w*|democrats?|republicans?|socialis\w*|communis\w*|(?:trade |labou?r )?unions?|"
    r"ethnic\w*|racial|race|skin colou?r|refugees?|immigra\w*|"
    r"gay|lesbian|bisexual|sex|sexual\w*|queer|transgender|trans|"
    r"genetic\w*|dna|biometric\w*|fingerprints?|"
    r"crimes?|criminal\w*|convict\w*|prison\w*|arrest\w*|offen[cd]\w*"
    r")\b",
    re.IGNORECASE,
)
"""Words of the special categories of GDPR Articles 9 and 10, in English: rather one too many than one too few."""


def usable(*, facts: Sequence[Fact], now: datetime) -> tuple[tuple[Fact, ...], tuple[Reason, ...]]:
    """This function will part facts into those that may be used and the refusals of the others, in their order.

    A fact is refused that is of a sensitive category or another kind than those of `KINDS`, whose source is not told,
    to which the customer did not agree, or whose time is over (it ends at `expires_at`, which is outside). A refusal
    names the fact by its place in the case and never repeats its words.
    """
    kept, refused = [], []
    for fact in facts:
        reason = _refusal(fact, now)
        if reason is None:
            kept.append(fact)
        else:
            refused.append(reason)
    return tuple(kept), tuple(refused)


def _refusal(fact: Fact, now: datetime) -> Reason | None:
    if SENSITIVE.search(f"{fact.kind.replace('_', ' ')} {fact.text}"):
        return because(
            "fact.sensitive",
            f"{fact.where} is of a sensitive category (GDPR Articles 9 and 10): not used; remove it from the record.",
        )
    if fact.kind and fact.kind not in KINDS:
        return because("fact.kind", f"{fact.where} is of a kind that is not used: use one of {', '.join(KINDS)}.")
    if not fact.source:
        return because("fact.source", f"{fact.where} does not say where it comes from: not used.")
    if not fact.consented:
        return because("fact.consent", f"{fact.where} is without the customer's consent: not used.")
    if fact.expires_at is not None and fact.expires_at <= now:
        return because("fact.expired", f"{fact.where} has expired: not used.")
    return None
