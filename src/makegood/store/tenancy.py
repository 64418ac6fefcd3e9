"""The tenant context: every unit of work is one transaction that belongs to one organization."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from makegood.store.preparing import begin_with, prepared
from makegood.store.unit import working

APP_ROLE = "makegood_app"
FINDER_ROLE = "makegood_finder"


class NoTenant(RuntimeError):
    """Tenant rows were touched outside a unit of work: open it with `tenant(organization_id=...)`."""


@contextmanager
def tenant(*, organization_id: int) -> Iterator[None]:
    """Run the block as one transaction of this organization; row security shows it nothing else."""
    with transaction.atomic():
        begin_with("makegood.organization", organization_id)
        with working():
            yield


@contextmanager
def as_user(*, user_id: int) -> Iterator[None]:
    """Run the block as one transaction that sees this user's own account."""
    with transaction.atomic():
        begin_with("makegood.user", user_id)
        yield


def current_organization() -> int:
    """Return the organization of the present unit of work.

    Raises NoTenant outside of one.
    """
    with prepared() as cursor:
        cursor.execute("SELECT nullif(current_setting('makegood.organization', true), '')::bigint")
        (organization_id,) = cursor.fetchone()
    if organization_id is None:
        raise NoTenant(NoTenant.__doc__)
    return int(organization_id)


class UnsafeRole(RuntimeError):
    """The database user owns tables or bypasses row security: name the owner in DATABASE_OWNER_URL instead."""


def refuse_unsafe_role() -> None:
    """Check that the present database user neither owns a table nor bypasses row security.

    Raises UnsafeRole; `web`, `worker` and `tick` call this before they serve.
    """
    with prepared() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR EXISTS ("
            "  SELECT 1 FROM pg_class WHERE relkind IN ('r', 'p') AND relowner = pg_roles.oid"
            "  AND relnamespace = 'public'::regnamespace)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        (unsafe,) = cursor.fetchone()
    if unsafe:
        raise UnsafeRole(UnsafeRole.__doc__)
