"""DATABASE_URL: every usual way to write one, and one clear error for what is none."""

from __future__ import annotations

import pytest

from makegood.config.database import UnusableDatabaseUrl, databases, settings_of

SOCKET = "%2Fhome%2Fana%20b%2Fsocket"


@pytest.mark.parametrize(
    ("url", "host", "port", "user", "name"),
    [
        ("postgresql://ana:s%40d@db.example.com:5433/makegood", "db.example.com", "5433", "ana", "makegood"),
        ("postgres://db/makegood", "db", "", "", "makegood"),
        ("postgresql://[::1]:5432/m", "::1", "5432", "", "m"),
        (f"postgresql://owner@/makegood?host={SOCKET}&port=5432", "/home/ana b/socket", "5432", "owner", "makegood"),
        ("postgresql://owner@ignored:1/makegood?host=real&port=2", "real", "2", "owner", "makegood"),
        ("postgresql://u@h/with%20space", "h", "", "u", "with space"),
    ],
)
def test_urls_that_name_a_database(url: str, host: str, port: str, user: str, name: str) -> None:
    found = settings_of(url)
    assert (found["HOST"], found["PORT"], found["USER"], found["NAME"]) == (host, port, user, name)


def test_what_stays_in_the_query_goes_to_the_driver() -> None:
    options = settings_of("postgresql://u@h/m?sslmode=verify-full&connect_timeout=3")["OPTIONS"]
    assert options == {"sslmode": "verify-full", "connect_timeout": "3"}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u@h/m",
        "postgresql://u@h",
        "postgresql://u@h/",
        "postgresql://u@h:port/m",
        "postgresql://u@h/m?port=x",
        "postgresql://u@h:99999/m",
        "postgresql://[::1/m",
        "postgresql://u@h/m?nothing",
        "makegood",
    ],
)
def test_what_names_none_is_refused(url: str) -> None:
    with pytest.raises(UnusableDatabaseUrl, match="postgresql://user:password@host:port/name"):
        settings_of(url)


def test_one_url_puts_the_role_on_and_two_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://owner@h/m?options=-c%20jit%3Doff")
    monkeypatch.delenv("DATABASE_OWNER_URL", raising=False)
    both = databases()
    assert both["default"]["OPTIONS"]["options"] == "-c jit=off -c role=makegood_app"
    assert both["owner"]["OPTIONS"]["options"] == "-c jit=off"
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@h/m")
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@h/m")
    both = databases()
    assert "options" not in both["default"]["OPTIONS"]
    assert (both["default"]["USER"], both["owner"]["USER"]) == ("app", "owner")
