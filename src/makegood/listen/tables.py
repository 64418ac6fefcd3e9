"""The kinds of CSV files, and the columns of each; docs/guides/csv-files.md describes them. Pure."""

from __future__ import annotations

import attrs

from makegood.listen.events import IDENTITY_KINDS

WHO = (*IDENTITY_KINDS, "name", "language", "zone")


@attrs.frozen(kw_only=True)
class Table:
    """A kind of CSV file: its columns, and which of them it cannot do without."""

    needed: tuple[str, ...]
    allowed: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, the needed ones first."""
        return (*self.needed, *self.allowed)


CUSTOMERS = Table(needed=(), allowed=WHO)
PURCHASES = Table(needed=("reference", "placed_at", "total"), allowed=("currency", "what", "place", *WHO))
CHARGED = Table(
    needed=("reference", "charged_at", "amount"),
    allowed=("kind", "currency", "tender", "purchase", "promise", *WHO),
)
PROMISES = Table(
    needed=("reference", "due_at"),
    allowed=(
        "made_at", "kept_at", "released_at", "total", "value", "currency", "kind", "what", "place", "product",
        "partner", "purchase", *WHO,
    ),
)  # fmt: skip
PLACES = Table(needed=("code", "name"), allowed=("kind", "parent", "zone"))
MEMBERS = Table(needed=("email", "name"), allowed=("role", "team", "places", "limit"))
