"""Browsers keep cookies by host: each installation's have names of their own, and the same after every start."""

from __future__ import annotations

from django.conf import settings

from makegood.store.secrets import fingerprint


def test_cookies_are_named_after_the_installations_secret() -> None:
    assert f"makegood_{fingerprint()[:8]}" == settings.SESSION_COOKIE_NAME
    assert f"{settings.SESSION_COOKIE_NAME}_form" == settings.CSRF_COOKIE_NAME
    assert settings.SECRET_KEY not in settings.CSRF_COOKIE_NAME
