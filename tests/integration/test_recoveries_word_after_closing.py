"""A word of staff that breaks after its recovery was closed, while the same happening goes on."""

from __future__ import annotations

from datetime import datetime

from tests.conftest import START, Org
from tests.support.recoveries import HOUR, again, failure, open_for, opened, step_to, taken

from makegood.config.working import work_dry
from makegood.failures.models import Failure
from makegood.journal.operations import record
from makegood.promises.models import Promise
from makegood.recoveries.models import Recovery, RecoveryFailure
from makegood.recoveries.operations import close
from makegood.recoveries.operations.staff_words import word_give
from makegood.store.tenancy import tenant
from makegood.store.ticking import tick_dry

KEY = "purchase:17"


def closed_with_a_word(org: Org, due_at: datetime) -> Recovery:
    """A recovery that a manager closed although somebody had promised to call."""
    recovery = opened(org, happening_key=KEY, severity=1)
    with tenant(organization_id=org.id):
        who = {"organization_id": org.id, "recovery_id": recovery.id, "now": START}
        word_give(**who, what="I call you", due_at=due_at, by=org.employee)
        close(**who, by=org.manager, reason="They asked us to leave it.")
    return recovery


def wait(org: Org, at: datetime) -> None:
    """Let time pass, and do all that falls due, what leaves included."""
    step_to(org, at)
    while tick_dry(only={org.id}) + work_dry(only={org.id}):
        pass


def of_the_word(org: Org) -> int:
    """The recovery that the broken word joined; call inside a unit of work."""
    broken = Failure.objects.get(organization_id=org.id, promise__kind="staff_word")
    return RecoveryFailure.objects.get(failure_id=broken.id).recovery_id


def test_it_begins_the_closed_one_again(org: Org) -> None:
    recovery = closed_with_a_word(org, START + HOUR)
    wait(org, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        assert (of_the_word(org), again(org, recovery).state) == (recovery.id, "open")


def test_it_joins_the_one_that_is_open_for_the_same_happening_by_now(org: Org) -> None:
    recovery = closed_with_a_word(org, START + HOUR)
    with tenant(organization_id=org.id):
        second = open_for(org, failure(org, happening_key=KEY, severity=1))[-1]
        before = again(org, second).severity
    assert second != recovery
    wait(org, START + 2 * HOUR)
    with tenant(organization_id=org.id):
        assert (of_the_word(org), again(org, recovery).state) == (second.id, "closed")
        assert again(org, second).severity == before + 1


def test_what_is_taken_with_it_joins_what_it_began_again(org: Org) -> None:
    """One batch: the broken word, and a new failure of the happening that it opens again."""
    recovery = closed_with_a_word(org, START + HOUR)
    step_to(org, START + HOUR)
    with tenant(organization_id=org.id):
        close_by = START + 2 * HOUR
        word = failure(org, happening_key=f"recovery:{recovery.id}", promise_id=_promise(org), at=close_by)
        more = failure(org, happening_key=KEY, at=close_by)
        record(organization_id=org.id, entries=[taken(word, at=close_by), taken(more, at=close_by)])
        assert again(org, recovery).state == "open"
        joined = RecoveryFailure.objects.filter(failure_id__in=[word, more]).values_list("recovery_id", flat=True)
        assert set(joined) == {recovery.id}


def _promise(org: Org) -> int:
    return Promise.objects.get(organization_id=org.id, kind="staff_word").id
