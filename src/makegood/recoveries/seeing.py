"""Whose recoveries a member sees: those of the places that they serve, and their own wherever they are."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q


def seen_by(*, member_id: int, places: Collection[int] | None) -> Q:
    """This function will choose the recoveries that a member sees, who serves these places; None is all of them."""
    return Q() if places is None else Q(place_id__in=list(places)) | Q(owner_id=member_id)
