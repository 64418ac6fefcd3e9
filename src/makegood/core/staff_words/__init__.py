"""The word that staff give in what they write: recognised, with its due time, and never made a promise by itself."""

from makegood.core.staff_words.recognising import words_given
from makegood.core.staff_words.types import GivenWord, StaffWordRules

__all__ = ["GivenWord", "StaffWordRules", "words_given"]
