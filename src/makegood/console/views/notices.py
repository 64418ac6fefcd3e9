"""Notices: what a member was told of their recoveries, before a clock runs out and after, until they mark it read."""

from __future__ import annotations

import re
from collections.abc import Container

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.viewmodels import Action, Empty, Link, NoticeRow, NoticesPage, Pager
from makegood.console.views.frame import Screen, acts, staff, tell
from makegood.messages.queries import MessageRow, notices_of_member, notices_unread
from makegood.messages.staff import notices_read
from makegood.recoveries.queries import recoveries_late

TOLD = re.compile(r"^(.+)\n\S+/recoveries/(R-\d+)$", re.MULTILINE)
FILES = re.compile(r"^(.+)\n\S+/settings/data/files/(\d+)$", re.MULTILINE)
MOST_LINES = 20


def notices_page(request: HttpRequest, desk: Desk, *, message_id: int | None = None) -> Screen:
    """Show what the member was told, the newest first."""
    here, before = desk.organization_id, request.GET.get("before", "")
    rows = notices_of_member(
        organization_id=here,
        member_id=desk.member_id,
        before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        limit=words.PER_PAGE + 1,
    )
    shown = rows[: words.PER_PAGE]
    more = len(rows) > words.PER_PAGE
    told = {number for row in shown for number in numbers_told(row)}
    late = recoveries_late(organization_id=here, numbers=told) if desk.may("notice-know") else {}
    return Screen(
        template="console/notices.html",
        current="notices",
        page=NoticesPage(
            title="Notices",
            lead="What needs you: a clock that is about to run out, one that has, a reply, a low score.",
            rows=tuple(_row(row, late) for row in shown),
            read_all=Action(label="Mark all as read", url=reverse("notices-read"))
            if notices_unread(organization_id=here, member_id=desk.member_id)
            else None,
            pager=Pager(
                summary=f"{len(shown)} shown",
                next_url=f"{reverse('notices')}?before={shown[-1].id}" if more else None,
                previous_url=reverse("notices") if before else None,
            )
            if before or more
            else None,
            empty=Empty(
                title="No notices yet",
                text="When a recovery needs you, or a clock of your people is about to run out, it says so here.",
            ),
        ),
    )


notices = staff(notices_page)


def numbers_told(row: MessageRow) -> set[int]:
    """This function will say which recoveries a notice told of, by the numbers that people use."""
    return {number for _, code in TOLD.findall(row.body) if (number := words.number_of(code, "R")) is not None}


def _row(row: MessageRow, late: Container[int]) -> NoticeRow:
    told = TOLD.findall(row.body)
    files = tuple(Link(label=said, url=reverse("data-file", args=[one])) for said, one in FILES.findall(row.body))
    return NoticeRow(
        text=row.subject,
        at=row.created_at,
        unread=row.read_at is None,
        lines=(*files, *(Link(label=said, url=reverse("recovery", args=[code])) for said, code in told[:MOST_LINES])),
        more=max(0, len(told) - MOST_LINES),
        read=Action(label="Mark as read", about=row.subject, url=reverse("notice-read", args=[row.id]))
        if row.read_at is None
        else None,
        know=Action(label="I know", about=row.subject, url=reverse("notice-know", args=[row.id]))
        if any(number in late for number in numbers_told(row))
        else None,
    )


@acts(notices_page)
def read_all(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Mark everything that the member was told as read."""
    notices_read(organization_id=desk.organization_id, member_id=desk.member_id, now=desk.facts.now)
    tell(request, "All notices are marked as read.")
    return redirect("notices")


@acts(notices_page)
def read_one(request: HttpRequest, desk: Desk, *, message_id: int) -> HttpResponse:
    """Mark one notice as read; somebody else's stays as it is."""
    notices_read(
        organization_id=desk.organization_id, member_id=desk.member_id, now=desk.facts.now, message_id=message_id
    )
    return redirect("notices")
