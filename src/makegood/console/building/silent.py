"""Who never answers, as Today shows it to those who may hand over what is theirs."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse

from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, Link
from makegood.console.viewmodels.today import SilentLine
from makegood.messages.unanswered import Silent, members_silent
from makegood.recoveries.operations.bulk import MOST
from makegood.recoveries.queries import Filters, recoveries_matching


def silent_lines(desk: Desk) -> tuple[SilentLine, ...]:
    """This function will show the members who never answer to who may hand over for several.

    Who serves some places sees those who own something there.
    """
    if not desk.may("several-begin"):
        return ()
    lines = (_line(desk, one) for one in members_silent(organization_id=desk.organization_id, now=desk.facts.now))
    return tuple(line for line in lines if line is not None)


def _line(desk: Desk, one: Silent) -> SilentLine | None:
    filters = Filters(state="open", owner_id=one.member_id, place_ids=desk.places)
    count = len(recoveries_matching(organization_id=desk.organization_id, filters=filters, limit=MOST + 1))
    if not count and desk.places is not None:
        return None
    theirs = f"{count:,} open {'recovery is' if count == 1 else 'recoveries are'} theirs." if count else ""
    them = "it" if count == 1 else f"the {count:,}"
    why = one.unanswered.reasons[0].text
    chosen = (("all", "1"), ("which", "open"), ("owner", str(one.member_id)))
    return SilentLine(
        who=one.name,
        text=f"was told {one.unanswered.times:,} times of what waits for them, and opened nothing. {theirs}".rstrip(),
        why=why,
        since_at=one.unanswered.since_at,
        look=Link(label=f"See {them}", url=f"{reverse('recoveries')}?{urlencode(chosen[1:])}") if count else None,
        hand_over=Action(
            label=f"Hand {them} over",
            about=f"of {one.name}",
            url=reverse("several-begin"),
            hidden=(*chosen, ("seen", str(count)), ("do", "hand_over"), ("why_hand_over", why)),
        )
        if 0 < count <= MOST
        else None,
    )
