"""Paying: money leaves as an effect, once; where nothing pays for us, finance pays by hand and says so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import attrs
from django.db.models import Q

from makegood.core.lengths import fitting
from makegood.journal.carrying import Claimed, Outcome
from makegood.journal.models import Effect
from makegood.journal.operations import Happened
from makegood.journal.outbox import Wanted, effects_add, effects_doubt, effects_stop
from makegood.makegoods.given_back import given_back
from makegood.makegoods.models import MakeGood
from makegood.makegoods.moves import MOVES, State
from makegood.makegoods.writing import makegood_locked, makegoods_move
from makegood.organizations.models import Integration, Member
from makegood.store.clocks import wall_now
from makegood.store.outgoing import UnableToCall, post
from makegood.store.secrets import decrypt
from makegood.store.tenancy import tenant

TIMEOUT = 20
BY_HAND = "No payment system is connected: pay by hand, and say so here."
PAYERS = ("finance", "admin")


class UnableToPayByHand(ValueError):
    """This cannot be recorded as paid by hand: the message says why."""


@attrs.frozen(kw_only=True, slots=True)
class Payout:
    """Money to be paid for one accepted make-good, at `at`."""

    makegood_id: int
    failure_id: int
    rule: str
    minor: int
    currency: str
    form: str
    at: datetime

    @property
    def key(self) -> str:
        """The idempotency key: for what is owed the failure and rule, else the make-good."""
        if not self.rule:
            return f"payout:makegood:{self.makegood_id}"
        return f"payout:{self.failure_id}:{hashlib.sha256(self.rule.encode()).hexdigest()[:32]}"


def payouts_add(*, organization_id: int, payouts: Sequence[Payout]) -> None:
    """This function will put payouts into the outbox."""
    effects_add(
        organization_id=organization_id,
        wanted=[
            Wanted(
                kind="payout",
                idempotency_key=p.key,
                subject="makegood",
                subject_id=p.makegood_id,
                run_at=p.at,
                payload={"makegood": p.makegood_id, "minor": p.minor, "currency": p.currency, "form": p.form},
            )
            for p in payouts
        ],
    )


def payouts_hear_carried(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Mark what was paid as delivered, each at its own moment; a handler of `outbox:effect:done` and `shadowed`."""
    at = {entry.subject_id: entry.at for entry in entries if entry.data["kind"] == "payout"}
    if not at:
        return
    rows = MakeGood.objects.select_for_update().filter(organization_id=organization_id, id__in=at).order_by("id")
    open_ones = [row for row in rows if State.DELIVERED in MOVES[State(row.state)]]
    makegoods_move(organization_id=organization_id, rows=open_ones, to=State.DELIVERED, at=at)


def payout_done_by_hand(
    *, organization_id: int, makegood_id: int, by: int, now: datetime, asked: bool, reference: str = ""
) -> None:
    """This function will record that a person paid what no payment system paid, and the payment's own reference.

    Where a try had no clear answer, `asked` says that the payment system was asked since: that it did not pay, or that
    this is the payment it made. Raises UnableToPayByHand unless finance or an admin says so of accepted money that is
    not on its way and not in doubt.
    """
    row = _unpaid(organization_id, makegood_id, by=by, asked=asked, now=now)
    makegoods_move(organization_id=organization_id, rows=[row], to=State.DELIVERED, at={row.id: now}, by=by)
    if reference.strip():
        MakeGood.objects.filter(organization_id=organization_id, id=row.id).update(
            reference=fitting(reference, most=80)
        )


def payout_not_made(*, organization_id: int, makegood_id: int, by: int, now: datetime) -> None:
    """This function will take back money that is owed no more and that, as the payment system says, was not paid.

    Raises UnableToPayByHand unless finance or an admin says so, and where the money is still owed.
    """
    row = _unpaid(organization_id, makegood_id, by=by, asked=True, now=now)
    if row.failure.withdrawn_at is None:
        raise UnableToPayByHand("This is still owed: pay it, and say so here.")
    makegoods_move(organization_id=organization_id, rows=[row], to=State.WITHDRAWN, at={row.id: now}, by=by)


