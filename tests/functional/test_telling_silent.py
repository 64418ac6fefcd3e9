"""Who is told again and again and opens nothing stands on the manager's Today, who hands over what is theirs."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from django.forms.models import model_to_dict
from tests.conftest import START, Org
from tests.functional.test_views import signed_in
from tests.integration.test_telling import case, go, late, note, org, server
from tests.support.outside import MailServer

from makegood.config.working import work_dry
from makegood.messages.models import Telling
from makegood.messages.unanswered import members_silent
from makegood.organizations.models import MemberSeen
from makegood.organizations.operations import member_create
from makegood.recoveries.models import Recovery
from makegood.store.tenancy import tenant

__all__ = ["case", "org", "server"]

HOUR = timedelta(hours=1)
CARD = "Told, and no answer"


def told_for_a_day(org: Org, case: Recovery) -> datetime:
    """Tell the employee three times in the morning that a clock is late; return the same time of the next day."""
    late(org, case)
    for hour, what in enumerate(("breach.fix", "repeat.fix", "repeat.fix")):
        note(org, what, START + hour * HOUR, turn=hour)
        go(org, START + hour * HOUR + HOUR / 2)
    return START + timedelta(days=1, hours=1)


def test_who_never_answers_is_noticed_and_what_is_theirs_is_handed_over(
    org: Org, case: Recovery, server: MailServer
) -> None:
    manager, at = signed_in(org, org.manager), told_for_a_day(org, case)
    go(org, START + 23 * HOUR)
    assert CARD not in manager.get("/").content.decode(), "not a day yet"
    go(org, at)
    page = manager.get("/").content.decode()
    assert CARD in page
    assert "was told 3 times of what waits for them, and opened nothing. 1 open recovery is theirs." in page
    assert "They were told again and again for a day, and opened nothing." in page
    with tenant(organization_id=org.id):
        colleague = member_create(organization_id=org.id, name="Col", role="employee", now=START, limit_minor=0)
    assert CARD not in signed_in(org, colleague).get("/").content.decode()
    form = page[page.index(CARD) :]
    form = form[: form.index("</form>")]
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    done = manager.post("/recoveries/several/begin", hidden)
    assert done.status_code == 302, done.content.decode()
    work_dry(only=[org.id])
    with tenant(organization_id=org.id):
        assert Recovery.objects.get(id=case.id).owner_id != org.employee
    assert CARD not in manager.get("/").content.decode()


def test_who_opens_a_page_has_answered_and_a_page_that_fetches_itself_has_not(
    org: Org, case: Recovery, server: MailServer
) -> None:
    manager, employee = signed_in(org, org.manager), signed_in(org, org.employee)
    go(org, told_for_a_day(org, case))
    assert employee.get("/", headers={"HX-Request": "true"}).status_code == 200
    assert CARD in manager.get("/").content.decode()
    assert employee.get("/").status_code == 200
    assert CARD not in manager.get("/").content.decode()
    with tenant(organization_id=org.id):
        assert MemberSeen.objects.filter(member_id=org.employee).count() == 1


def test_who_is_told_very_often_is_noticed_too(org: Org, case: Recovery, server: MailServer) -> None:
    at = told_for_a_day(org, case)
    go(org, at)
    with tenant(organization_id=org.id):
        last = Telling.objects.filter(member_id=org.employee, state="told").latest("id")
        more = {"at": at - HOUR, "settled_at": at - HOUR, "tell_at": at - HOUR}
        values = model_to_dict(last, exclude=["id", "member", "notice", *more]) | more
        Telling.objects.bulk_create(
            Telling(member_id=last.member_id, **values | {"about": f"x{number}"}) for number in range(300)
        )
        (found,) = members_silent(organization_id=org.id, now=at)
    assert (found.member_id, found.unanswered.times) == (org.employee, 303)
    assert found.unanswered.since_at < at - timedelta(days=1) + HOUR
