"""One organization with something behind every address, and everybody who might knock: who may is tried on it.

What belongs to a place belongs to the shop; who serves elsewhere serves the hotel. Every word of it holds MARK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from typing import Any

import attrs
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from tests.conftest import START, Org
from tests.support.recoveries import failure, makegood

from makegood.causes.models import Improvement
from makegood.console.models import SavedView
from makegood.customers.models import Charge, Customer
from makegood.failures.models import Cause, Failure, Incident, Signal
from makegood.failures.operations import Report, failure_report
from makegood.journal.models import Effect
from makegood.listen.intake.operations import intake_bring
from makegood.listen.models import MailAside, Mailbox
from makegood.makegoods.models import FloorDoubt, PromisedCharge
from makegood.messages.links import status_path
from makegood.messages.models import Message
from makegood.organizations.models import Member
from makegood.organizations.operations import member_create, place_create, user_create
from makegood.promises.models import Promise, StaffWord
from makegood.recoveries.approval_models import Approval
from makegood.recoveries.models import FollowUp, HelpFile, HelpForm, Recovery, RecoveryFailure
from makegood.recoveries.operations.bulk import bulk_begin
from makegood.store.clocks import wall_now
from makegood.store.tenancy import tenant

MARK = "Quixotic zebra"
"""What was said of the case, the promise and the incident."""
NAME = "Zebedee Quill"
"""Whom it happened to."""
PASSED = {"store_throttle", "django_session", "organizations_memberseen"}
"""Tables that an answer that refuses may write: tries, a session that ends, and that a member was here at all."""


@attrs.frozen(kw_only=True)
class World:
    """Everybody's sessions by who they are, and what the parts of an address are called here."""

    org: Org
    people: dict[str, Client]
    names: dict[str, Any]
    status_url: str


class Visiting(Client):
    """A client that keeps its cookies as they are, whatever an answer says: what it did is undone."""

    def request(self, **request: Any) -> Any:
        kept = deepcopy(self.cookies)
        try:
            return super().request(**request)
        finally:
            self.cookies = kept


def client_of(organization_id: int, member_id: int) -> Client:
    """A client whose session speaks for this member."""
    client = Visiting(headers={"host": "127.0.0.1"})
    session = client.session
    session.update({"user": 0, "organization": organization_id, "member": member_id, "began": wall_now().timestamp()})
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@contextmanager
def undone() -> Iterator[Callable[[], set[str]]]:
    """Undo whatever the block does; yields a function that names the tables that it has written by then."""
    with transaction.atomic():
        before = _counted()
        yield lambda: {table for table, count in _counted().items() if count != before.get(table, 0)} - PASSED
        transaction.set_rollback(True)


