"""Both kinds of server that the suite runs on give an owner who is no superuser, and leave nothing running."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psycopg
import pytest
from tests.support.postgres15 import Kind, debian15_is_installed, kind_from_environment, start_test_cluster

VERSIONS: list[tuple[Kind, int]] = [("embedded18", 18), ("debian15", 15)]
RIGHTS = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
OWNER = (
    "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
)


@pytest.mark.parametrize(("kind", "major"), VERSIONS)
def test_the_owner_of_a_test_cluster_is_no_superuser(kind: Kind, major: int) -> None:
    if kind == "debian15" and not debian15_is_installed():
        pytest.skip("Debian's PostgreSQL 15 is not installed (apt-get install postgresql-15)")
    tmp = Path(tempfile.mkdtemp(prefix="mg-"))
    try:
        with start_test_cluster(kind, tmp) as url, psycopg.connect(url) as connection:
            assert connection.info.server_version // 10000 == major
            assert connection.execute(RIGHTS).fetchone() == (False, True, True, False)
            assert connection.execute(OWNER).fetchone() == ("makegood_owner", "UTF8")
            connection.execute("CREATE TABLE ours ()")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
    finally:
        shutil.rmtree(tmp)


def test_a_misspelt_kind_is_an_error_and_none_is_the_embedded_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAKEGOOD_TEST_DATABASE", raising=False)
    assert kind_from_environment() == "embedded18"
    monkeypatch.setenv("MAKEGOOD_TEST_DATABASE", "debian15")
    assert kind_from_environment() == "debian15"
    monkeypatch.setenv("MAKEGOOD_TEST_DATABASE", "debian 15")
    with pytest.raises(ValueError, match="use embedded18 or debian15"):
        kind_from_environment()
