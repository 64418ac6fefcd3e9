"""Whether a letter says anything at all: its greeting and who signs it are not words to a customer."""

from __future__ import annotations

import re
from collections.abc import Collection

from makegood.core.wording.signing import FOR

GREETING = re.compile(
    r"\A\W*(?:dear|hello|hi|good (?:morning|afternoon|evening))\b[^\n.!?]*,[ \t]*(?:\n|\Z)", re.IGNORECASE
)
SAYS = re.compile(r"[^\W_]")


def blank(*, text: str, signs: Collection[str] = ()) -> bool:
    """This function will say whether nothing is left of a letter without its greeting and its signature.

    `signs` are the names that may stand on a line of their own under a letter. Spaces of every kind, punctuation and
    characters that cannot be seen say nothing.
    """
    names = {sign.strip().casefold() for sign in signs}
    said = GREETING.sub("", text)
    lines = [line for line in said.splitlines() if not names.issuperset(line.strip().casefold().split(FOR))]
    return not any(SAYS.search(line) for line in lines)
