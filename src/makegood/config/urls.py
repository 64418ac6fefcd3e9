"""Every address that the web process answers."""

from __future__ import annotations

urlpatterns: list[object] = []
