"""The help that a recovery's frozen playbook gives, and what of it was ticked, filled in and talked through."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from makegood.core.help.fitting import CHANNELS
from makegood.core.help.lists import Help, Lack, lacking
from makegood.customers.queries import customer_one
from makegood.recoveries.frozen import playbook_frozen
from makegood.recoveries.models import HelpForm, HelpTick, Recovery
from makegood.store.reading import read

REACHED_BY = {"email": "mail", "phone": "phone"}


@attrs.frozen(kw_only=True)
class TickLine:
    """An item that was ticked."""

    checklist: str
    item: str
    at: datetime
    by_id: int


@attrs.frozen(kw_only=True)
class FileLine:
    """A file that came with a form; its content is read apart."""

    id: int
    field: str
    name: str
    kind: str
    size: int


@attrs.frozen(kw_only=True)
class FilledLine:
    """A form as it was filled in: `labels` and `answers` by field, `answers` as plain data; none once erased."""

    id: int
    form: str
    at: datetime
    by_id: int
    answers: Mapping[str, Any]
    files: tuple[FileLine, ...] = ()


@attrs.frozen(kw_only=True)
class TalkLine:
    """A dialogue that was walked to its end: what the customer answered, in words."""

    dialogue: str
    title: str
    answers: tuple[str, ...]
    at: datetime
    by_id: int


@attrs.frozen(kw_only=True)
class HelpState:
    """What helps with a recovery, and what of it was done; forms and talks the latest first."""

    given: Help
    fix: str = ""
    """What puts it right, in the words that the customer reads."""
    ticks: tuple[TickLine, ...] = ()
    filled: tuple[FilledLine, ...] = ()
    talks: tuple[TalkLine, ...] = ()

    @property
    def ticked(self) -> dict[str, set[str]]:
        """The ticked items by their checklist."""
        found: dict[str, set[str]] = {}
        for one in self.ticks:
            found.setdefault(one.checklist, set()).add(one.item)
        return found

    def lacking(self, *, step: str) -> tuple[Lack, ...]:
        """This function will list what must be ticked or filled in before this step is done."""
        return lacking(given=self.given, step=step, ticked=self.ticked, filled={one.form for one in self.filled})


@attrs.frozen(kw_only=True)
class Subject:
    """What of a recovery decides which help is meant for it; a Recovery has the same names."""

    playbook_id: int
    kind: str
    customer_id: int
    place_id: int | None


def help_for(*, organization_id: int, recovery: Recovery | Subject) -> Help:
    """This function will keep, of what the frozen playbook gives, what is meant for this recovery."""
    given = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id).help
    channels = channels_of(organization_id=organization_id, recovery=recovery) if given.narrowed else CHANNELS
    return given.of(kind=recovery.kind, channels=channels)


def channels_of(*, organization_id: int, recovery: Recovery | Subject) -> tuple[str, ...]:
    """This function will say where the customer can be talked to: as they are known, and at a counter of a place."""
    customer = customer_one(organization_id=organization_id, customer_id=recovery.customer_id)
    known = {kind for kind, _ in customer.identities} if customer else set()
    found = {REACHED_BY[kind] for kind in known & REACHED_BY.keys()}
    if recovery.place_id is not None or customer is None or customer.token:
        found.add("counter")
    return tuple(one for one in CHANNELS if one in found)


def lacking_of(*, organization_id: int, recovery: Recovery, step: str) -> tuple[Lack, ...]:
    """This function will list what must be ticked or filled in before a step of a recovery is done."""
    frozen = playbook_frozen(organization_id=organization_id, version_id=recovery.playbook_id).help
    if not lacking(given=frozen, step=step, ticked={}, filled=()):
        return ()
    here = {"organization_id": organization_id, "recovery_id": recovery.id}
    ticked: dict[str, set[str]] = {}
    for checklist, item in read(HelpTick, "checklist", "item", **here):
        ticked.setdefault(checklist, set()).add(item)
    return lacking(
        given=help_for(organization_id=organization_id, recovery=recovery),
        step=step,
        ticked=ticked,
        filled={form for (form,) in read(HelpForm, "form", **here)},
    )
