"""Chances: each drawn from the seed and the natural key of what it decides, so that no order of work changes it."""

from __future__ import annotations

import random
from hashlib import blake2b


class Draws:
    """Everything that is left to chance in one simulated year."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, *key: object) -> random.Random:
        """Return the generator that belongs to this key, always the same for the same seed."""
        text = "\x1f".join(map(str, (self._seed, *key)))
        return random.Random(blake2b(text.encode(), digest_size=16).digest())

    def chance(self, share: float, *key: object) -> bool:
        """Say whether something that happens in this share of cases happens in this one."""
        return self.of(*key).random() < share
