"""What customers say on their page once it is put right: whether they stay, and whether it may be told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, recovery_of
from tests.support.recoveries import again, step_to

from makegood.messages.links import status_path
from makegood.public.staying import Staying, staying_of
from makegood.recoveries.models import Recovery, Return, Story
from makegood.recoveries.operations import close, step_done
from makegood.recoveries.operations.stories import story_tell
from makegood.recoveries.queries import recovery_case
from makegood.recoveries.queries.stories import stories_found
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle"]
DAY = timedelta(days=1)


def theirs(org: Org, *, closed: bool) -> tuple[Recovery, Client, str]:
    """A recovery that is fixed and made good, or closed, and its customer's page."""
    recovery = recovery_of(org)
    step_to(org, START + DAY)
    with tenant(organization_id=org.id):
        for step in ("fix", "make_good"):
            step_done(organization_id=org.id, recovery_id=recovery.id, step=step, by=org.employee, now=START + DAY)
        if closed:
            close(organization_id=org.id, recovery_id=recovery.id, by=org.manager, now=START + DAY, reason="Well.")
        path = status_path(organization_id=org.id, token=recovery.thread.token)
    return recovery, Client(headers={"host": "127.0.0.1"}), path


def asked(org: Org, recovery: Recovery) -> Staying | None:
    """What their page asks now."""
    with tenant(organization_id=org.id):
        case = recovery_case(organization_id=org.id, recovery_id=recovery.id, now=START + DAY)
        assert case is not None
        return staying_of(organization_id=org.id, case=case, signed="signed")


def test_nothing_is_asked_before_it_is_put_right(org: Org) -> None:
    assert asked(org, recovery_of(org)) is None


@pytest.mark.parametrize("outcome", ["back", "lapsed", "declined"])
def test_they_say_whether_they_stay(org: Org, outcome: str) -> None:
    """Asked once it is made good; the story is asked for only once it is closed."""
    recovery, client, path = theirs(org, closed=False)
    before = asked(org, recovery)
    assert before is not None
    assert (before.said, before.told) == ("", None)
    assert client.post(f"{path}/stay", {"stay": outcome}).status_code == 302
    after = asked(org, recovery)
    assert after is not None
    assert after.said == outcome
    with tenant(organization_id=org.id):
        assert again(org, recovery).returned == outcome
        assert Return.objects.get(recovery_id=recovery.id).how == "customer"


def test_anything_else_changes_nothing(org: Org) -> None:
    recovery, client, path = theirs(org, closed=True)
    client.post(f"{path}/stay", {"stay": "happy"})
    client.get(f"{path}/stay?stay=back")
    client.post(f"{path}/story", {"story": "sing"})
    with tenant(organization_id=org.id):
        assert again(org, recovery).returned == ""
        assert not Story.objects.exists()


def test_they_allow_it_to_be_told_and_take_it_back(org: Org) -> None:
    recovery, client, path = theirs(org, closed=True)
    assert [one and one.told for one in [asked(org, recovery)]] == [False]
    client.post(f"{path}/story", {"story": "allow"})
    assert [one and one.told for one in [asked(org, recovery)]] == [True]
    with tenant(organization_id=org.id):
        assert Story.objects.get(recovery_id=recovery.id).consent_how == "page"
        story_tell(
            organization_id=org.id, recovery_id=recovery.id, title="The till", body="We drove over.", by=org.employee,
            now=START + DAY,
        )  # fmt: skip
        assert stories_found(organization_id=org.id, words="drove", limit=5)
    client.post(f"{path}/story", {"story": "withdraw"})
    with tenant(organization_id=org.id):
        assert not stories_found(organization_id=org.id, limit=5)