def _unpaid(organization_id: int, makegood_id: int, *, by: int, asked: bool, now: datetime) -> MakeGood:
    """Lock money that nobody is paying, with its effect stopped; in doubt only where its payer was `asked`."""
    if not Member.objects.filter(organization_id=organization_id, id=by, active=True, role__in=PAYERS).exists():
        raise UnableToPayByHand("Only finance or an admin records payments: ask one of them.")
    row = makegood_locked(organization_id=organization_id, makegood_id=makegood_id, error=UnableToPayByHand)
    if row.form != "money" or row.state != State.ACCEPTED:
        raise UnableToPayByHand("Only money that was accepted and is not paid yet can be paid by hand.")
    mine = Effect.objects.filter(organization_id=organization_id, subject="makegood", subject_id=row.id)
    doubtful = mine.filter(Q(state="unknown") | Q(state="pending", attempts__gt=0)).exists()
    if doubtful and not asked:
        raise UnableToPayByHand("It may have been paid: ask the payment system first, so that nobody is paid twice.")
    effects_doubt(organization_id=organization_id, subject="makegood", subject_ids=[row.id], now=now)
    effects_stop(organization_id=organization_id, subject="makegood", subject_ids=[row.id], now=now)
    if mine.filter(state="claimed").exists():
        raise UnableToPayByHand("The payment system is being asked right now: look again in a few minutes.")
    return row


def payout_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will ask the organization's payment system, over HTTP, to pay one make-good.

    The request carries the same `Idempotency-Key` at every try and is signed by Standard Webhooks, so whatever became
    of an earlier try may be asked again. 2xx is paid; 408, 409, 425, 429 and 5xx are tried again; any other is refused.
    What was given back elsewhere since is not asked for: a person looks first (`makegoods.given_back`).
    """
    with tenant(organization_id=organization_id):
        elsewhere = given_back(organization_id=organization_id, makegood_id=effect.subject_id)
    if elsewhere is not None:
        return Outcome(state="unknown" if effect.attempts > 1 else "failed", text=elsewhere.said())
    return payment_system_ask(
        organization_id=organization_id,
        effect=effect,
        asked="payout",
        data=effect.payload,
        by_hand=BY_HAND,
        refused="pay by hand, or correct it there",
    )


def payment_system_ask(
    *, organization_id: int, effect: Claimed, asked: str, data: Mapping[str, object], by_hand: str, refused: str
) -> Outcome:
    """This function will ask the organization's payment system for one thing, named by `asked`, once by its key.

    `by_hand` says what a person does where no system is connected, `refused` where it says no.
    """
    with tenant(organization_id=organization_id):
        integration = Integration.objects.filter(organization_id=organization_id, kind="payout", active=True).first()
    if integration is None or not integration.url:
        return Outcome(state="failed", text=by_hand)
    body = json.dumps({"type": asked, "id": effect.idempotency_key, "data": data}).encode()
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": effect.idempotency_key,
        **signed_headers(secret=decrypt(bytes(integration.secret)), message_id=effect.idempotency_key, body=body),
    }
    wait = timedelta(minutes=min(60, 2 ** (effect.attempts - 1)))
    try:
        status = post(url=integration.url, body=body, headers=headers, seconds=TIMEOUT, question=True).status
    except UnableToCall as error:
        return Outcome(state="failed", text=f"{str(error).rstrip('.')}; {refused}.")
    except (OSError, http.client.HTTPException) as error:
        text = f"No answer from the payment system ({type(error.__cause__ or error).__name__})."
        return Outcome(state="retry", text=text, retry_after=wait, exhausted="unknown")
    if 200 <= status < 300:
        return Outcome(state="done", text=f"HTTP {status}")
    if status in (408, 409, 425, 429) or status >= 500:
        text = f"The payment system answered {status}."
        return Outcome(state="retry", text=text, retry_after=wait, exhausted="unknown")
    return Outcome(state="failed", text=f"The payment system refused with {status}: {refused}.")


def signed_headers(*, secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """This function will sign a body by Standard Webhooks (v1, HMAC-SHA256 over id.timestamp.body).

    A secret that begins with ``whsec_`` is taken as base64, any other as its own bytes.
    """
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    stamp = str(int(wall_now().timestamp()))
    digest = hmac.digest(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
