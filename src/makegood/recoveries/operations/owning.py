"""Owners: who gets a recovery, and how it changes hands. Never nobody."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import attrs

from makegood.core.owners import Candidate, Chosen, choose
from makegood.core.plans import HIGHEST_TIER, raised
from makegood.core.reasons import Reason, because
from makegood.journal.operations import Happened, record
from makegood.messages.apologies import SHADOW
from makegood.organizations.models import Place, Team
from makegood.recoveries.models import TEST, Recovery
from makegood.recoveries.operations.changing import UnableToChangeRecovery, recovery_for_change, recovery_touch
from makegood.recoveries.operations.telling import StaffNote, staff_tell
from makegood.store.bulk import record_set
from makegood.store.preparing import prepared

HANDED, HANDED_OVER = "owner.handed", "Handed over by a colleague."
LOAD_DAYS = 7
"""A member's load is what they took on in this many whole days (UTC) and still have open; older ones mostly wait.

Shadows weigh in the choice for shadows alone, and what is real for what is real.
"""
LOADS = """
SELECT owner_id, starts_with(happening_key, %s), count(*) FROM recoveries_recovery
WHERE organization_id = %s AND state = 'open' AND opened_at >= %s AND opened_at < %s GROUP BY 1, 2
"""
STORED = """
SELECT opened_at, owner_id, starts_with(happening_key, %s) FROM recoveries_recovery
WHERE organization_id = %s AND state = 'open' AND opened_at >= %s AND opened_at < %s ORDER BY opened_at
"""
ACTIVE = """
SELECT m.id, m.role, m.tier, m.present, m.team_id, ARRAY(SELECT p.place_id FROM organizations_memberplace p
    WHERE p.organization_id = m.organization_id AND p.member_id = m.id)
