"""Whose an account is: until its owner chose a password by a mailed link, others may know what lets in.

An admin who makes an account knows its first password, or may give it another one. So it enters no organization but
theirs, until somebody who reads its mail chose a password.
"""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import connection

from makegood.organizations.models import User
from makegood.store.tenancy import as_user


def organizations_waiting(*, user_id: int, organization_ids: Collection[int]) -> frozenset[int]:
    """This function will say which of these organizations an account may not enter before its owner chose a password.

    None where no mail leaves this installation: then nobody could show that the account is theirs.
    """
    if not settings.EMAIL_URL:
        return frozenset()
    with as_user(user_id=user_id):
        user = User.objects.filter(id=user_id).first()
    if user is None or user.owned_at is not None or user.made_in is None:
        return frozenset()
    return frozenset(organization_ids) - {user.made_in}


def account_of_others(*, organization_id: int, user_id: int) -> bool:
    """This function will say whether an account is, or was, a member of another organization than this one.

    Then neither its e-mail nor its password is this organization's to change: who was let go there may be taken back.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT finder.known_elsewhere(%s, %s)", [user_id, organization_id])
        return bool(cursor.fetchone()[0])


def account_waits(*, user_id: int, organization_id: int) -> bool:
    """This function will say whether an account may not enter an organization before its owner chose a password."""
    return bool(organizations_waiting(user_id=user_id, organization_ids=[organization_id]))
