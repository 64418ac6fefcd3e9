"""Clocks that ran out: a member says that they know, on the recovery or on the notice that told them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from makegood.console.building.clocks import NAMES
from makegood.console.desk import Desk
from makegood.console.views.frame import acts, gone_to, tell
from makegood.console.views.notices import notices_page, numbers_told
from makegood.console.views.recoveries import case_of, recovery_screen
from makegood.messages.queries import notice_of_member
from makegood.messages.staff import notices_read
from makegood.recoveries import operations
from makegood.recoveries.queries import recoveries_late

NOTED = "Noted: you know. Nobody is told of it again."
STAYS = "It stays late until it is done."


@acts(recovery_screen)
def know(request: HttpRequest, desk: Desk, *, code: str, target: str) -> HttpResponse:
    """Say that one knows of a late clock: it is told no more."""
    case = case_of(desk, code)
    if target not in NAMES:
        raise Http404
    operations.clock_acknowledge(
        organization_id=desk.organization_id, recovery_id=case.id, target=target, by=desk.member_id, now=desk.facts.now
    )
    tell(request, NOTED, detail=STAYS)
    return gone_to("recovery", code=code)


@acts(notices_page)
def know_notice(request: HttpRequest, desk: Desk, *, message_id: int) -> HttpResponse:
    """Say that one knows of all that a notice told of: what is late there is told no more."""
    here, now = desk.organization_id, desk.facts.now
    notice = notice_of_member(organization_id=here, member_id=desk.member_id, message_id=message_id)
    if notice is None:
        raise Http404
    late = recoveries_late(organization_id=here, numbers=numbers_told(notice))
    operations.clocks_acknowledge(organization_id=here, recovery_ids=late.values(), by=desk.member_id, now=now)
    notices_read(organization_id=here, member_id=desk.member_id, now=now, message_id=message_id)
    tell(request, NOTED, detail=STAYS)
    return redirect("notices")
