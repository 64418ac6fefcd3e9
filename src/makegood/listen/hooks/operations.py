"""Writes of webhooks: sources made, their secrets changed, each delivery kept once, and what was put aside seen to."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import attrs
from django.db import connection
from django.db.models import F
from django.utils.text import slugify

from makegood.customers.made_up import may_be_named
from makegood.journal.operations import Happened, record
from makegood.listen.hooks.delivery_rule import DeliveryRule
from makegood.listen.hooks.signing import KINDS, NotSigned, Signed, check
from makegood.listen.models import Hook, HookDelivery, HookOrder
from makegood.messages.models import HELPDESK_KINDS
from makegood.messages.tickets import helpdesk_forget, helpdesk_set
from makegood.promises.models import Source
from makegood.promises.operations import source_create
from makegood.store.bulk import insert
from makegood.store.clocks import wall_now
from makegood.store.secrets import UnableToDecrypt, decrypt, encrypt, keyed_hash
from makegood.store.tenancy import tenant

NAMES = {"shopify": "Shopify", "zendesk": "Zendesk", "chatwoot": "Chatwoot", "zammad": "Zammad"}
LEAST_SECRET, LONGEST_SECRET = 16, 500
BOTH = timedelta(hours=24)
"""So long the secret of before counts beside the new one: the other side may take an hour to change."""
DUMMY = "no address has this secret"


class UnableToConnect(ValueError):
    """This webhook cannot be set up: the message says what to do."""


class UnableToSee(ValueError):
    """This delivery does not wait any more: load the page anew."""


@attrs.frozen(kw_only=True)
class Known:
    """The webhook of an address: whose, which kind, and the secrets that count now."""

    organization_id: int
    hook_id: int
    kind: str
    secrets: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Refused:
    """A delivery that nobody signed: the webhook whose address it came to, if it is one, and why."""

    known: Known | None
    why: str


def secret_made() -> str:
    """This function will make a secret for a source that lets us choose it."""
    return secrets.token_urlsafe(32)


def hook_make(*, organization_id: int, kind: str, name: str, secret: str, by: int | None, now: datetime) -> int:
    """This function will let a source post to us, at an address of its own; return the webhook's id.

    The source goes live at once, so what was due before opens nothing. Raises UnableToConnect.
    """
    if kind not in KINDS:
        raise UnableToConnect("Choose what posts to us.")
    kept = encrypt(_secret(secret))
    name = name.strip()[:120] or NAMES[kind]
    code = _free_code(organization_id, slugify(name)[:50] or kind)
    source_id = source_create(
        organization_id=organization_id, code=code, name=name, now=now, watchable=kind not in HELPDESK_KINDS
    )
    hook = Hook.objects.create(
        organization_id=organization_id,
        kind=kind,
        source_id=source_id,
        address=secrets.token_urlsafe(18),
        secret=kept,
        made_at=wall_now(),
    )
    if kind in HELPDESK_KINDS:
        helpdesk_set(organization_id=organization_id, hook_id=hook.id, kind=kind, url="", agent="", key="")
    _journal(hook, "made", by, now)
    return hook.id


def _free_code(organization_id: int, wanted: str) -> str:
    taken = set(Source.objects.filter(organization_id=organization_id).values_list("code", flat=True))
    return next(one for one in (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def _secret(text: str) -> str:
    plain = text.strip()
    if not LEAST_SECRET <= len(plain) <= LONGEST_SECRET:
        raise UnableToConnect(f"A secret has {LEAST_SECRET} to {LONGEST_SECRET} characters: copy the whole of it.")
    return plain


def hook_secret_change(*, organization_id: int, hook_id: int, secret: str, by: int | None, now: datetime) -> None:
    """This function will have a new secret count, and the one of before beside it for a day. Raises UnableToConnect."""
    hook = _hook(organization_id, hook_id)
    hook.secret_before, hook.before_until = hook.secret, wall_now() + BOTH
    hook.secret, hook.refused, hook.refused_at, hook.refused_why = encrypt(_secret(secret)), 0, None, ""
    hook.save(update_fields=["secret_before", "before_until", "secret", "refused", "refused_at", "refused_why"])
    _journal(hook, "secret_changed", by, now)


def hook_before_end(*, organization_id: int, hook_id: int, by: int | None, now: datetime) -> None:
    """This function will have the secret of before count no more."""
    hook = _hook(organization_id, hook_id)
    hook.secret_before, hook.before_until = None, None
    hook.save(update_fields=["secret_before", "before_until"])
    _journal(hook, "before_ended", by, now)


def hook_let(*, organization_id: int, hook_id: int, active: bool, by: int | None, now: datetime) -> None:
    """This function will take what a source posts, or refuse it as if the address were none."""
    hook = _hook(organization_id, hook_id)
    hook.active = active
    hook.save(update_fields=["active"])
    _journal(hook, "taken" if active else "left", by, now)


def hook_rule_set(*, organization_id: int, hook_id: int, rule: DeliveryRule, by: int | None, now: datetime) -> None:
    """This function will say what an order promises from now on; orders of before promise what they did."""
    hook = _hook(organization_id, hook_id)
    hook.rule = attrs.evolve(rule, from_at=now).kept()
    hook.save(update_fields=["rule"])
    _journal(hook, "ruled", by, now)


def hook_reply_set(
    *, organization_id: int, hook_id: int, url: str, agent: str, key: str, by: int | None, now: datetime
) -> None:
    """This function will say how a helpdesk is replied through; without an address customers are mailed instead.

    Raises UnableToKnowHelpdesk, and UnableToConnect for what is no helpdesk.
    """
    hook = _hook(organization_id, hook_id)
    if hook.kind not in HELPDESK_KINDS:
        raise UnableToConnect("Only a helpdesk is replied through.")
    helpdesk_set(organization_id=organization_id, hook_id=hook_id, kind=hook.kind, url=url, agent=agent, key=key)
    _journal(hook, "replied", by, now)


def hook_forget(*, organization_id: int, hook_id: int, by: int | None, now: datetime) -> None:
    """This function will forget a webhook, its secrets and what waits there; what was taken in stays."""
    hook = _hook(organization_id, hook_id)
    mine = {"organization_id": organization_id, "hook_id": hook_id}
    HookDelivery.objects.filter(**mine).delete()
    HookOrder.objects.filter(**mine).delete()
    helpdesk_forget(organization_id=organization_id, hook_id=hook_id)
    _journal(hook, "forgotten", by, now)
    hook.delete()


def _hook(organization_id: int, hook_id: int) -> Hook:
    row = Hook.objects.select_for_update().filter(organization_id=organization_id, id=hook_id).first()
    if row is None:
        raise UnableToConnect("There is no such webhook any more: load the page anew.")
    return row


def _journal(hook: Hook, what: str, by: int | None, now: datetime) -> None:
    entry = Happened(at=now, event=f"listen:hook:{what}", subject="hook", subject_id=hook.id, actor_id=by)
    record(organization_id=hook.organization_id, entries=[entry])


def hook_known(*, address: str) -> Known | None:
    """This function will return whose address this is, None where it is nobody's or nothing is taken there now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organization_id, hook_id FROM finder.hook_at(%s)", [address])
        found = cursor.fetchone()
    if found is None:
        return None
    organization_id, hook_id = found
    with tenant(organization_id=organization_id):
        row = Hook.objects.filter(organization_id=organization_id, id=hook_id, active=True).first()
    if row is None:
        return None
    stored = [row.secret]
    if row.secret_before is not None and row.before_until is not None and wall_now() < row.before_until:
        stored.append(row.secret_before)
    return Known(organization_id=organization_id, hook_id=hook_id, kind=row.kind, secrets=tuple(_opened(stored)))


