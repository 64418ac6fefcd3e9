"""The lines of a shadow's report as a CSV. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from makegood.core.money import Money
from makegood.core.spreadsheets import defused
from makegood.insights.shadow import ShadowLine

HEAD = (
    "at", "kind", "what", "to", "address", "channel", "subject", "first words", "part", "cost", "currency", "given",
    "recovery", "why",
)  # fmt: skip


def shadow_csv(lines: Iterable[ShadowLine]) -> str:
    """This function will write the lines into a CSV that no spreadsheet runs anything of; times in ISO 8601, UTC."""
    written_to = io.StringIO()
    rows = csv.writer(written_to)
    rows.writerow(HEAD)
    for one in lines:
        rows.writerow(
            [
                one.at.isoformat(),
                *(
                    defused(text)
                    for text in (one.kind, one.what, one.to, one.address, one.channel, one.subject, one.words, one.part)
                ),
                *_amount(one.cost),
                "yes" if one.given else "",
                f"R-{one.number}" if one.number else "",
                defused(one.why),
            ]
        )
    return written_to.getvalue()


def _amount(cost: Money | None) -> tuple[str, str]:
    return (str(cost).rpartition(" ")[0], cost.currency) if cost is not None else ("", "")