def _counted() -> dict[str, int]:
    """How many rows this connection has written to each table since the database last added its counts up."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


def world_of(org: Org, other: Org) -> World:
    """Fill one organization; `other` is the one whose admin comes from outside."""
    with tenant(organization_id=org.id):
        there = place_create(organization_id=org.id, code="hotel", name="The hotel")
        member = {"organization_id": org.id, "now": START}
        finance = member_create(**member, name="Fay", role="finance")
        here = member_create(**member, name="Hal", role="employee", place_ids=[org.place])
        elsewhere = member_create(**member, name="Elin", role="employee", place_ids=[there])
        manager_elsewhere = member_create(**member, name="Mo", role="manager", place_ids=[there])
        Customer.objects.filter(id=org.customer).update(name=NAME)
        names = _case(org, owner=here) | _beside(org) | {"place_id": org.place}
    for each in (org, other):
        _accounts(each.id)
    with tenant(organization_id=org.id):
        names |= _several(org)
        token = Recovery.objects.select_related("thread").get(organization_id=org.id).thread.token
    people = {
        "anonymous": Client(headers={"host": "127.0.0.1"}),
        "elsewhere": client_of(org.id, elsewhere),
        "manager elsewhere": client_of(org.id, manager_elsewhere),
        "employee": client_of(org.id, here),
        "manager": client_of(org.id, org.manager),
        "finance": client_of(org.id, finance),
        "admin": client_of(org.id, org.admin),
        "outsider": client_of(other.id, other.admin),
    }
    return World(
        org=org,
        people=people,
        names=names | {"member_id": org.employee, "source_id": org.source},
        status_url=status_path(organization_id=org.id, token=token),
    )


def _accounts(organization_id: int) -> None:
    """Let everybody of an organization sign in."""
    with tenant(organization_id=organization_id):
        for member in Member.objects.filter(organization_id=organization_id):
            member.user_id = user_create(email=f"{member.id}@{organization_id}.example.org", password=None, now=START)
            member.save(update_fields=["user"])


def _case(org: Org, *, owner: int) -> dict[str, Any]:
    """A recovery of the shop, owned by its employee, with something in each of its parts."""
    report = Report(
        customer_id=org.customer, kind="outage", loss="time", fault="ours", what=MARK, happened_at=START,
        place_id=org.place, reported_by_id=org.employee,
    )  # fmt: skip
    failure_report(organization_id=org.id, report=report, now=START)
    recovery = Recovery.objects.get(organization_id=org.id)
    Recovery.objects.filter(id=recovery.id).update(owner_id=owner)
    failure_id = RecoveryFailure.objects.get(organization_id=org.id).failure_id
    mine = {"organization_id": org.id}
    promise = _promise(org, key=b"case")
    Failure.objects.filter(id=failure_id).update(promise_id=promise.id)
    FloorDoubt.objects.create(**mine, failure_id=failure_id, pack="eu261", lacks="distance_km", since_at=START)
    filled = HelpForm.objects.create(
        **mine, recovery=recovery, playbook_id=recovery.playbook_id, form="what-happened", at=START, by_id=org.manager
    )
    file = HelpFile.objects.create(**mine, filled=filled, field="photo", name=MARK, kind="png", size=1, content=b"\x89")
    word = StaffWord.objects.create(
        **mine, recovery_id=recovery.id, customer_id=org.customer, member_id=org.manager, key_hash=b"w", what=MARK,
        act="call", said_at=START, due_at=START + timedelta(hours=9),
    )  # fmt: skip
    follow_up = FollowUp.objects.create(**mine, recovery=recovery, position=90, action="check_in", due_at=START)
    mail = Message.objects.create(
        **mine, thread_id=recovery.thread_id, customer_id=org.customer, direction="out", channel="mail", kind="update",
        state="failed", address="z@example.org", subject=MARK, body=MARK, created_at=START,
    )  # fmt: skip
    notice = Message.objects.create(
        **mine, member_id=org.manager, direction="out", channel="inside", kind="staff", state="sent", subject=MARK,
        body=f"{MARK}\nhttp://x/recoveries/R-{recovery.number}", created_at=START,
    )  # fmt: skip
    to_pay = makegood(org, recovery, failure_id, at=START, state="accepted", form="money", settled_at=None)
    Effect.objects.create(
        **mine, kind="payout", idempotency_key="pay", subject="makegood", subject_id=to_pay.id, state="failed",
        run_at=START, settled_at=START,
    )  # fmt: skip
    approval = Approval.objects.create(
        **mine, recovery=recovery, failure_id=failure_id, remedy="express", cost_minor=500, currency="EUR",
        asked_by_id=org.employee, asked_at=START, approver_id=org.manager,
    )  # fmt: skip
    return {
        "approval_id": approval.id,
        "answer": "no",
        "code": f"R-{recovery.number}",
        "failure_id": failure_id,
        "pack": "eu261",
        "makegood_id": to_pay.id,
        "move": "delivered",
        "step": "fix",
        "target": "fix",
        "what": "clock",
        "form": "what-happened",
        "file_id": file.id,
        "dialogue": "first-words",
        "word_id": word.id,
        "follow_up_id": follow_up.id,
        "mail_id": mail.id,
        "notice_id": notice.id,
        "customer_id": org.customer,
    }


def _promise(org: Org, *, key: bytes) -> Promise:
    at = START + timedelta(hours=1)
    return Promise.objects.create(
        organization_id=org.id, source_id=org.source, customer_id=org.customer, place_id=org.place, key_hash=key,
        kind="delivery", what=MARK, made_at=START, due_at=at, first_due_at=at, state="broken", settled_at=at,
        facts={},
    )  # fmt: skip


def _beside(org: Org) -> dict[str, Any]:
    """What is not inside a recovery: a promise that broke quietly, an incident, a signal, a payment, a cause, a view."""
    mine = {"organization_id": org.id}
    promise = _promise(org, key=b"p")
    quiet = failure(org, gate="quiet", what=MARK, place_id=org.place, promise_id=promise.id, routed_at=None)
    FloorDoubt.objects.create(**mine, failure_id=quiet, pack="eu261", lacks="distance_km", since_at=START)
    incident = Incident.objects.create(
        **mine, number=1, state="proposed", reason="burst", place_id=org.place, title=MARK, active_from=START,
        proposed_at=START,
    )  # fmt: skip
    failure(org, gate="contact", what=MARK, place_id=org.place, incident_id=incident.id, routed_at=None)
    signal = Signal.objects.create(
        **mine, kind="complaint", customer_id=org.customer, place_id=org.place, happened_at=START, received_at=START
    )
    cause = Cause.objects.create(**mine, name="Tills")
    improvement = Improvement.objects.create(
        **mine, number=1, cause=cause, title="Test them", owner_id=org.manager, opened_at=START
    )
    charge = Charge.objects.create(
        **mine, customer_id=org.customer, key_hash=b"c", amount_minor=900, currency="EUR", charged_at=START
    )
    tie = PromisedCharge.objects.create(
        **mine, charge=charge, customer_id=org.customer, source_id=org.source, promise_hash=b"p", reference="C-1",
        state="unstopped", failure_id=quiet, wanted_at=START,
    )  # fmt: skip
    box = Mailbox.objects.create(
        **mine, host="mail.example", port=993, security="tls", username="care", secret=b"", folder="INBOX",
        active=False, changed_at=START,
    )  # fmt: skip
    MailAside.objects.create(
        **mine, mailbox=box, validity=1, uid=1, size=9, said="x", sender=NAME, subject=MARK, kept_at=START
    )
    view = SavedView.objects.create(**mine, listed="recoveries", name="Late", member_id=org.manager, created_at=START)
    return {
        "promise_id": promise.id,
        "quiet_id": quiet,
        "incident": "I-1",
        "signal_id": signal.id,
        "cause_id": cause.id,
        "improvement_id": improvement.id,
        "tie_id": tie.id,
        "view_id": view.id,
        "other": Customer.objects.create(**mine, name="Bo Berg", created_at=START).id,
    }


def _several(org: Org) -> dict[str, Any]:
    """An action for several recoveries, and a file that waits for its columns."""
    recovery = Recovery.objects.get(organization_id=org.id)
    bulk_id = bulk_begin(
        organization_id=org.id, action="severity", chosen={"severity": 3}, words="", recovery_ids=[recovery.id],
        by=org.manager, now=START,
    )  # fmt: skip
    intake_id = intake_bring(
        organization_id=org.id, name="orders.csv", content=f"order,name\n1,{MARK}\n".encode(), by=org.manager, now=START
    )
    return {"bulk_id": bulk_id, "intake_id": intake_id}
