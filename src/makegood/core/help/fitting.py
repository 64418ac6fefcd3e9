"""For which cases a piece of help is meant."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import attrs

CHANNELS: Final = ("counter", "phone", "mail")
"""Where a customer can be talked to: face to face, on the phone, or in writing."""


@attrs.frozen(kw_only=True)
class Fits:
    """The kinds of failure and the channels that something is meant for; none are all of them."""

    kinds: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    def hold(self, *, kind: str, channels: Collection[str]) -> bool:
        """This function will say whether it is meant for a failure of this kind, reached over one of these channels."""
        return (not self.kinds or kind in self.kinds) and (not self.channels or bool(self.channels & set(channels)))


EVERYWHERE: Final = Fits()
"""What is meant for every case."""
