"""Every address that the web process answers."""

from __future__ import annotations

from django.urls import include, path

from makegood.api.application import api
from makegood.api.hooks import hook
from makegood.config.health import healthz
from makegood.config.metrics import metrics

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", api.urls),
    path("hooks/<slug:address>", hook, name="hook"),
    path("", include("makegood.public.urls")),
    path("", include("makegood.console.urls")),
]
handler400 = "makegood.console.views.errors.bad_request"
handler403 = "makegood.console.views.errors.forbidden"
handler404 = "makegood.console.views.errors.not_found"
handler500 = "makegood.console.views.errors.broken"