def _opened(stored: Sequence[bytes | memoryview]) -> Iterator[str]:
    """The secrets in clear, but for those of another installation: with none left, all that comes is refused."""
    for one in stored:
        with suppress(UnableToDecrypt):
            yield decrypt(one)


def delivery_arrived(*, address: str, headers: Mapping[str, str], body: bytes) -> Refused | None:
    """This function will keep a delivery to be worked on, if its source signed it; one that is known changes nothing.

    Returns what it is refused for, None where it is taken, and writes nothing of that: whoever answers it counts first
    how many came from there. What is answered tells no more of an address that is none; how long it takes may, and
    nobody guesses an address of 144 random bits. Opens its own units of work.
    """
    known = hook_known(address=address)
    kind, counting = (known.kind, known.secrets) if known else ("shopify", (DUMMY,))
    try:
        signed = check(kind=kind, secrets=counting, headers=headers, body=body, now=wall_now())
    except NotSigned as error:
        return Refused(known=known, why=error.why)
    if known is None:
        return Refused(known=None, why="")
    with tenant(organization_id=known.organization_id):
        delivery_keep(organization_id=known.organization_id, hook_id=known.hook_id, signed=signed, body=body)
    return None


def delivery_refused(refused: Refused) -> None:
    """This function will count on its webhook what nobody signed, for the page to show. Opens its own unit of work."""
    known = refused.known
    if known is None:
        return
    with tenant(organization_id=known.organization_id):
        Hook.objects.filter(organization_id=known.organization_id, id=known.hook_id).update(
            refused=F("refused") + 1, refused_at=wall_now(), refused_why=refused.why
        )


def delivery_keep(*, organization_id: int, hook_id: int, signed: Signed, body: bytes) -> bool:
    """This function will keep a delivery, once by its id and once by its signature; whether it is new."""
    moment_at = wall_now()
    made = insert(
        HookDelivery,
        ("organization_id", "hook_id", "key_hash", "mark_hash", "body", "size", "state", "said", "tried",
         "received_at", "again_at"),
        [
            (
                organization_id, hook_id, keyed_hash(signed.delivery or signed.mark, purpose="hook delivery"),
                keyed_hash(signed.mark, purpose="hook mark"), body, len(body), "waiting", "", 0, moment_at, moment_at,
            )
        ],
        on_conflict="ON CONFLICT DO NOTHING",
        returning=("id",),
    )  # fmt: skip
    return bool(made)


def delivery_again(*, organization_id: int, delivery_id: int) -> None:
    """This function will have what was put aside worked on once more. Raises UnableToSee."""
    row = _aside(organization_id, delivery_id)
    if row.body is None:
        raise UnableToSee("Its words were forgotten as somebody was erased: have its source send it again.")
    row.state, row.said, row.tried, row.again_at = "waiting", "", 0, wall_now()
    row.save(update_fields=["state", "said", "tried", "again_at"])


def delivery_seen(*, organization_id: int, delivery_id: int) -> None:
    """This function will end what was put aside: a person looked after it. Raises UnableToSee."""
    row = _aside(organization_id, delivery_id)
    row.state, row.body = "seen", None
    row.save(update_fields=["state", "body"])


def _aside(organization_id: int, delivery_id: int) -> HookDelivery:
    rows = HookDelivery.objects.select_for_update().filter(organization_id=organization_id, id=delivery_id)
    row = rows.filter(state="aside").first()
    if row is None:
        raise UnableToSee(UnableToSee.__doc__)
    return row


def deliveries_hear_erased(*, organization_id: int, entries: Sequence[Happened]) -> None:
    """Forget what deliveries that were put aside held, as they may name who is erased (customers:customer:erased)."""
    if may_be_named(entries):
        HookDelivery.objects.filter(organization_id=organization_id, state="aside").update(body=None)
