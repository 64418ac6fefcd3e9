"""Masking others in what one person is given of themselves: staff by their first name, no address but their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from makegood.core.anonymous import ADDRESS

MAIL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")


def masked(*, text: str, staff: Mapping[str, str], own: Collection[str] = ()) -> str:
    """This function will put `staff` (how each is told, by whole name) for their names, and take out foreign addresses.

    `own` are the e-mail addresses that stay, in small letters: the person's and the house's, with or without what
    stands behind a plus in them. Doing it again changes nothing.
    """
    plain = MAIL.sub(lambda found: found[0] if _bare(found[0]) in own or found[0].lower() in own else ADDRESS, text)
    for name in sorted(staff, key=len, reverse=True):
        if len(name.split()) > 1:
            words, told = r"\s+".join(re.escape(word) for word in name.split()), staff[name].replace("\\", r"\\")
            plain = re.sub(rf"(?<!\w){words}(?!\w)", told, plain, flags=re.IGNORECASE)
    return plain


def masked_data(*, data: Any, staff: Mapping[str, str], own: Collection[str] = ()) -> Any:
    """This function will mask every text in plain data (of JSON), however deep, and leave its keys."""
    if isinstance(data, str):
        return masked(text=data, staff=staff, own=own)
    if isinstance(data, dict):
        return {key: masked_data(data=value, staff=staff, own=own) for key, value in data.items()}
    if isinstance(data, list):
        return [masked_data(data=value, staff=staff, own=own) for value in data]
    return data


def _bare(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
