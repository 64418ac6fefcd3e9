"""The addresses of the customers' pages."""

from __future__ import annotations

from django.urls import path

from makegood.public import previewing, reporting, stay_views, views

urlpatterns = [
    path("s/<str:signed>", views.status, name="status"),
    path("s/<str:signed>/preview", previewing.status_preview, name="status-preview"),
    path("s/<str:signed>/offer", views.status_answer, name="status-answer"),
    path("s/<str:signed>/write", views.status_write, name="status-write"),
    path("s/<str:signed>/rate", views.status_rate, name="status-rate"),
    path("s/<str:signed>/stay", stay_views.status_stay, name="status-stay"),
    path("s/<str:signed>/story", stay_views.status_story, name="status-story"),
    path("r/<slug:organization>", reporting.public_report, name="public-report"),
    path("r/<slug:organization>/thanks", reporting.public_thanks, name="public-thanks"),
]
