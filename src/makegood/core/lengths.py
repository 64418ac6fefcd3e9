"""How long what a person writes may be: it is kept whole or refused, and never cut."""

from __future__ import annotations


class TextTooLong(ValueError):
    """Write less: this is longer than what is kept of it."""

    def __init__(self, text: str, *, most: int) -> None:
        super().__init__(f"At most {most:,} characters fit here, and these are {len(text):,}: shorten it.")
        self.text, self.most = text, most


def fitting(text: str, *, most: int) -> str:
    """This function will return what was written, without space around it, if it is at most `most` characters long.

    A line's end counts as one, as browsers count it, whichever way it was sent. Raises TextTooLong.
    """
    plain = unspaced(text)
    if len(plain) > most:
        raise TextTooLong(plain, most=most)
    return plain


def unspaced(text: str) -> str:
    """This function will return a text without space around it, its lines ended as they are kept."""
    return text.replace("\r\n", "\n").strip()
