"""What bars an effect towards a customer: a proposed incident of a failure behind it, or a source that only watches.

A message is about every failure of its recovery, so one held failure holds it. Whether a failure is a shadow's stands
on itself since it was known, whatever its source does later; a recovery holds shadows alone, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from makegood.journal.barring import Bar, effects_reckon, incident_reckon
from makegood.journal.operations import Happened
from makegood.store.preparing import prepared

ABOUT: Final[Mapping[str, str]] = {
    "message": "SELECT m.id AS subject_id, rf.failure_id, NULL::boolean AS shadow FROM conversations_message m"
    " CROSS JOIN LATERAL (SELECT id FROM recoveries_recovery"
    "  WHERE organization_id = %(organization)s AND thread_id = m.thread_id OFFSET 0) r"
    " CROSS JOIN LATERAL (SELECT failure_id FROM recoveries_recoveryfailure"
    "  WHERE organization_id = %(organization)s AND recovery_id = r.id OFFSET 0) rf"
    " WHERE m.organization_id = %(organization)s AND m.id = ANY(%(subjects)s)",
    "payout": "SELECT id AS subject_id, failure_id, shadow FROM makegoods_makegood"
    " WHERE organization_id = %(organization)s AND id = ANY(%(subjects)s)",
    "charge_stop": "SELECT id AS subject_id, failure_id, NULL::boolean AS shadow FROM makegoods_promisedcharge"
    " WHERE organization_id = %(organization)s AND id = ANY(%(subjects)s)",
}
"""The failures behind each kind of effect, and whether it is a shadow's by itself; else it is by its failures."""

OF_FAILURES: Final[Mapping[str, str]] = {
    "message": "SELECT m.id FROM recoveries_recoveryfailure rf"
    " JOIN recoveries_recovery r ON r.organization_id = rf.organization_id AND r.id = rf.recovery_id"
    " JOIN conversations_message m ON m.organization_id = r.organization_id AND m.thread_id = r.thread_id"
    " WHERE rf.organization_id = %(organization)s AND rf.failure_id = ANY(%(failures)s) AND m.state = 'queued'",
    "payout": "SELECT id FROM makegoods_makegood"
    " WHERE organization_id = %(organization)s AND failure_id = ANY(%(failures)s) AND state = 'accepted'",
    "charge_stop": "SELECT id FROM makegoods_promisedcharge"
    " WHERE organization_id = %(organization)s AND failure_id = ANY(%(failures)s) AND state = 'wanted'",
}
"""What of each kind may still leave for these failures."""

BARRED = """
SELECT a.subject_id, min(i.id) AS held_for, bool_and(coalesce(a.shadow, f.shadow)) AS shadow
FROM ({about}) a
CROSS JOIN LATERAL (SELECT shadow, incident_id, withdrawn_at FROM failures_failure
    WHERE organization_id = %(organization)s AND id = a.failure_id LIMIT 1) f
LEFT JOIN LATERAL (SELECT id FROM failures_incident
    WHERE organization_id = %(organization)s AND id = f.incident_id AND state = 'proposed' AND f.withdrawn_at IS NULL
    LIMIT 1) i ON true
GROUP BY 1 HAVING count(i.id) > 0 OR bool_and(coalesce(a.shadow, f.shadow))
"""
"""One after the other is looked up by its key: joined, the planner may pair all recoveries with all failures."""

ANY = """
SELECT EXISTS (SELECT FROM failures_incident WHERE organization_id = %(organization)s AND state = 'proposed')
    OR EXISTS (SELECT FROM failures_failure WHERE organization_id = %(organization)s AND shadow)
"""


def bars_asked(kind: str) -> Callable[..., Mapping[int, Bar]]:
    """This function will return who says what bars effects of one kind of `ABOUT`, for the journal to ask."""

    def asked(*, organization_id: int, subject_ids: Collection[int]) -> Mapping[int, Bar]:
        if not _any(organization_id):
            return {}
        with prepared() as cursor:
            cursor.execute(
                BARRED.format(about=ABOUT[kind]), {"organization": organization_id, "subjects": list(subject_ids)}
            )
            return {
                subject_id: Bar(held_for=held_for, shadow=shadow) for subject_id, held_for, shadow in cursor.fetchall()
            }

    return asked


def recoveries_barred(*, organization_id: int, recovery_ids: Collection[int]) -> Mapping[int, Bar]:
    """This function will say for which recoveries an incident is to be decided first, and which are shadows."""
    about = (
        "SELECT recovery_id AS subject_id, failure_id, NULL::boolean AS shadow FROM recoveries_recoveryfailure"
        " WHERE organization_id = %(organization)s AND recovery_id = ANY(%(subjects)s)"
    )
    with prepared() as cursor:
        cursor.execute(BARRED.format(about=about), {"organization": organization_id, "subjects": list(recovery_ids)})
        return {one: Bar(held_for=held_for, shadow=shadow) for one, held_for, shadow in cursor.fetchall()}


def _any(organization_id: int) -> bool:
    """Whether anything can be barred here at all, which is seldom and quick to tell."""
    with prepared() as cursor:
        cursor.execute(ANY, {"organization": organization_id})
        return bool(cursor.fetchone()[0])


def barred_hear_failures(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Hold or let go what may still leave for failures that a proposed incident took in, or that were withdrawn.

    A handler of `failures:failure:attached`, `held` and `withdrawn`.
    """
    if not _any(organization_id):
        return
    failures = [entry.subject_id for entry in entries]
    for kind, found in OF_FAILURES.items():
        with prepared() as cursor:
            cursor.execute(found, {"organization": organization_id, "failures": failures})
            ids = [row[0] for row in cursor.fetchall()]
        if ids:
            effects_reckon(organization_id=organization_id, kind=kind, subject_ids=ids)


def barred_hear_incidents(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Let go what was held for an incident once it is proposed no more, however that came about.

    A handler of `failures:incident:confirmed`, `dismissed` and `closed`.
    """
    for entry in entries:
        incident_reckon(organization_id=organization_id, incident_id=entry.subject_id)
