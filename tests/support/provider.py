"""A real OpenID Connect provider, django-oauth-toolkit's, in a process of its own on loopback.

Run as a module it is that process. It knows nothing of Makegood: people and applications are made in it by `Provider`,
over an address that only this test harness adds.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener, urlopen

import attrs
from tests.support.ports import free_port
from tests.support.waiting import until

PASSWORD = "known to the provider only"


@attrs.frozen
class Provider:
    """One provider that runs; `issuer` is its name."""

    issuer: str

    def make(self, **wanted: Any) -> None:
        """Make or change people (`email`, `verified`, by `name`), and applications (`client_id`, `secret`, `back`)."""
        url = self.issuer.removesuffix("/o") + "/make"
        body = json.dumps(wanted).encode()
        with urlopen(Request(url, body, {"Content-Type": "application/json"}), timeout=30) as answer:
            assert answer.status == 200

    def through(self, url: str, name: str) -> str:
        """Go where an application sends somebody, sign in there, and say where that leads back to."""
        jar = HTTPCookieProcessor(CookieJar())
        went = build_opener(jar)
        page = went.open(url, timeout=30)
        token = unescape(page.read().decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0])
        form = {"csrfmiddlewaretoken": token, "username": name, "password": PASSWORD}
        stays = build_opener(jar, _Stays())
        at = page.geturl()
        for body in (urlencode(form).encode(), None):
            try:
                stays.open(Request(at, body, {"Referer": at}), timeout=30)
            except HTTPError as answer:
                at = answer.headers["Location"]
                if at.startswith("/"):
                    at = self.issuer.removesuffix("/o") + at
        return at


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    """Run one."""
    with tempfile.TemporaryDirectory(prefix="mg-provider-") as folder:
        port, log = free_port(), Path(folder) / "log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.provider", str(port), folder],
                env={**os.environ, "PYTHONWARNINGS": "ignore"},
                stdout=said,
                stderr=said,
            )
        try:
            running = Provider(f"http://127.0.0.1:{port}/o")

            def up() -> bool:
                assert process.poll() is None, log.read_text()
                with contextlib.suppress(OSError):
                    return urlopen(f"{running.issuer}/.well-known/openid-configuration", timeout=5).status == 200
                return False

            until(up, "the provider answers")
            yield running
        finally:
            process.terminate()
            process.wait(300)


LOGIN = (
    '<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Who are you?</title><h1>Who are you?</h1><form method="post">{% csrf_token %}'
    "{{ form }}<button>That is me</button></form></html>"
)


def settings_of(port: int, folder: str) -> dict[str, Any]:
    """What the provider is told."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "SECRET_KEY": "a provider for tests only",
        "ALLOWED_HOSTS": ["127.0.0.1"],
        "ROOT_URLCONF": "tests.support.provider_pages",
        "INSTALLED_APPS": [
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/provider.sqlite3"}},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN})],
                    "context_processors": ["django.template.context_processors.request"],
                },
            }
        ],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "SESSION_COOKIE_NAME": "provider_session",
        "CSRF_COOKIE_NAME": "provider_csrf",
        "USE_TZ": True,
        "LOGIN_URL": "/login",
        "OAUTH2_PROVIDER": {
            "OIDC_ENABLED": True,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "OIDC_RSA_PRIVATE_KEY": pem.decode(),
            "OAUTH2_VALIDATOR_CLASS": "tests.support.provider_pages.Validator",
            "SCOPES": {"openid": "who you are", "email": "your e-mail"},
            "PKCE_REQUIRED": True,
            "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        },
    }


def serve(port: int, folder: str) -> None:
    """Be the provider until ended."""
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIServer, make_server

    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    settings.configure(**settings_of(port, folder))
    django.setup()
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", port, get_wsgi_application(), Server).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
