"""What every page shares: the reader, the frame around a page, and the small things that many pages show."""

from __future__ import annotations

import datetime as dt

import attrs

STEP_STATES = ("done", "skipped", "now", "overdue", "todo")
HEATS = ("hot", "warm", "calm")
TONES = ("note", "good", "warn", "bad")


@attrs.frozen(kw_only=True)
class Reader:
    """Who reads, for writing times and amounts: the organization's `now`, an IANA zone, a locale such as `en_GB`."""

    now: dt.datetime
    zone: str = "UTC"
    locale: str = "en_GB"


@attrs.frozen(kw_only=True)
class Link:
    """A place to go; `current` marks where the reader is, `count` how many things wait there."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@attrs.frozen(kw_only=True)
class Action:
    """One button that posts at once. `hidden` are (name, value) pairs; `style` is go, plain, gold or danger.

    `about` completes the label for those who hear the page ("Offer" + "gift wrap and courier").
    """

    label: str
    url: str
    style: str = "plain"
    hidden: tuple[tuple[str, str], ...] = ()
    about: str = ""


@attrs.frozen(kw_only=True)
class Tag:
    """A few words on a coloured ground; `tone` is plain, glaze (done, ours), gold (time) or clay (breaking)."""

    text: str
    tone: str = "plain"


@attrs.frozen(kw_only=True)
class Notice:
    """What the last act did, or what is wrong; `tone` is one of TONES, `undo` the way back where there is one."""

    text: str
    tone: str = "good"
    detail: str = ""
    undo: Action | None = None


@attrs.frozen(kw_only=True)
class Empty:
    """What an empty list says: what will appear here, and how to make the first one."""

    title: str
    text: str
    link: Link | None = None


@attrs.frozen(kw_only=True)
class Pager:
    """Where in a long list the reader is. `summary` says it in words ("1-50 of 2,167")."""

    summary: str
    previous_url: str | None = None
    next_url: str | None = None


@attrs.frozen(kw_only=True)
class Fact:
    """A label with its value, and where the value comes from or how sure it is."""

    label: str
    value: str
    note: str = ""


@attrs.frozen(kw_only=True)
class ReasonLine:
    """One reason as the reader sees it: `text`, the `rule` id, and the finding behind it with its grade A-C, L, M.

    `found` and `source` are the register's sentence and author; `grade_means` spells the grade out.
    """

    text: str
    rule: str
    evidence: str | None = None
    grade: str | None = None
    grade_means: str = ""
    found: str = ""
    source: str = ""


@attrs.frozen(kw_only=True)
class StepMark:
    """One of the seven steps on the seam. `state` is one of STEP_STATES; `at` when done or due; `note` a few words.

    `means` says in a plain sentence what the step's name means here.
    """

    key: str
    name: str
    state: str
    at: dt.datetime | None = None
    note: str = ""
    means: str = ""


@attrs.frozen(kw_only=True)
class ClockFace:
    """One clock: what it runs to, when, and how warm it is.

    `state` is running, paused, met, late (met after its time), missed or none; `heat` one of HEATS; `paused_because`
    what the customer may read.
    """

    label: str
    due_at: dt.datetime | None
    state: str = "running"
    heat: str = "calm"
    why_url: str = ""
    paused_because: str = ""
    note: str = ""


@attrs.frozen(kw_only=True)
class TimelineEntry:
    """One thing that happened. `kind` is event, ours (we said), theirs (the customer said) or note.

    `detail` says why it stands as it does, and `act` is what may be done about it.
    """

    at: dt.datetime
    text: str
    kind: str = "event"
    by: str = ""
    why_url: str = ""
    state: str = ""
    detail: str = ""
    act: Action | None = None


@attrs.frozen(kw_only=True)
class Shell:
    """The frame of a console page: organization, member, ways to go, what the reader must know everywhere.

    `banners` stand on every page (demo, shadow, sending stopped); `notices` tell what the last act did, once.
    `organizations` are the other organizations this member may switch to, each an Action. `bell` leads to what the
    member was told, and counts what of it they have not read.
    """

    organization: str
    reader: Reader
    member: str = ""
    member_id: int = 0
    initials: str = ""
    place: str = ""
    role: str = ""
    nav: tuple[Link, ...] = ()
    home_url: str = "/"
    report_url: str = ""
    search_url: str = ""
    settings_url: str = ""
    bell: Link | None = None
    account_url: str = ""
    sign_out: Action | None = None
    organizations: tuple[Action, ...] = ()
    banners: tuple[Notice, ...] = ()
    notices: tuple[Notice, ...] = ()
