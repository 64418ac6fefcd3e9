"""The migrations: complete, and safe to run while the last release serves."""

from __future__ import annotations

import io

from django.core.management import call_command
from django_migration_linter import MigrationLinter


def test_models_and_migrations_agree(database: str) -> None:
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert "No changes detected" in out.getvalue()


def test_no_migration_is_unsafe(database: str) -> None:
    linter = MigrationLinter(database="owner", no_cache=True, exclude_apps=["sessions"], ignore_initial_migrations=True)
    linter.lint_all_migrations()
    assert not linter.has_errors, "see what the linter printed"
    assert linter.nb_total > 0
