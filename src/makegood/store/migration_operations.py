"""Migration operations that put tenancy and append-only into the database itself."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.migrations.operations.base import Operation

from makegood.store.fields import TenantKey
from makegood.store.tenancy import APP_ROLE, FINDER_ROLE

TENANT = "nullif(current_setting('makegood.organization', true), '')::bigint"


class _Forward(Operation):
    """An operation on the database alone, which the models' state does not see."""

    reduces_to_sql = True
    reversible = False

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Leave the state as it is."""

    def database_backwards(self, *args: Any) -> None:
        """Never go back: a release moves forward."""


class SecureTables(_Forward):
    """Give each model's table row security, grants, a composite key and composite foreign keys.

    `append_only` names those models whose rows may never be changed, deleted or truncated by the application. With
    `targets_keyed` every table that they refer to has its composite key from an earlier migration.
    """

    def __init__(self, *names: str, append_only: tuple[str, ...] = (), targets_keyed: bool = False) -> None:
        self.names = names
        self.append_only = append_only
        self.targets_keyed = targets_keyed

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return (
            self.__class__.__name__,
            list(self.names),
            {"append_only": self.append_only, "targets_keyed": self.targets_keyed},
        )

    def describe(self) -> str:
        return f"Secure {', '.join(self.names)}"

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in self.names:
            model = to_state.apps.get_model(app_label, name)
            for statement in secure_table(model, append_only=name in self.append_only):
                schema_editor.execute(statement)
        for name in self.names:
            for statement in composite_keys(to_state.apps.get_model(app_label, name), targets_keyed=self.targets_keyed):
                schema_editor.execute(statement)


class Finder(_Forward):
    """Create a SECURITY DEFINER function that may look across organizations, owned by the finder role.

    `signature` is ``name(arg type, ...)``, `returns` the result type, `body` one SQL query.
    """

    def __init__(self, signature: str, returns: str, body: str, volatility: str = "STABLE") -> None:
        self.signature, self.returns, self.body, self.volatility = signature, returns, body, volatility

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__name__, [self.signature, self.returns, self.body, self.volatility], {}

    def describe(self) -> str:
        return f"Create finder.{self.signature}"

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        schema_editor.execute(f"SET ROLE {FINDER_ROLE}")
        schema_editor.execute(
            f"CREATE OR REPLACE FUNCTION finder.{self.signature} RETURNS {self.returns} LANGUAGE sql"
            f" {self.volatility} SECURITY DEFINER SET search_path = public, pg_temp AS $finder$ {self.body} $finder$"
        )
        name = self.signature
        schema_editor.execute(f"REVOKE ALL ON FUNCTION finder.{name} FROM PUBLIC")
        schema_editor.execute(f"GRANT EXECUTE ON FUNCTION finder.{name} TO {APP_ROLE}")
        schema_editor.execute("RESET ROLE")


def secure_table(model: type[models.Model], *, append_only: bool) -> list[str]:
    """List the statements that secure one table."""
    table = model._meta.db_table
    rights = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    statements = [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'CREATE POLICY tenant ON "{table}" TO {APP_ROLE} USING (organization_id = {TENANT})'
        f" WITH CHECK (organization_id = {TENANT})",
        f'CREATE POLICY finder ON "{table}" FOR SELECT TO {FINDER_ROLE} USING (true)',
        f'GRANT {rights} ON "{table}" TO {APP_ROLE}',
        f'GRANT SELECT ON "{table}" TO {FINDER_ROLE}',
        # Without statistics the planner takes every organization for an average one. With them it takes one founded
        # since the last ANALYZE for empty, and answers with whichever index begins with the organization.
        f'ALTER TABLE "{table}" ALTER COLUMN organization_id SET STATISTICS 0',
    ]
    if any(field.name == "id" for field in model._meta.fields):
        statements.append(
            f"DO $do$ BEGIN EXECUTE 'GRANT USAGE ON SEQUENCE ' ||"
            f" pg_get_serial_sequence('{table}', 'id') || ' TO {APP_ROLE}'; END $do$"
        )
    if append_only:
        statements += [
            f'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON "{table}"'
            " FOR EACH ROW EXECUTE FUNCTION store_refuse_change()",
            f'CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON "{table}"'
            " FOR EACH STATEMENT EXECUTE FUNCTION store_refuse_change()",
        ]
    return statements


def composite_keys(model: type[models.Model], *, targets_keyed: bool = False) -> list[str]:
    """List the statements that tie each tenant key to (organization_id, id) of its target.

    The target gets that key where it may lack it, which is not where `targets_keyed`.
    """
    table = model._meta.db_table
    statements = []
    for field in model._meta.local_fields:
        if isinstance(field, TenantKey):
            target = field.related_model._meta.db_table
            if not targets_keyed:
                statements.append(
                    f"DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{target}_tenant_id')"
                    f' THEN ALTER TABLE "{target}" ADD CONSTRAINT "{target}_tenant_id" UNIQUE (organization_id, id);'
                    " END IF; END $do$"
                )
            statements += [
                f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_tenant"'
                f' FOREIGN KEY (organization_id, "{field.column}") REFERENCES "{target}" (organization_id, id)',
            ]
    return statements


def due_organizations(name: str, table: str, condition: str) -> Finder:
    """Return the finder that lists the organizations with a due row: `condition` compares `due` with `clock`."""
    return Finder(
        f"{name}()",
        "SETOF bigint",
        f"SELECT clock.organization_id FROM store_clock clock WHERE EXISTS ("
        f'SELECT 1 FROM "{table}" due WHERE due.organization_id = clock.organization_id AND {condition})',
    )
