"""Saved views of lists: shown above the list with how many each holds, kept, renamed, shared and deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import permissions
from makegood.console.desk import Desk
from makegood.console.saved import KEPT, NAME, View, kept_of, view_delete, view_rename, view_save, views_of
from makegood.console.viewmodels import Action, Field, Form, FormPage, Link
from makegood.console.viewmodels.today import SavedViews
from makegood.console.views.frame import Screen, acts, tell

COUNTED = 12
"""How many views are counted: beyond it a page would ask too much."""


def saved_panel(
    request: HttpRequest, desk: Desk, listed: str, *, count: Callable[[Mapping[str, str]], int]
) -> SavedViews:
    """This function will show the saved views of a list; `count` says how many rows an address holds."""
    views = views_of(organization_id=desk.organization_id, member_id=desk.member_id, listed=listed)
    open_id = request.GET.get("view", "")
    current = next((one for one in views if str(one.id) == open_id), None)
    present = kept_of(listed=listed, given=request.GET.dict())
    own = current is not None and _may(desk, current)
    return SavedViews(
        links=tuple(
            Link(
                label=f"{one.name}, shared" if one.shared else one.name,
                url=_address(listed, one),
                current=one == current,
                count=count(one.query) if position < COUNTED else None,
            )
            for position, one in enumerate(views)
        ),
        save=Form(
            key="save-view",
            action=reverse("view-save", args=[listed]),
            submit="Save it",
            style="plain",
            fields=(
                *(Field(name=name, label="", kind="hidden", value=value) for name, value in present.items()),
                Field(name="view_name", label="Name of the view", required=True, maxlength=NAME),
                Field(name="view_shared", label="Share it with all colleagues", kind="checkbox"),
            ),
        ),
        rename=_rename(listed, current) if own and current else None,
        delete=Action(
            label="Delete this view",
            about=current.name,
            url=reverse("view-act", args=[listed, current.id, "delete"]),
            style="danger",
        )
        if own and current
        else None,
    )


def _address(listed: str, view: View) -> str:
    return f"{reverse(listed)}?{urlencode({**view.query, 'view': view.id})}"


def _may(desk: Desk, view: View) -> bool:
    return view.member_id == desk.member_id or (view.shared and desk.facts.role in permissions.DECIDES)


def _rename(listed: str, view: View) -> Form:
    return Form(
        key="rename-view",
        action=reverse("view-act", args=[listed, view.id, "rename"]),
        submit="Change it",
        style="plain",
        fields=(
            Field(name="view_name", label="Name of the view", value=view.name, required=True, maxlength=NAME),
            Field(name="view_shared", label="Share it with all colleagues", kind="checkbox", checked=view.shared),
        ),
    )


def _again(request: HttpRequest, desk: Desk, *, listed: str, **names: object) -> Screen:
    """Ask for the name once more, on a page of its own; other names of an address do not matter here."""
    if listed not in KEPT:
        raise Http404
    carried = kept_of(listed=listed, given=request.POST.dict())
    return Screen(
        template="console/form_page.html",
        current=listed,
        page=FormPage(
            title="Save this view",
            lead="A name makes it easy to come back to.",
            back=Link(label=listed.capitalize(), url=f"{reverse(listed)}?{urlencode(carried)}"),
            form=Form(
                key="view-name",
                action=request.path,
                submit="Save it",
                fields=(
                    *(Field(name=name, label="", kind="hidden", value=value) for name, value in carried.items()),
                    Field(name="view_name", label="Name of the view", required=True, maxlength=NAME),
                    Field(name="view_shared", label="Share it with all colleagues", kind="checkbox"),
                ),
            ),
        ),
    )


@acts(_again)
def save(request: HttpRequest, desk: Desk, *, listed: str) -> HttpResponse:
    """Keep the present narrowing and order of a list under a name."""
    if listed not in KEPT:
        raise Http404
    given = request.POST.dict()
    view_id = view_save(
        organization_id=desk.organization_id,
        member_id=desk.member_id,
        listed=listed,
        name=request.POST.get("view_name", ""),
        given=given,
        shared="view_shared" in request.POST,
        now=desk.facts.now,
    )
    tell(request, "The view is saved.")
    return redirect(f"{reverse(listed)}?{urlencode({**kept_of(listed=listed, given=given), 'view': view_id})}")


@acts(_again)
def act(request: HttpRequest, desk: Desk, *, listed: str, view_id: int, how: str) -> HttpResponse:
    """Rename or share a view, or delete it."""
    views = views_of(organization_id=desk.organization_id, member_id=desk.member_id, listed=listed)
    view = next((one for one in views if one.id == view_id), None)
    if view is None or not _may(desk, view) or how not in ("rename", "delete"):
        raise Http404
    if how == "delete":
        view_delete(organization_id=desk.organization_id, view_id=view.id)
        tell(request, f"The view “{view.name}” is deleted.")
        return redirect(f"{reverse(listed)}?{urlencode(view.query)}")
    view_rename(
        organization_id=desk.organization_id,
        view=view,
        listed=listed,
        name=request.POST.get("view_name", ""),
        shared="view_shared" in request.POST,
    )
    tell(request, "The view is changed.")
    return redirect(_address(listed, view))
