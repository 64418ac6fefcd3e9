"""What the customer thought of a delivery: asked once each; under 4 the recovery itself has failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from makegood.core.plans import raised
from makegood.core.reasons import Reason
from makegood.core.scores import CARES, Rating, after_score
from makegood.core.steps import UNDONE
from makegood.journal.operations import Happened, record
from makegood.recoveries.models import FollowUp, Recovery
from makegood.recoveries.models import Rating as StoredRating
from makegood.recoveries.operations.closing import answer_again, reopened_or_open
from makegood.recoveries.operations.looking import look_again
from makegood.recoveries.operations.owning import owner_raise
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.recoveries.saying import score_ask
from makegood.store.bulk import insert
from makegood.store.preparing import prepared
from makegood.store.reading import GIVEN, read


class UnableToRate(ValueError):
    """This question was answered already, or was never asked: thank you all the same."""


def ratings_ask(*, organization_id: int, asked: Sequence[tuple[int, datetime]]) -> int:
    """Ask for a score, (recovery, at), once for each recovery's latest delivery; return how many were asked."""
    if not asked:
        return 0
    latest = latest_delivered(organization_id, [recovery_id for recovery_id, _ in asked])
    new = insert(
        StoredRating,
        ("organization_id", "recovery_id", "makegood_id", "asked_at", "cares"),
        [(organization_id, recovery_id, latest.get(recovery_id), at, {}) for recovery_id, at in asked],
        on_conflict="ON CONFLICT DO NOTHING",
        returning=("id", "recovery_id", "asked_at"),
    )
    score_ask(
        organization_id=organization_id, asked=[(recovery_id, rating_id, at) for rating_id, recovery_id, at in new]
    )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="recoveries:recovery:asked",
                subject="recovery",
                subject_id=recovery_id,
                data={"rating": rating_id, "makegood": latest.get(recovery_id)},
            )
            for rating_id, recovery_id, at in new
        ],
    )
    return len(new)


def rating_ask(*, organization_id: int, recovery_id: int, now: datetime) -> bool:
    """Ask for a score now, if the latest delivery was not asked about yet; return whether it was asked."""
    return bool(ratings_ask(organization_id=organization_id, asked=[(recovery_id, now)]))


def askable(organization_id: int, recovery_ids: Sequence[int]) -> set[int]:
    """This function will find those whose customers may be asked: the fix is done, and the latest delivery unrated."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT recovery_id FROM recoveries_step WHERE organization_id = %s AND recovery_id = ANY(%s)"
            " AND step = 'fix' AND state = ANY(%s)",
            [organization_id, list(recovery_ids), list(UNDONE)],
        )
        unfixed = {row[0] for row in cursor.fetchall()}
    latest = latest_delivered(organization_id, recovery_ids)
    scored = {"organization_id": organization_id, "recovery_id": list(recovery_ids), "score": GIVEN}
    answered = read(StoredRating, "recovery_id", "makegood_id", **scored)
    rated = {recovery_id for recovery_id, makegood_id in answered if latest.get(recovery_id) == makegood_id}
    return set(recovery_ids) - unfixed - rated


def latest_delivered(organization_id: int, recovery_ids: Sequence[int]) -> dict[int, int]:
    """This function will find the make-good that each of these recoveries delivered last."""
    with prepared() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (rf.recovery_id) rf.recovery_id, m.id FROM recoveries_recoveryfailure rf"
            " JOIN makegoods_makegood m ON m.organization_id = rf.organization_id AND m.failure_id = rf.failure_id"
            " WHERE rf.organization_id = %s AND rf.recovery_id = ANY(%s) AND m.state IN ('delivered', 'shadowed')"
            " ORDER BY rf.recovery_id, m.settled_at DESC, m.id DESC",
            [organization_id, list(recovery_ids)],
        )
        return dict(cursor.fetchall())


def rating_answer(
    *,
    organization_id: int,
    recovery_id: int,
    score: int,
    now: datetime,
    cares: Mapping[str, int] | None = None,
) -> tuple[Reason, ...]:
    """Take a customer's score from 1 to 7, with up to five CARES taps, for the latest question; return the reasons.

    Under 4 the recovery has failed: it is open again with a clock to answer, one graver and with an owner one tier up.
    Under 6 it stays open. Raises UnableToRate if nothing was asked, or it was answered, and UnusableScore.
    """
    taps = {name: value for name, value in (cares or {}).items() if name in CARES}
    Rating(score=score, **taps)
    row = (
        StoredRating.objects.select_for_update()
        .filter(organization_id=organization_id, recovery_id=recovery_id, answered_at=None)
        .order_by("-asked_at", "-id")
        .first()
    )
    if row is None:
        raise UnableToRate(UnableToRate.__doc__)
    verdict = after_score(score=score, asked_at=row.asked_at, now=now)
    row.score, row.cares, row.answered_at = score, taps, now
    row.save(update_fields=["score", "cares", "answered_at"])
    if row.makegood_id == latest_delivered(organization_id, [recovery_id]).get(recovery_id):
        FollowUp.objects.filter(
            organization_id=organization_id, recovery_id=recovery_id, action="ask_score", state="planned"
        ).update(state="ended", done_at=now)
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=now,
                event="recoveries:recovery:rated",
                subject="recovery",
                subject_id=recovery_id,
                data={"score": score, "outcome": verdict.outcome, "rating": row.id},
            )
        ],
    )
    if verdict.outcome == "reopen":
        _failed(organization_id, recovery_id, now)
    elif verdict.outcome == "stay_open":
        _look_again(organization_id, recovery_id, now)
    return verdict.reasons


def _look_again(organization_id: int, recovery_id: int, now: datetime) -> None:
    """Look for their return after this score, where what was looked for before was over."""
    recovery = Recovery.objects.get(organization_id=organization_id, id=recovery_id)
    if recovery.state == "open":
        look_again(organization_id=organization_id, recovery=recovery, at=now)


def _failed(organization_id: int, recovery_id: int, now: datetime) -> None:
    """Begin again, in this recovery or in the one that is open for the same happening by now."""
    recovery = Recovery.objects.select_for_update().get(organization_id=organization_id, id=recovery_id)
    if recovery.state == "withdrawn":
        return
    goes_on = recovery.state == "open"
    if not goes_on:
        recovery = reopened_or_open(organization_id=organization_id, recovery=recovery, why="score", at=now)
    if goes_on or recovery.id != recovery_id:
        answer_again(organization_id=organization_id, recovery=recovery, why="score", at=now, by=None)
    Recovery.objects.filter(organization_id=organization_id, id=recovery.id).update(
        severity=raised(level=recovery.severity)
    )
    owner_raise(organization_id=organization_id, recovery=recovery, at=now, by=None, why="score")
    owner_id = Recovery.objects.values_list("owner_id", flat=True).get(organization_id=organization_id, id=recovery.id)
    staff_tell(
        organization_id=organization_id,
        notes=[StaffNote(member_id=owner_id, recovery_id=recovery.id, what="score", at=now)],
    )