FROM organizations_member m WHERE m.organization_id = %s AND m.active ORDER BY m.id
"""
OWNED = {"id": "bigint", "owner": "bigint", "tier": "smallint", "reasons": "jsonb"}


@lru_cache(maxsize=4096)
def reasons_data(reasons: tuple[Reason, ...]) -> list[dict[str, str | None]]:
    """This function will write reasons as the plain data that is stored; the list is shared and must not be changed."""
    return [reason.as_dict() for reason in reasons]


@attrs.frozen(kw_only=True)
class Colleague:
    """One active member as the choice of an owner sees them; `places` empty means that they serve all."""

    id: int
    tier: int
    present: bool
    team_id: int | None
    places: frozenset[int]


class Staff:
    """The active members of one organization and their loads, read once per batch.

    Asked in the order of the moments: a load counts what was opened strictly before the moment asked about, whether
    stored already or chosen earlier in this batch, so that the choice does not depend on how batches are cut.
    """

    def __init__(self, *, organization_id: int, until: datetime | None = None) -> None:
        """Read the members; `until` is the last moment that will be asked about, where there are several."""
        self._organization_id = organization_id
        self._until = until
        self._parents: dict[int, int | None] | None = None
        with prepared() as cursor:
            cursor.execute(ACTIVE, [organization_id])
            everybody = cursor.fetchall()
        # Finance pays what is owed; it looks after a customer only where there is nobody else.
        members = [one for one in everybody if one[1] != "finance"] or everybody
        self.members = tuple(
            Colleague(id=member_id, tier=tier, present=present, team_id=team_id, places=frozenset(places))
            for member_id, _, tier, present, team_id, places in members
        )
        self._teams: dict[str, int] | None = None
        self._since: datetime | None = None
        self._load: Counter[tuple[int, bool]] = Counter()
        self._stored: deque[tuple[datetime, int, bool]] = deque()
        self._chosen: list[tuple[datetime, int, bool]] = []
        self._counted = 0

    def team_named(self, name: str) -> int | None:
        """This function will find a team by its name; none where the playbook names none."""
        if not name:
            return None
        if self._teams is None:
            teams = Team.objects.filter(organization_id=self._organization_id).values_list("name", "id")
            self._teams = dict(teams)
        return self._teams.get(name)

    def active(self, member_id: int | None) -> Colleague | None:
        """This function will find an active member."""
        return next((one for one in self.members if one.id == member_id), None)

    def choose(
        self,
        *,
        key: str,
        tier: int,
        place_id: int | None,
        team_id: int | None,
        at: datetime | None,
        shadow: bool = False,
        but: int | None = None,
    ) -> Chosen:
        """This function will choose an owner as things stood at a moment, leaving out `but` where others are left.

        Loads do not count where `at` is None; of a `shadow` those of shadows do, else those of what is real. Raises
        UnableToFindOwner when nobody is active.
        """
        if at is not None:
            self._count_until(at)
        up = self._ancestors(place_id)
        others = [one for one in self.members if one.id != but] or self.members
        candidates = [
            Candidate(
                id=one.id,
                tier=one.tier,
                load=self._load[one.id, shadow],
                present=one.present,
                serves_place=not one.places or not up.isdisjoint(one.places),
                in_team=team_id is None or one.team_id == team_id,
            )
            for one in others
        ]
        return choose(key=key, candidates=candidates, tier=tier)

    def serves(self, *, places: Collection[int], place_id: int | None) -> bool:
        """This function will say whether somebody of these places (none is all) serves a place, or one inside it."""
        return not places or place_id is None or not self._ancestors(place_id).isdisjoint(places)

    def took(self, *, member_id: int, at: datetime, shadow: bool) -> None:
        """This function will remember that a member took one on in this batch."""
        self._chosen.append((at, member_id, shadow))

    def _ancestors(self, place_id: int | None) -> frozenset[int]:
        if place_id is None or not any(one.places for one in self.members):
            return frozenset()
        if self._parents is None:
            rows = Place.objects.filter(organization_id=self._organization_id).values_list("id", "parent_id")
            self._parents = dict(rows)
        found: list[int] = []
        here: int | None = place_id
        while here is not None and here not in found:
            found.append(here)
            here = self._parents.get(here)
        return frozenset(found)

    def _count_until(self, at: datetime) -> None:
        since = at.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=LOAD_DAYS)
        if since != self._since:
            self._since = since
            self._read_loads(since, at)
            self._counted = 0
        while self._stored and self._stored[0][0] < at:
            self._load[self._stored.popleft()[1:]] += 1
        while self._counted < len(self._chosen) and self._chosen[self._counted][0] < at:
            took_at, member_id, shadow = self._chosen[self._counted]
            self._load[member_id, shadow] += took_at >= since
            self._counted += 1

    def _read_loads(self, since: datetime, at: datetime) -> None:
        with prepared() as cursor:
            cursor.execute(LOADS, [SHADOW, self._organization_id, since, at])
            self._load = Counter({(owner_id, shadow): count for owner_id, shadow, count in cursor.fetchall()})
            self._stored = deque()
            if self._until is not None and self._until > at:
                cursor.execute(STORED, [SHADOW, self._organization_id, at, self._until])
                self._stored.extend(cursor.fetchall())


def owner_change(
    *,
    organization_id: int,
    recovery_id: int,
    to: int | None,
    by: int | None,
    reason: str,
    now: datetime,
    version: int | None = None,
    staff: Staff | None = None,
    quietly: bool = False,
) -> int:
    """Hand a recovery over to a member, or to whom the rules choose where `to` is None; return the new owner's id.

    `staff` spares reading the members where many are handed to one; `quietly`, the new owner is told by the caller.
    Raises UnableToChangeRecovery if it is closed, a test, or was changed meanwhile, or if nobody active is meant.
    """
    recovery = recovery_for_change(organization_id=organization_id, recovery_id=recovery_id, version=version)
    if recovery.test:
        raise UnableToChangeRecovery("This is a test: it stays with who sent it.")
    staff = staff or Staff(organization_id=organization_id)
    if to is None:
        chosen = staff.choose(
            key=recovery.happening_key,
            tier=recovery.owner_tier,
            place_id=recovery.place_id,
            team_id=recovery.team_id,
            at=now,
            shadow=recovery.shadow,
            but=recovery.owner_id,
        )
        reasons = chosen.reasons
        to = chosen.id
    else:
        reasons = (because(HANDED, reason.strip() or HANDED_OVER),)
    colleague = staff.active(to)
    if colleague is None:
        raise UnableToChangeRecovery("The new owner must be an active member: choose somebody else.")
    owners_set(
        organization_id=organization_id,
        owned=[(recovery_id, to, max(recovery.owner_tier, colleague.tier), reasons_data(reasons))],
        at=now,
        by=by,
        why="handed",
        quietly=quietly,
    )
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)
    return to


def owner_return(
    *, organization_id: int, recovery_id: int, to: int, tier: int, by: int, now: datetime, staff: Staff
) -> None:
    """Give a recovery back to whom it was taken from, at the tier that it had; who gets it is told by the caller.

    Raises UnableToChangeRecovery if they are not an active member any more.
    """
    if staff.active(to) is None:
        raise UnableToChangeRecovery("Who had it before is not an active member any more.")
    reasons = (because("owner.returned", "Given back: it was handed over together with others by mistake."),)
    owned = [(recovery_id, to, tier, reasons_data(reasons))]
    owners_set(organization_id=organization_id, owned=owned, at=now, by=by, why="returned", quietly=True)
    recovery_touch(organization_id=organization_id, recovery_id=recovery_id)


def owner_raise(*, organization_id: int, recovery: Recovery, at: datetime, by: int | None, why: str) -> None:
    """Give a recovery that failed to an owner one tier up, the highest tier keeping it; a test stays whose it is."""
    if recovery.test:
        return
    tier = raised(level=recovery.owner_tier, most=HIGHEST_TIER)
    chosen = Staff(organization_id=organization_id).choose(
        key=recovery.happening_key,
        tier=tier,
        place_id=recovery.place_id,
        team_id=recovery.team_id,
        at=at,
        shadow=recovery.shadow,
    )
    owners_set(
        organization_id=organization_id,
        owned=[(recovery.id, chosen.id, tier, reasons_data(chosen.reasons))],
        at=at,
        by=by,
        why=why,
    )


def owners_set(
    *,
    organization_id: int,
    owned: Sequence[tuple[int, int, int, Sequence[Mapping[str, Any]]]],
    at: datetime,
    by: int | None,
    why: str,
    quietly: bool = False,
) -> None:
    """Write new owners, (recovery, member, tier, reasons), and journal each; `why` is a short code.

    Each is told, unless `quietly`: then the caller tells them all at once.
    """
    rows = [(one, member_id, min(HIGHEST_TIER, tier), list(reasons)) for one, member_id, tier, reasons in owned]
    from_, parameter = record_set("u", OWNED, rows)
    with prepared() as cursor:
        cursor.execute(
            "UPDATE recoveries_recovery r SET owner_id = u.owner, owner_tier = u.tier, owner_reasons = u.reasons"
            f" FROM {from_} WHERE r.organization_id = %s AND r.id = u.id",
            [parameter, organization_id],
        )
    record(
        organization_id=organization_id,
        entries=[
            Happened(
                at=at,
                event="recoveries:recovery:owned",
                subject="recovery",
                subject_id=recovery_id,
                data={"owner": member_id, "tier": min(HIGHEST_TIER, tier), "why": why},
                actor_id=by,
            )
            for recovery_id, member_id, tier, _ in owned
        ],
    )
    staff_tell(
        organization_id=organization_id,
        notes=[
            StaffNote(member_id=member_id, recovery_id=recovery_id, what="owned", at=at)
            for recovery_id, member_id, _, _ in owned
            if member_id != by and not quietly
        ],
    )


def member_left(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Hand over the open recoveries of members who leave, in the transaction in which they leave.

    Raises UnableToFindOwner when nobody active is left, which undoes the leaving.
    """
    staff = Staff(organization_id=organization_id)
    for entry in entries:
        rows = _open_of(organization_id, entry.subject_id)
        _rehome(organization_id, rows, entry, staff, why="left")


