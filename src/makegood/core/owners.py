"""Owners: who gets a recovery. Never nobody, and never by chance or by the order in which people are listed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

import attrs

from makegood.core.reasons import Reason, because

STEEPNESS = 3
"""Weight is 1 / (1 + load) to this power: someone with nothing open is 8 times as likely as someone with one, while
100 and 110 open count nearly the same, so a batch decided on one state does not fall on a single person."""


class UnableToFindOwner(LookupError):
    """There is no active member at all who could own this: add a member first."""


@attrs.frozen(kw_only=True)
class Candidate:
    """One active member: `tier` 1 employee, 2 manager, 3 admin; `load` is how many recoveries they have open."""

    id: int
    tier: int
    load: int
    present: bool
    serves_place: bool
    in_team: bool


@attrs.frozen(kw_only=True)
class Chosen:
    """The owner's member id, and why this one."""

    id: int
    reasons: tuple[Reason, ...]


_YES_NO = {
    (name, held): because(f"owner.{name}", text)
    for name, texts in {
        "tier": ("Of the tier that this severity asks for.", "Nobody of the tier that is asked for: the next below."),
        "presence": ("Not away.", "Everybody suitable is away."),
        "place": ("Serves this place.", "Nobody suitable serves this place."),
        "team": ("In the team.", "Nobody suitable is in the team."),
    }.items()
    for held, text in zip((True, False), texts, strict=True)
}
_SPREAD = because("owner.load", "Among the equally suitable, spread so that who has less open gets more.")
_ONLY = because("owner.only", "The most suitable.")


def _rank(candidate: Candidate, tier: int) -> int:
    """How suitable, the larger the better: tier first, then presence, place, team, then the nearest tier above."""
    held = candidate.tier
    suits = 4 * candidate.present + 2 * candidate.serves_place + candidate.in_team
    return suits * 64 - held if held >= tier else (held - tier) * 1024 + suits * 64


def _draw(key: bytes, candidate: Candidate) -> tuple[float, int]:
    """The candidate's draw in weighted rendezvous hashing, -ln(u) / weight: the smallest wins."""
    digest = blake2b(key + b"%d" % candidate.id, digest_size=8).digest()
    uniform = ((int.from_bytes(digest, "big") >> 11) + 0.5) / 2**53
    return -math.log(uniform) * (1 + candidate.load) ** STEEPNESS, candidate.id


def choose(*, key: str, candidates: Sequence[Candidate], tier: int) -> Chosen:
    """This function will choose the owner of the recovery named by `key` among active members.

    Prefers enough tier (else the next below, tier by tier), then presence, then place, then team, then the lowest
    tier that is enough. Among equals it spreads by weighted rendezvous hashing of key and id, the weight falling
    steeply with load. The answer depends on the candidates' state and the key only: not on their order, the batch,
    the process or the machine. Raises UnableToFindOwner when there is no candidate at all.
    """
    if not candidates:
        raise UnableToFindOwner("No active member could own this: add a member first")
    ranks = [_rank(candidate, tier) for candidate in candidates]
    best = max(ranks)
    equals = [candidate for candidate, rank in zip(candidates, ranks, strict=True) if rank == best]
    prefix = blake2b(key.encode(), digest_size=32).digest()
    chosen = equals[0] if len(equals) == 1 else min(equals, key=lambda one: _draw(prefix, one))
    reasons = (
        _YES_NO["tier", chosen.tier >= tier],
        _YES_NO["presence", chosen.present],
        _YES_NO["place", chosen.serves_place],
        _YES_NO["team", chosen.in_team],
        _SPREAD if len(equals) > 1 else _ONLY,
    )
    return Chosen(id=chosen.id, reasons=reasons)
