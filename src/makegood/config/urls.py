"""Every address that the web process answers."""

from __future__ import annotations

from django.urls import path

from makegood.config.health import healthz

urlpatterns = [
    path("healthz", healthz),
]
