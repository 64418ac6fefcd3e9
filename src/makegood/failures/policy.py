"""What a playbook says about failures: which loss a broken promise is, when it is noticed, what counts as a burst."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from makegood.organizations.queries import mail_playbook, place_playbooks, playbooks_said
from makegood.promises.naming import OrderNamed

DEFAULT_PROMISE: Mapping[str, Any] = {
    "loss": "time",
    "fault": "ours",
    "notice_minutes": 0,
    "certain_to_notice": False,
    "severity": 2,
}
STAFF_WORD: Mapping[str, Any] = {
    "loss": "attention",
    "fault": "ours",
    "notice_minutes": 0,
    "certain_to_notice": True,
    "severity": 1,
}
"""What a member promised inside a recovery: always noticed. It raises the recovery by one, and adds nothing itself."""
BUILT_IN = {"staff_word": STAFF_WORD}


@attrs.frozen(kw_only=True)
class PromisePolicy:
    """How a broken promise of one kind is judged. `notice_minutes`: at least so late is noticed."""

    loss: str
    fault: str
    notice_minutes: int
    certain_to_notice: bool
    severity: int


@attrs.frozen(kw_only=True)
class BurstPolicy:
    """What counts as a burst; the defaults are those of the design."""

    quantile: str = "0.999"
    weeks_needed: int = 4
    minimum: int = 10
    share: int = 20
    window_minutes: int = 15


def playbook_of_mail(*, organization_id: int, about: OrderNamed | None, place_id: int | None) -> str:
    """Return what is done about what a mail complains of: as the source of the order says that it names.

    Without such an order it is what its place says, for which this is empty, else what was chosen for mails.
    """
    if about is not None and about.playbook:
        return about.playbook
    said = place_playbooks(organization_id=organization_id, place_ids=[place_id]) if place_id else {}
    return "" if said else mail_playbook(organization_id=organization_id)


class Policies:
    """The latest playbook versions of one organization, read once per unit of work."""

    def __init__(self, *, organization_id: int) -> None:
        self._data = playbooks_said(organization_id=organization_id)
        self._promises: dict[tuple[str, str], PromisePolicy] = {}

    def promise(self, *, playbook: str, kind: str) -> PromisePolicy:
        """Return how a broken promise of this kind is judged under this playbook."""
        found = self._promises.get((playbook, kind))
        if found is None:
            said = self._data.get(playbook, {}).get("promises", {})
            found = PromisePolicy(
                **{**DEFAULT_PROMISE, **said.get("default", {}), **BUILT_IN.get(kind, {}), **said.get(kind, {})}
            )
            self._promises[playbook, kind] = found
        return found

    def burst(self, *, playbook: str) -> BurstPolicy:
        """Return what counts as a burst under this playbook."""
        said = self._data.get(playbook, {}).get("burst", {})
        wanted: dict[str, Any] = {name: str(value) if name == "quantile" else value for name, value in said.items()}
        return BurstPolicy(**wanted)
