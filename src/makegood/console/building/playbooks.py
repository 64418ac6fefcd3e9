"""A playbook in a few plain words, for somebody who is to choose one and will not read its file."""

from __future__ import annotations

from makegood.core.remedies import Remedy
from makegood.organizations.queries import PlaybookFacts, playbooks_latest_facts
from makegood.rules.playbooks import Playbook, from_data

DAY, HOUR = 1440, 60


def playbooks_listed(*, organization_id: int) -> list[PlaybookFacts]:
    """This function will list the newest versions of an organization's playbooks, the one for anyone first."""
    found = playbooks_latest_facts(organization_id=organization_id)
    return sorted(found, key=lambda one: (one.code != "default", one.code))


def playbook_title(facts: PlaybookFacts) -> str:
    """This function will name a playbook as its authors did."""
    return _read(facts).title


def playbook_said(facts: PlaybookFacts) -> str:
    """This function will say what a playbook does: what counts as late, by when what happens, what goes by itself."""
    playbook = _read(facts)
    notice = playbook.promises["default"].notice_minutes
    targets = playbook.targets
    return " ".join(
        (
            f"A promise counts as broken once it is {_span(notice)} late." if notice else "Any lateness counts.",
            f"They hear of it within {_span(targets['acknowledge'].minutes)}, an answer comes within"
            f" {_span(targets['respond'].minutes)}, and it is put right within {_span(targets['fix'].minutes)}."
            + (" Only open hours count." if playbook.calendar else ""),
            _alone(playbook),
            f"Extras: {', '.join(one.title.lower() for one in playbook.remedies)}." if playbook.remedies else "",
        )
    ).strip()


def _read(facts: PlaybookFacts) -> Playbook:
    return from_data(facts.data, where=f"playbook {facts.code}")


def _alone(playbook: Playbook) -> str:
    apology = playbook.steps["apologise"].send
    if apology == "at_once":
        return "An apology goes by itself, at once, in its owner's name; of an incident only after a person's yes."
    first = "A first word with their page goes by itself" if playbook.acknowledgement == "at_once" else ""
    waits = "an apology waits for your click" if apology == "person" else "an apology goes soon, unless you stop it"
    return f"{first}; {waits}." if first else f"{waits.capitalize()}."


def _span(minutes: int) -> str:
    for unit, word in ((DAY, "day"), (HOUR, "hour")):
        if (minutes >= 2 * unit and minutes % unit == 0) or minutes == unit == HOUR:
            count = minutes // unit
            return f"{count} {word}{'s' if count > 1 else ''}"
    return "24 hours" if minutes == DAY else f"{minutes} minutes"


def playbook_remedies(*, organization_id: int) -> tuple[Remedy, ...]:
    """This function will list what the organization's playbook for anyone lets people give."""
    listed = playbooks_listed(organization_id=organization_id)
    return _read(listed[0]).remedies if listed else ()
