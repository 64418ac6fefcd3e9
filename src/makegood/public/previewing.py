"""What a customer sees, shown to a member: the same page, on which nothing can be pressed."""

from __future__ import annotations

import attrs
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.customers.queries import customer_one
from makegood.organizations.visits import desk_in, visitor_in
from makegood.public.viewmodels import Preview, StatusPage
from makegood.public.views import Following, following, laid, letter_page
from makegood.recoveries.seeing import sees
from makegood.store.clocks import wall_now


@following
def status_preview(request: HttpRequest, found: Following) -> HttpResponse:
    """Show a member the page of a customer; anybody else who has the link is its customer, and goes to their page."""
    own = reverse("status", args=[found.signed])
    if not _sees(request, found):
        return redirect(own)
    customer = customer_one(organization_id=found.organization_id, customer_id=found.case.customer_id)
    assert customer is not None, "every recovery has a customer"
    here = reverse("status-preview", args=[found.signed])
    code = f"R-{found.case.number}"
    looking = Preview(
        label="Preview",
        title=f"This is what {customer.called_inside} sees.",
        text="You are only looking: nothing can be pressed here.",
        back_url=reverse("recovery", args=[code]),
        back=f"Back to {code}",
    )
    refused = request.method not in ("GET", "HEAD")
    return laid(request, _still(letter_page(request, found), url=here, preview=looking), status=403 if refused else 200)


def _sees(request: HttpRequest, found: Following) -> bool:
    """Whether a member looks, in a session that goes on, who sees this recovery in the console, too."""
    visitor = visitor_in(request.session, now=wall_now())
    if visitor is None or visitor.organization_id != found.organization_id:
        return False
    desk, case = desk_in(visitor, now=wall_now()), found.case
    if desk is None:
        return False
    return sees(member_id=visitor.member_id, places=desk.places, place_id=case.place_id, owner_id=case.owner_id)


def _still(page: StatusPage, *, url: str, preview: Preview) -> StatusPage:
    """The page with every form led to the preview itself, which takes nothing."""
    return attrs.evolve(
        page,
        preview=preview,
        offer=page.offer and attrs.evolve(page.offer, url=url),
        writing=page.writing and attrs.evolve(page.writing, url=url),
        rating=page.rating and attrs.evolve(page.rating, url=url),
        staying=page.staying and attrs.evolve(page.staying, stay_url=url, story_url=url),
    )
