"""Which tables a migration takes, read from its SQL."""

from __future__ import annotations

import pytest

from makegood.cli.taking_tables import ALONE, BESIDE_READERS, tables_taken


@pytest.mark.parametrize(
    ("statement", "taken"),
    [
        ('ALTER TABLE "one" ADD COLUMN "told" text DEFAULT \'\' NOT NULL;', {"one": ALONE}),
        ("ALTER TABLE ONLY one DROP COLUMN told", {"one": ALONE}),
        # Reads every row, and holds up nobody meanwhile.
        ('ALTER TABLE "one" VALIDATE CONSTRAINT "sound";', {}),
        (
            'ALTER TABLE "one" ADD CONSTRAINT "key" FOREIGN KEY ("two_id") REFERENCES "two" ("id")',
            {"one": ALONE, "two": BESIDE_READERS},
        ),
        ("CREATE TRIGGER kept BEFORE UPDATE OF state ON one\n    FOR EACH ROW EXECUTE FUNCTION keep()", {"one": BESIDE_READERS}),
        ("DROP TRIGGER kept ON one;", {"one": ALONE}),
        ('CREATE POLICY tenant ON "one" TO app USING (true)', {"one": ALONE}),
        ('CREATE UNIQUE INDEX "one_once" ON "one" ("id")', {"one": BESIDE_READERS}),
        ('CREATE INDEX CONCURRENTLY "one_id" ON "one" ("id")', {}),
        ('DROP TABLE IF EXISTS "one" CASCADE', {"one": ALONE}),
        ("UPDATE one SET told = ''", {}),
        # One lock is enough, and the stronger holds.
        ('ALTER TABLE one ADD "told" text; CREATE INDEX told ON one (told); DROP TRIGGER kept ON two;', {"one": ALONE, "two": ALONE}),
    ],
)  # fmt: skip
def test_a_statement_names_the_tables_it_takes(statement: str, taken: dict[str, str]) -> None:
    assert tables_taken([statement]) == taken
