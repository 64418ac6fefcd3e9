"""Whose recoveries a member sees: those of the places that they serve, and their own wherever they are."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q


def sees(*, member_id: int, places: Collection[int] | None, place_id: int | None, owner_id: int) -> bool:
    """This function will say whether a member, who serves these places, sees a recovery of this place and owner."""
    return places is None or place_id in places or owner_id == member_id


def seen_by(*, member_id: int, places: Collection[int] | None) -> Q:
    """This function will choose the recoveries that a member sees, who serves these places; None is all of them."""
    return Q() if places is None else Q(place_id__in=list(places)) | Q(owner_id=member_id)
