"""What the customer's page asks once it is put right: whether they are still with us, and whether it may be told."""

from __future__ import annotations

from typing import Final

import attrs
from django.urls import reverse

from makegood.recoveries.queries import Case
from makegood.recoveries.queries.stories import return_of, story_of

OUTCOMES: Final = ("back", "lapsed", "declined")
"""What a customer may say of their return; each has a phrase `stay.` and one `stay.said.`."""


@attrs.frozen(kw_only=True)
class Staying:
    """`said` is what they told of their return, "" before; `told` whether their story may be told, None to not ask."""

    stay_url: str
    story_url: str
    said: str
    told: bool | None

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """The value and the phrase of each answer."""
        return tuple((one, f"stay.{one}") for one in OUTCOMES)

    @property
    def phrase(self) -> str:
        """The phrase for what they told."""
        return f"stay.said.{self.said}"


def staying_of(*, organization_id: int, case: Case, signed: str) -> Staying | None:
    """This function will read what the page asks; None before it is put right, and where nothing went wrong."""
    mended = {one.step for one in case.steps if one.state in ("done", "skipped")} >= {"fix", "make_good"}
    if case.state == "withdrawn" or not (mended or case.state == "closed"):
        return None
    known = return_of(organization_id=organization_id, recovery_id=case.id)
    told = None
    if case.state == "closed":
        told = story_of(organization_id=organization_id, recovery_id=case.id) is not None
    return Staying(
        stay_url=reverse("status-stay", args=[signed]),
        story_url=reverse("status-story", args=[signed]),
        said=known.outcome if known and known.how == "customer" else "",
        told=told,
    )
