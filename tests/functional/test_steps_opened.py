"""The rows of the seven steps show that they open, and the way to the right one opens it without JavaScript."""

from __future__ import annotations

import re

from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, recovery_of, signed_in
from tests.support.recoveries import HOUR

from makegood.messages.models import Message
from makegood.recoveries.models import STEPS, Step
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


def row(page: str, step: str) -> str:
    """The row of one step."""
    return page.split(f'id="step-{step}"')[1].split("</li>", maxsplit=1)[0]


def test_another_way_leads_to_the_step_opened(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id).delete()
    client = signed_in(org, org.employee)
    page = client.get(f"/recoveries/R-{recovery.number}").content.decode()
    (link,) = re.findall(r'href="([^"]+)">It was done another way<', page)
    assert link == f"/recoveries/R-{recovery.number}?step=apologise#step-apologise"
    assert "<details><summary>" in row(page, "apologise")
    opened = client.get(link.split("#")[0]).content.decode()
    assert "<details open><summary>" in row(opened, "apologise")
    assert "<details><summary>" in row(opened, "fix")
    assert "What was done" in row(opened, "apologise")


def test_every_row_that_opens_says_so_and_no_other(org: Org) -> None:
    recovery = recovery_of(org)
    given = f"/recoveries/R-{recovery.number}"
    page = signed_in(org, org.employee).get(given).content.decode()
    assert 'class="opens">Record it here<' in row(page, "communicate")
    signed_in(org, org.employee).post(f"{given}/steps/apologise/done", {"done_apologise": "By phone."})
    page = signed_in(org, org.employee).get(given).content.decode()
    assert 'class="opens">Look<' in row(page, "apologise")
    for step in STEPS:
        assert ("<details><summary>" in row(page, step)) == ('class="opens">' in row(page, step))


def test_an_unknown_step_in_the_address_opens_nothing(org: Org) -> None:
    recovery = recovery_of(org)
    page = signed_in(org, org.employee).get(f"/recoveries/R-{recovery.number}?step=../x").content.decode()
    assert '<details open><summary><span class="sign"' not in page


def test_a_step_due_before_one_ahead_of_it_says_that_it_need_not_wait(org: Org) -> None:
    recovery = recovery_of(org)
    with tenant(organization_id=org.id):
        Step.objects.filter(recovery_id=recovery.id, step="improve").update(due_at=START + 100 * HOUR)
        Step.objects.filter(recovery_id=recovery.id, step="communicate").update(due_at=START + 50 * HOUR)
    page = signed_in(org, org.employee).get(f"/recoveries/R-{recovery.number}").content.decode()
    assert "need not wait for Improve" in row(page, "communicate")
    assert "need not wait" not in row(page, "improve")