def member_changed(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Hand over what members may not look after any more, in the transaction in which they are changed.

    That is all that they have open where they pay from now on, and else what is open at places that they served and
    serve no more. It stays theirs where nobody else is active.
    """
    for entry in entries:
        to_finance = entry.data.get("role") == "finance"
        if not to_finance and "places" not in entry.data:
            continue
        staff = Staff(organization_id=organization_id)
        rows = [
            row
            for row in _open_of(organization_id, entry.subject_id)
            if to_finance
            or (
                staff.serves(places=entry.data["was_places"], place_id=row.place_id)
                and not staff.serves(places=entry.data["places"], place_id=row.place_id)
            )
        ]
        _rehome(organization_id, rows, entry, staff, why="moved")


def _open_of(organization_id: int, member_id: int) -> list[Recovery]:
    mine = Recovery.objects.filter(organization_id=organization_id, state="open", owner_id=member_id).exclude(
        happening_key__startswith=TEST
    )
    return list(mine.select_for_update(of=("self",)).order_by("id"))


def _rehome(organization_id: int, rows: Sequence[Recovery], entry: Happened, staff: Staff, *, why: str) -> None:
    """Give these to whom the rules choose, leaving out whose they were, and tell each new owner."""
    owned = []
    for row in rows:
        chosen = staff.choose(
            key=row.happening_key,
            tier=row.owner_tier,
            place_id=row.place_id,
            team_id=row.team_id,
            at=entry.at,
            shadow=row.shadow,
            but=entry.subject_id,
        )
        if chosen.id != entry.subject_id:
            owned.append((row.id, chosen.id, row.owner_tier, reasons_data(chosen.reasons)))
    owners_set(organization_id=organization_id, owned=owned, at=entry.at, by=entry.actor_id, why=why)
