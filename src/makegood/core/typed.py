"""Numbers as people type them: read where they can be read one way, refused where two countries read them apart."""

from __future__ import annotations

import re
from decimal import Decimal

GROUPED = re.compile(r"[1-9]\d{0,2}(?:([,.'_ ])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?", re.ASCII)
PLAIN = re.compile(r"(?=[.,]?\d)(\d*)(?:([.,])(\d*))?", re.ASCII)
LONGEST = 40


class UnreadableNumber(ValueError):
    """This is no number such as 1250.50."""


class TwofoldNumber(UnreadableNumber):
    """This number can be read two ways."""


def number_typed(text: str) -> Decimal:
    """This function will read a number, its thousands parted or not, with a decimal point or a decimal comma.

    "1,250.50", "1.250,50", "1 250", "12,5" and "1,000,000" are read; "1,250" and "1.250", which are a thousand in one
    country and one in another, are refused. Raises UnreadableNumber, and TwofoldNumber of it, which say what to write.
    """
    plain = text.strip().replace("\N{NO-BREAK SPACE}", " ").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    sign, plain = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    if len(plain) > LONGEST:
        raise UnreadableNumber(UnreadableNumber.__doc__)
    if match := PLAIN.fullmatch(plain):
        whole, mark, part = match.groups()
        if mark and len(part) == 3 and len(whole) <= 3 and int(whole or 0):
            raise TwofoldNumber(f"{plain} can be read two ways: write {whole}{part} or {whole}.{part}0.")
        return Decimal(f"{sign}{whole}.{part}" if part else sign + whole)
    if (match := GROUPED.fullmatch(plain)) is None:
        raise UnreadableNumber(UnreadableNumber.__doc__)
    parts = plain.split(match[1])
    decimal = next((mark for mark in ",." if mark != match[1] and mark in parts[-1]), "")
    digits = "".join(parts)
    return Decimal(sign + (digits.replace(decimal, ".") if decimal else digits))
