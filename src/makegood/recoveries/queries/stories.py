"""Reads of recovery stories: one recovery's, and the collection, searched by words."""

from __future__ import annotations

from datetime import datetime

import attrs
from django.db import connection

from makegood.recoveries.models import Return, Story

FOUND = """
SELECT s.title, s.body, s.told_at, r.number, r.kind, r.place_id, r.owner_id
FROM recoveries_story s JOIN recoveries_recovery r ON r.organization_id = s.organization_id AND r.id = s.recovery_id
WHERE s.organization_id = %s AND s.told_at IS NOT NULL
    AND (%s = '' OR to_tsvector('simple', s.title || ' ' || s.body) @@ websearch_to_tsquery('simple', %s))
ORDER BY s.told_at DESC, s.id DESC LIMIT %s OFFSET %s
"""


@attrs.frozen(kw_only=True)
class StoryLine:
    """One story that is told; `place_id` and `owner_id` are its recovery's."""

    title: str
    body: str
    told_at: datetime
    number: int
    kind: str
    place_id: int | None
    owner_id: int


@attrs.frozen(kw_only=True)
class Allowed:
    """That a customer allows their recovery to be told: when and how they did; `title` and `body` once it is told."""

    consented_at: datetime
    consent_how: str
    title: str
    body: str
    told_at: datetime | None


@attrs.frozen(kw_only=True)
class ReturnKnown:
    """What is known of a customer's return, how, by which rule where it was seen, and when it is looked for again."""

    outcome: str
    how: str
    rule: str
    at: datetime
    looks: int


def stories_found(*, organization_id: int, words: str = "", limit: int, offset: int = 0) -> list[StoryLine]:
    """This function will find the stories with all of these words, or all stories, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(FOUND, [organization_id, words, words, limit, offset])
        names = [field.name for field in attrs.fields(StoryLine)]
        return [StoryLine(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def story_of(*, organization_id: int, recovery_id: int) -> Allowed | None:
    """This function will read a recovery's story, or that it is allowed; None without the customer's consent."""
    names = [field.name for field in attrs.fields(Allowed)]
    row = Story.objects.filter(organization_id=organization_id, recovery_id=recovery_id).values(*names).first()
    return Allowed(**row) if row else None


def return_of(*, organization_id: int, recovery_id: int) -> ReturnKnown | None:
    """This function will read what is known of a customer's return; None until somebody looked or said."""
    names = [field.name for field in attrs.fields(ReturnKnown)]
    row = Return.objects.filter(organization_id=organization_id, recovery_id=recovery_id).values(*names).first()
    return ReturnKnown(**row) if row else None
