"""Writing a playbook: what was typed, whether it can be used, what would change and for whom."""

from __future__ import annotations

import attrs

from makegood.console.viewmodels.forms import Form
from makegood.console.viewmodels.settings import Table
from makegood.console.viewmodels.shell import Link


@attrs.frozen(kw_only=True)
class PlaybookCheck:
    """Whether a playbook as typed can be published: `wrong` is one sentence with its line, else `said` what it does."""

    wrong: str = ""
    said: str = ""


@attrs.frozen(kw_only=True)
class PlaybookWritePage:
    """A playbook to be changed as text, checked while one types."""

    title: str
    lead: str
    form: Form
    check: PlaybookCheck
    back: Link
    drawing: Link | None = None


@attrs.frozen(kw_only=True)
class ChangedLine:
    """One line of the two versions: `mark` is added, taken, same, or gap for lines that are left out between."""

    mark: str
    text: str


@attrs.frozen(kw_only=True)
class PlaybookChange:
    """What publishing one playbook changes: the difference, and the open recoveries that it would treat otherwise.

    `version` is the one that counts now, 0 for none; `said` is what it then does, `title` its name where several stand.
    """

    key: str
    version: int
    said: str
    differences: Table
    lines: tuple[ChangedLine, ...]
    otherwise: Table
    otherwise_lead: str
    title: str = ""
    warning: str = ""
    """What it needs that is not here, such as its team; `remedy` leads to where that is made."""
    remedy: Link | None = None


@attrs.frozen(kw_only=True)
class PlaybookComparePage:
    """A playbook as it would be published, with what it changes."""

    title: str
    lead: str
    change: PlaybookChange
    form: Form | None
    again: Form
    back: Link


@attrs.frozen(kw_only=True)
class HoursUsePage:
    """Opening hours as playbooks would count them: what publishing each changes, all by one yes."""

    title: str
    lead: str
    changes: tuple[PlaybookChange, ...]
    form: Form | None
    back: Link
