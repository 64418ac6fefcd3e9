"""Columns that every room shares."""

from __future__ import annotations

from typing import Any

from django.db import models


class TenantKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key inside one organization.

    The database constraint is composite, (organization_id, column) to (organization_id, id), and is added by
    `SecureTables`: key checks bypass row security, so the organization must be part of the key.
    """

    def __init__(self, to: Any, **kwargs: Any) -> None:
        kwargs["on_delete"] = models.DO_NOTHING
        kwargs["db_constraint"] = False
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("related_name", "+")
        super().__init__(to, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("on_delete", None)
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs


def code_field(length: int = 60, **kwargs: Any) -> models.CharField[Any, Any]:
    """Return a short code: letters, digits, dots, dashes; never free text."""
    return models.CharField(max_length=length, **kwargs)


def state_check(column: str, states: tuple[str, ...], name: str) -> models.CheckConstraint:
    """Return the constraint that a state column holds only these states."""
    return models.CheckConstraint(condition=models.Q(**{f"{column}__in": states}), name=name)
