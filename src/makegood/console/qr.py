"""QR codes of addresses, as pictures that stand in a page without a file of their own."""

from __future__ import annotations


def qr_of(url: str) -> str:
    """This function will draw an address as a QR code and return the picture's own address (an SVG in a data URI).

    A quarter of it may be dirty or torn and it is still read (level Q); the light edge that readers need is part of it.
    """
    import segno

    drawn = segno.make(url, error="q", micro=False, boost_error=False)
    return str(drawn.svg_data_uri(border=4, dark="#000", light="#fff", omitsize=True))
