"""The list of recoveries: narrowed, sorted, and saved under a name."""

from __future__ import annotations

from urllib.parse import urlencode

import attrs
from django.http import HttpRequest
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building import words
from makegood.console.desk import Desk
from makegood.console.narrowing import SORTS, TABS, Narrowed, filters_of, narrowed_of
from makegood.console.viewmodels import Empty, Field, Form, Link, RecoveriesPage
from makegood.console.viewmodels.today import Several
from makegood.console.views.frame import Screen, staff
from makegood.console.views.saved import saved_panel
from makegood.organizations.queries import members_all
from makegood.recoveries.queries import recoveries_list
from makegood.recoveries.queries.lists import COUNT_TO, recoveries_counted_to


def recoveries_screen(request: HttpRequest, desk: Desk) -> Screen:
    """List recoveries, narrowed by a tab, by words and by more, in an order."""
    asked = narrowed_of(request.GET)
    page = words.page_of(request.GET.get("page"))
    found = recoveries_list(
        organization_id=desk.organization_id,
        filters=filters_of(desk, asked),
        order=asked.sort,
        limit=words.PER_PAGE,
        offset=(page - 1) * words.PER_PAGE,
    )
    path, several = reverse("recoveries"), None
    if desk.may("several") and asked.which != "closed":
        total = f"{found.total:,}" if found.total < COUNT_TO else "more than 10,000"
        several = Several(url=reverse("several"), all_label=f"All {total} that match", hidden=asked.pairs())
    return Screen(
        template="console/recoveries.html",
        current="recoveries",
        page=RecoveriesPage(
            title="Recoveries",
            rows=tuple(
                attrs.evolve(words.recovery_row(desk, row), pick="several" if several else "") for row in found.rows
            ),
            several=several,
            filters=_tabs(asked, path),
            saved=saved_panel(
                request,
                desk,
                "recoveries",
                count=lambda said: recoveries_counted_to(
                    organization_id=desk.organization_id, filters=filters_of(desk, narrowed_of(said))
                ),
            ),
            search=Form(
                key="find-recovery",
                action=path,
                submit="Find",
                method="get",
                style="plain",
                fields=(
                    *(
                        Field(name=name, label="", kind="hidden", value=value)
                        for name, value in asked.pairs()
                        if name != "q"
                    ),
                    Field(name="q", label="Find by customer or number", kind="search", value=asked.asked),
                ),
            ),
            narrow=_narrow(desk, asked, path),
            pager=words.pager(
                path=path,
                query=urlencode(asked.pairs()),
                page=page,
                shown=len(found.rows),
                more=found.more,
                total=found.total,
            ),
            empty=Empty(
                title="None here",
                text="A recovery opens when a promise breaks or somebody reports a failure.",
                link=Link(label="Report a failure", url=reverse("report")) if desk.may("report") else None,
            ),
        ),
    )


recoveries = staff(recoveries_screen)


def _tabs(asked: Narrowed, path: str) -> tuple[Link, ...]:
    """The tabs keep the order, and leave out what else the list was narrowed to."""
    kept = {"sort": asked.sort} if asked.sort else {}
    return tuple(
        Link(label=label, url=f"{path}?{urlencode({'which': name} | kept)}", current=name == asked.which)
        for name, label in TABS
    )


def _narrow(desk: Desk, asked: Narrowed, path: str) -> Form:
    people = [(str(one.id), one.name) for one in members_all(organization_id=desk.organization_id) if one.active]
    hidden = tuple(
        Field(name=name, label="", kind="hidden", value=value)
        for name, value in asked.pairs()
        if name in ("which", "q")
    )
    return Form(
        key="narrow",
        action=path,
        submit="Show",
        method="get",
        style="plain",
        fields=(
            *hidden,
            select("severity", "Severity", words.SEVERITIES, first="Any", value=str(asked.severity or "")),
            select("owner", "Owner", people, first="Anybody", value=str(asked.owner or "")),
            select("sort", "Order", SORTS, value=asked.sort),
        ),
    )
