"""How the standard library keeps a mail's headers: as they came, and of a type no more than it reads in no time."""

from __future__ import annotations

from email.policy import Compat32
from typing import Any, Final

PARAMETERS: Final = 32
"""So many parameters of a header are read: its boundary, its charset and its file name stand among the first."""
LONGEST: Final = 8_000
"""So many characters of a header that has parameters are read."""
_WITH_PARAMETERS: Final = frozenset({"content-type", "content-disposition", "content-transfer-encoding"})


class _RawHeaders(Compat32):
    """Headers as they came, odd bytes as surrogates: the library's own reading would lose them.

    What has parameters is cut: the library parts them in a time that grows with their number times the whole length.
    """

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        if name.lower() not in _WITH_PARAMETERS:
            return value
        return ";".join(str(value)[:LONGEST].split(";", PARAMETERS)[:PARAMETERS])


RAW: Final = _RawHeaders()
