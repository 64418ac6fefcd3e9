"""What brings recoveries about and what joins them: promises, reports, incidents, charges, word that comes late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from tests.support.machine.world import DAY, HOUR, World
from tests.support.recoveries import failure, taken

from makegood.core.money import Money
from makegood.core.reasons import because
from makegood.customers.bought import NewCharge, NewPurchase, NewVisit, charges_record, purchases_record, visits_record
from makegood.customers.models import Customer, Identity, Purchase
from makegood.customers.operations import customer_erase, customer_merge, identity_hash
from makegood.failures.incidents import (
    failures_hold,
    incident_close,
    incident_confirm,
    incident_dismiss,
    incident_open,
    incident_propose,
)
from makegood.failures.models import Failure, Incident
from makegood.failures.operations import Report, failure_report
from makegood.failures.signals import NewSignal, signals_record
from makegood.journal.operations import Happened, record
from makegood.makegoods.charges import ChargeFor, charges_tie
from makegood.makegoods.operations import FloorOwed, floors_owe
from makegood.promises.operations import NewPromise, Word, promises_hear, promises_make
from makegood.recoveries.models import RecoveryFailure
from makegood.store.secrets import keyed_hash

picks = st.integers(0, 7)


class Happening:
    """Rules that fail customers, and what becomes known of it."""

    world: World

    @rule(pick=picks, minutes=st.sampled_from([30, 90, 600]), charged=st.booleans())
    def a_promise_is_made(self, pick: int, minutes: int, charged: bool) -> None:
        self.world.do("promise", lambda: self._promise(pick, minutes, charged=charged))

    def _promise(self, pick: int, minutes: int, *, charged: bool) -> None:
        world = self.world
        key = keyed_hash(f"machine {world.number()}")
        promises_make(
            organization_id=world.org.id,
            promises=[
                NewPromise(
                    source_id=world.org.source,
                    customer_id=world.customer(pick),
                    key_hash=key,
                    kind="delivery",
                    what="the parcel to Porto",
                    made_at=world.now,
                    due_at=world.now + timedelta(minutes=minutes),
                    purchase_id=world.purchases[pick % len(world.purchases)] if world.purchases and pick % 2 else None,
                    value_minor=9_000,
                    currency="EUR",
                )
            ],
        )
        world.promises.append(key)
        if charged:
            paid = keyed_hash(f"machine {world.number()}")
            charge = NewCharge(
                customer_id=world.customer(pick), key_hash=paid, kind="charge", amount_minor=900, currency="EUR",
                charged_at=world.now,
            )  # fmt: skip
            charges_record(organization_id=world.org.id, charges=[charge])
            tied = ChargeFor(key_hash=paid, promise_hash=key, source_id=world.org.source, reference="C1")
            charges_tie(organization_id=world.org.id, charges=[tied], now=world.now)

    @rule(
        pick=picks,
        action=st.sampled_from(["kept", "kept", "released", "changed", "expected"]),
        ago=st.sampled_from([0, 1, 3, 24]),
    )
    def word_of_a_promise_comes(self, pick: int, action: str, ago: int) -> None:
        world = self.world
        happened_at = world.now - ago * HOUR

        def heard() -> None:
            word = Word(
                source_id=world.org.source, key_hash=world.one(world.promises, pick), action=action,
                happened_at=happened_at, received_at=world.now, due_at=happened_at + (pick + 1) * HOUR,
            )  # fmt: skip
            promises_hear(organization_id=world.org.id, words=[word])

        world.do(f"word {action}", heard)

    @rule(pick=picks)
    def what_broke_was_kept_in_time_after_all(self, pick: int) -> None:
        """Late evidence: it happened before it was due, and we hear of it only now."""
        world = self.world
        if not world.some(Failure, promise__kind="delivery", withdrawn_at=None):
            self.a_promise_is_made(pick, 30, charged=True)
            world.wait(2 * HOUR)

        def heard() -> None:
            broken = Failure.objects.filter(
                organization_id=world.org.id, promise__state="broken", promise__source=world.org.source,
                promise__kind="delivery", withdrawn_at=None,
            )  # fmt: skip
            promise = world.one(list(broken.order_by("id").select_related("promise")), pick).promise
            word = Word(
                source_id=world.org.source, key_hash=bytes(promise.key_hash), action="kept",
                happened_at=promise.due_at, received_at=world.now,
            )  # fmt: skip
            promises_hear(organization_id=world.org.id, words=[word])

        world.do("late evidence", heard)

    @rule(
        pick=picks,
        kind=st.sampled_from(["complaint", "wrong_charge", "not_as_described", "rework"]),
        loss=st.sampled_from(["time", "money", "goods", "service", "trust"]),
        incident=st.booleans(),
    )
    def a_failure_is_reported(self, pick: int, kind: str, loss: str, incident: bool) -> None:
        world = self.world

        def reported() -> int:
            running = list(Incident.objects.filter(organization_id=world.org.id, state="open").order_by("id"))
            at = running[pick % len(running)].id if incident and running else None
            purchase = world.purchases[pick % len(world.purchases)] if world.purchases and pick % 2 else None
            report = Report(
                customer_id=world.customer(pick), kind=kind, loss=loss, what="the lamp", happened_at=world.now,
                severity=1 + pick % 4, purchase_id=purchase, incident_id=at, reported_by_id=world.member(pick),
                price_minor=8_000, currency="EUR", fault=("ours", "partner", "unknown")[pick % 3],
                place_id=world.org.place if pick % 4 == 0 else None,
            )  # fmt: skip
            return failure_report(organization_id=world.org.id, report=report, now=world.now)

        world.do("report", reported)

    @rule(pick=picks, kind=st.sampled_from(["complaint", "low_score"]))
    def they_tell_us_elsewhere(self, pick: int, kind: str) -> None:
        """A complaint or a low score that names a promise, or a purchase that failed before."""
        world = self.world

        def told() -> None:
            known = world.one(list(Failure.objects.filter(organization_id=world.org.id).order_by("id")), pick)
            signal = NewSignal(
                kind=kind, customer_id=known.customer_id, happened_at=world.now, received_at=world.now,
                key_hash=keyed_hash(f"machine {world.number()}"), source_id=world.org.source, value=1,
                promise_id=known.promise_id, purchase_id=known.purchase_id, direct=kind == "complaint",
            )  # fmt: skip
            signals_record(organization_id=world.org.id, signals=[signal])

        world.do(f"tell {kind}", told)

    @rule(pick=picks)
    def a_second_failure_joins(self, pick: int) -> None:
        world = self.world

        def joined() -> None:
            recovery = world.recovery(pick)
            self._taken(
                customer_id=recovery.customer_id, happening_key=recovery.happening_key, severity=1 + pick % 4,
                incident_id=recovery.incident_id, gate=("contact", "review")[pick % 2],
            )  # fmt: skip

        world.do("second failure", joined)

    @rule(pick=picks)
    def a_failure_is_to_be_looked_at_first(self, pick: int) -> None:
        self.world.do("review", lambda: self._taken(customer_id=self.world.customer(pick), gate="review"))

    def _taken(self, **facts: Any) -> None:
        """A failure that the gate let through, as gating journals it."""
        world = self.world
        new = failure(world.org, at=world.now, price_minor=6_000, currency="EUR", **facts)
        row = Failure.objects.get(id=new)
        detected = Happened(
            at=world.now, event="failures:failure:detected", subject="failure", subject_id=new,
            data={"gate": row.gate, "gate_at": row.gate_at.isoformat()},
        )  # fmt: skip
        record(organization_id=world.org.id, entries=[detected])
        if row.incident_id is not None:
            attached = Happened(
                at=world.now, event="failures:failure:attached", subject="failure", subject_id=new,
                data={"incident": row.incident_id},
            )  # fmt: skip
            record(organization_id=world.org.id, entries=[attached])
        record(organization_id=world.org.id, entries=[taken(new, at=world.now)])

    @rule(pick=picks)
    def an_incident_is_opened(self, pick: int) -> None:
        world = self.world
        world.do(
            "incident",
            lambda: incident_open(
                organization_id=world.org.id, title="The line is down", by=world.member(pick, "manager"), now=world.now
            ),
        )

    @rule(pick=picks)
    def an_incident_is_proposed_and_holds(self, pick: int) -> None:
        world = self.world

        def proposed() -> None:
            recovery = world.recovery(pick, "open")
            links = RecoveryFailure.objects.filter(recovery_id=recovery.id, failure__incident__isnull=True)
            ids = list(links.values_list("failure_id", flat=True))
            world.one(ids, 0)
            incident_id = incident_propose(
                organization_id=world.org.id, reason="burst", title="Many at once", at=world.now,
                active_from=world.now, active_to=None, reasons=[because("incident.burst", "Many at once.")],
                place_id=world.org.place,
            )  # fmt: skip
            failures_hold(organization_id=world.org.id, incident_id=incident_id, failure_ids=ids, at=world.now)

        world.do("incident proposed", proposed)

    @rule(pick=picks, how=st.sampled_from(["confirm", "dismiss", "close"]))
    def an_incident_is_decided(self, pick: int, how: str) -> None:
        world = self.world

        def decided() -> None:
            states = ("open",) if how == "close" else ("proposed",)
            rows = list(Incident.objects.filter(organization_id=world.org.id, state__in=states).order_by("id"))
            call = {"confirm": incident_confirm, "dismiss": incident_dismiss, "close": incident_close}[how]
            call(
                organization_id=world.org.id,
                incident_id=world.one(rows, pick).id,
                by=world.member(pick, "manager"),
                now=world.now,
            )

        world.do(f"incident {how}", decided)

    @rule(pick=picks, minor=st.sampled_from([500, 25_000]))
    def something_is_owed_by_law(self, pick: int, minor: int) -> None:
        world = self.world

        def owed() -> None:
            link = RecoveryFailure.objects.filter(recovery_id=world.recovery(pick, "open").id).first()
            assert link is not None, "a recovery has a failure"
            why = because("floor.test", "The law says so.")
            one = FloorOwed(
                failure_id=link.failure_id, customer_id=link.failure.customer_id, rule=f"test:{minor}", title="Owed",
                form="cash_or_bank", amount=Money(minor=minor, currency="EUR"), due_at=world.now + 7 * DAY,
                reasons=[why],
            )  # fmt: skip
            floors_owe(organization_id=world.org.id, owed=[one], now=world.now)

        world.do("floor", owed)

    @rule(pick=picks, ago=st.sampled_from([0, 0, 40, 80]), place=st.booleans())
    def they_buy(self, pick: int, ago: int, place: bool) -> None:
        world = self.world

        def bought() -> None:
            key = keyed_hash(f"machine {world.number()}")
            purchase = NewPurchase(
                customer_id=world.customer(pick), key_hash=key, placed_at=world.now - ago * DAY, total_minor=4_000,
                currency="EUR",
            )  # fmt: skip
            world.purchases += purchases_record(organization_id=world.org.id, purchases=[purchase]).values()
            assert Purchase.objects.filter(organization_id=world.org.id).exists()

        world.do("purchase", bought)

    @rule(pick=picks)
    def they_visit(self, pick: int) -> None:
        world = self.world
        visit = NewVisit(
            customer_id=world.customer(pick), key_hash=keyed_hash(f"machine {world.number()}"), active_from=world.now,
            active_to=world.now + 3 * HOUR,
        )  # fmt: skip
        world.do("visit", lambda: visits_record(organization_id=world.org.id, visits=[visit]))

    @rule(pick=picks, mail=st.booleans())
    def somebody_new_comes(self, pick: int, mail: bool) -> None:
        world = self.world

        def came() -> None:
            new = world.customer_new(first_purchase_at=world.now - 400 * DAY if pick % 2 else None)
            if mail:
                address = f"ana{new}@example.org"
                Identity.objects.create(
                    organization_id=world.org.id, customer_id=new, kind="email", value=address,
                    value_hash=identity_hash("email", address),
                )  # fmt: skip

        world.do("customer", came)

    @rule(pick=picks, other=picks)
    def two_customers_are_one(self, pick: int, other: int) -> None:
        world = self.world
        world.do(
            "merge",
            lambda: customer_merge(
                organization_id=world.org.id, customer_id=world.customer(pick), into_id=world.customer(other),
                now=world.now, by=world.org.admin,
            ),
        )  # fmt: skip

    @rule(pick=picks)
    def a_customer_is_forgotten(self, pick: int) -> None:
        world = self.world
        if world.some(Customer, erased_at__isnull=False):
            return

        def forgotten() -> None:
            one = world.customer(pick)
            world.one(list(Customer.objects.filter(id=one, merged_into__isnull=True, erased_at__isnull=True)), 0)
            customer_erase(organization_id=world.org.id, customer_id=one, now=world.now, by=world.org.admin)

        world.do("erasure", forgotten)
