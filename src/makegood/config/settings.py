"""Django's settings, read from the environment; see docs/reference for each variable."""

from __future__ import annotations

import os
from pathlib import Path

from makegood.config.database import databases
from makegood.config.secrets import installation_secret
from makegood.store.embedded import home_directory
from makegood.store.numbers import whole_number
from makegood.store.secrets import fingerprint_of

BASE = Path(__file__).resolve().parent.parent

SECRET_KEY = installation_secret()
DEBUG = False
PUBLIC_URL = os.environ.get("MAKEGOOD_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}").rstrip("/")
SECURE = PUBLIC_URL.startswith("https://")
TRUSTED_PROXIES = whole_number("MAKEGOOD_TRUSTED_PROXIES", default=0, least=0, most=9)
ALLOWED_HOSTS = ["*"] if not SECURE else [PUBLIC_URL.split("//", 1)[1].split("/", 1)[0].split(":")[0], "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "makegood.store",
    "makegood.journal",
    "makegood.organizations",
    "makegood.customers",
    "makegood.promises",
    "makegood.failures",
    "makegood.makegoods",
    "makegood.messages",
    "makegood.recoveries",
    "makegood.causes",
    "makegood.listen",
    "makegood.insights",
    "makegood.keeping",
    "makegood.console",
    "makegood.public",
    "makegood.api",
    "makegood.config",
]

MIDDLEWARE = [
    "makegood.config.requests.Measured",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "makegood.config.middleware.BoundedBody",
    "makegood.config.middleware.NoNulls",
    "makegood.config.middleware.FormerCookies",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "makegood.config.middleware.ContentSecurityPolicy",
    "django_htmx.middleware.HtmxMiddleware",
    "makegood.api.gate.ApiGate",
]
ROOT_URLCONF = "makegood.config.urls"
WSGI_APPLICATION = "makegood.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES = databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Browsers keep cookies by host, whatever the port: two installations on one host keep each its own by their names.
SESSION_COOKIE_NAME = f"makegood_{fingerprint_of(SECRET_KEY)[:8]}"
CSRF_COOKIE_NAME = f"{SESSION_COOKIE_NAME}_form"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

DEMO = os.environ.get("MAKEGOOD_DEMO") == "1"
DEMO_SPEED = float(os.environ.get("MAKEGOOD_DEMO_SPEED") or 60)
STATUS_DAYS = whole_number("MAKEGOOD_STATUS_DAYS", default=180, least=1, most=3650)
FOLDERS = Path(os.environ.get("MAKEGOOD_FOLDERS") or home_directory() / "folders").expanduser()
PRIVATE_HOSTS = tuple(
    one.strip().lower() for one in os.environ.get("MAKEGOOD_PRIVATE_HOSTS", "").split(",") if one.strip()
)
DRAFTING_SECONDS: float = whole_number("MAKEGOOD_DRAFTING_SECONDS", default=20, least=1, most=60)
METRICS_TOKEN = os.environ.get("MAKEGOOD_METRICS_TOKEN", "")
EMAIL_URL = os.environ.get("EMAIL_URL", "")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
CSRF_FAILURE_VIEW = "makegood.console.views.errors.form_too_old"
LOGIN_URL = "/sign-in"
