"""Which tables lie open: those of organizations whose rows everybody would see."""

from __future__ import annotations

from typing import Final

from makegood.cli.counting import PASSING

OPEN: Final = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    AND NOT relrowsecurity AND relname <> ALL(%s) ORDER BY 1
"""
OF_NOBODY: Final = (*PASSING, "django_migrations")
"""Tables that belong to no organization: counters, beats and sessions under hashes and process names, migrations."""


def open_tables() -> list[str]:
    """Name the tables that belong to organizations and have their row security off; none, if all is well."""
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        cursor.execute(OPEN, [list(OF_NOBODY)])
        return [name for (name,) in cursor.fetchall()]
