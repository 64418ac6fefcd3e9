"""Choosing a password by a mailed link: for who lost theirs, and for who was invited. No link is kept anywhere.

A link names the account, what it is for and when it was made, and is signed with the installation's secret together
with the account's e-mail and its password's hash: once either changes, it is no link any more, so it counts once.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime

import attrs
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection

from makegood.core.sitting import LINKS, link_over
from makegood.journal.models import Effect
from makegood.journal.outbox import Wanted, effects_add
from makegood.organizations.models import Member, Organization, Passkey, User
from makegood.organizations.passkeys import passkeys_remove
from makegood.organizations.passwords import password_check
from makegood.organizations.second_factor import factor_remove
from makegood.store.clocks import now as store_now
from makegood.store.secrets import UnknownToken, keyed_hash, sign, unsign
from makegood.store.tenancy import as_user, tenant

EFFECT = "account"
TOKEN = re.compile(r"(reset|invited)\.([0-9]{1,18})\.([0-9]{1,12})~")


class EndedLink(ValueError):
    """This link has ended: it counts once, and not for long. Ask for another one."""


@attrs.frozen(kw_only=True)
class Chosen:
    """Whose password was chosen, and with which e-mail they sign in.

    `factor_ended` says that a second factor and passkeys from before it were taken off: others may have set them up.
    """

    user_id: int
    email: str
    factor_ended: bool = False


def accounts_mailed(*, organization_id: int) -> bool:
    """This function will say whether mail about their own account reaches members here; a demo's never leaves."""
    if not settings.EMAIL_URL:
        return False
    return Organization.objects.filter(id=organization_id).exclude(delivery="inbox").exists()


def link_token(*, user_id: int, kind: str, now: datetime) -> str:
    """This function will make the secret part of a link; `kind` is reset or invited, `now` is wall time."""
    with as_user(user_id=user_id):
        user = User.objects.get(id=user_id)
    return sign(f"{kind}.{user_id}.{int(now.timestamp())}", salt=_salt(user))


def link_read(*, token: str, now: datetime) -> Chosen:
    """This function will say whose link this is. Raises EndedLink for one that is not ours, too old, or used."""
    with as_user(user_id=_named(token)):
        return _owner(token, now)


def password_choose(*, token: str, new: str, now: datetime) -> Chosen:
    """This function will give an account the password that was chosen by a link, and end all of its sessions.

    From then on it is its owner's. Where it was not yet, others may have set up its second factor, or passkeys: an
    invitation ends those; a link for who forgot leaves them, and the account as it was. Raises EndedLink, or
    UnusablePassword.
    """
    user_id = _named(token)
    with as_user(user_id=user_id):
        user = User.objects.select_for_update().filter(id=user_id).first()
        chosen = _owner(token, now)
        assert user is not None
        password_check(new)
        there = user.factor_at is not None or Passkey.objects.filter(user_id=user_id).exists()
        planted = user.owned_at is None and there
        ended = planted and token.startswith("invited.")
        if ended:
            factor_remove(user_id=user_id)
            passkeys_remove(user_id=user_id)
        User.objects.filter(id=user_id).update(
            password=make_password(new),
            password_once=False,
            password_changed_at=now,
            owned_at=None if planted and not ended else user.owned_at or now,
        )
    return attrs.evolve(chosen, factor_ended=ended)


def _named(token: str) -> int:
    found = TOKEN.match(token)
    if found is None:
        raise EndedLink(EndedLink.__doc__)
    return int(found[2])


def _owner(token: str, now: datetime) -> Chosen:
    """The account of a link, read in the context of the one that it names."""
    user = User.objects.filter(id=_named(token)).first()
    if user is None:
        raise EndedLink(EndedLink.__doc__)
    try:
        kind, _, made = unsign(token, salt=_salt(user)).split(".")
    except UnknownToken:
        raise EndedLink(EndedLink.__doc__) from None
    if link_over(kind=kind, made_at=datetime.fromtimestamp(int(made), tz=UTC), now=now):
        raise EndedLink(EndedLink.__doc__)
    return Chosen(user_id=user.id, email=user.email)


def _salt(user: User) -> str:
    return "choose." + keyed_hash(f"{user.email}\n{user.password}", purpose="choose").hex()


def reset_ask(*, email: str) -> bool:
    """This function will have a link mailed to the account of this e-mail, by an organization that can; False if none.

    Opens its own unit of work. Whoever asks is told the same either way.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.organization_id, m.member_id FROM finder.sign_in(%s) s, finder.memberships(s.user_id) m",
            [email.strip().lower()],
        )
        found = cursor.fetchall()
    for organization_id, member_id in found:
        with tenant(organization_id=organization_id):
            if accounts_mailed(organization_id=organization_id):
                account_mail(organization_id=organization_id, member_id=member_id, kind="reset")
                return True
    return False


@attrs.frozen(kw_only=True)
class Mailed:
    """The last mail to a member about their account: pending, claimed, done, failed, stopped or unknown, and why."""

    state: str
    outcome: str


def account_mailed(*, organization_id: int, member_id: int) -> Mailed | None:
    """This function will say what became of the last mail to a member about their account, if there was one."""
    found = Effect.objects.filter(organization_id=organization_id, kind=EFFECT, subject="member", subject_id=member_id)
    last = found.order_by("-id").first()
    return None if last is None else Mailed(state=last.state, outcome=last.outcome)


def password_chosen(*, user_id: int) -> bool:
    """This function will say whether an account that is seen here has a password to sign in with at all."""
    return User.objects.get(id=user_id).has_usable_password()


def account_mail(*, organization_id: int, member_id: int, kind: str) -> None:
    """This function will have a member mailed about their account; `kind` is reset, invited, or joined (known already).

    The link is made as the mail leaves, so that it stands in no table.
    """
    assert kind in (*LINKS, "joined")
    assert Member.objects.filter(organization_id=organization_id, id=member_id, user__isnull=False).exists()
    wanted = Wanted(
        kind=EFFECT,
        idempotency_key=f"account:{kind}:{member_id}:{secrets.token_hex(8)}",
        subject="member",
        subject_id=member_id,
        run_at=store_now(organization_id=organization_id),
        payload={"kind": kind},
    )
    effects_add(organization_id=organization_id, wanted=[wanted])
