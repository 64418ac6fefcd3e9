"""The words and drawings of Makegood's pages: times, money, the seam, clocks, fields, charts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.numbers import format_currency
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from makegood.console import charts, moments
from makegood.console import seam as crack
from makegood.core.money import EXPONENTS, Money

if TYPE_CHECKING:
    from collections.abc import Callable

    from makegood.console.viewmodels import Chart, ClockFace, Field, Reader

    Say = Callable[[dt.datetime, Reader], str]

register = template.Library()

NARROW_LABELS = 6
"""How many labels fit under a chart on a phone."""
LONG = '<time datetime="{at}">{said}<span class="rel">, {relative}</span></time>'
SHORT = '<time datetime="{at}" title="{relative}">{said}</time>'


def _time(at: dt.datetime | None, reader: Reader, *, shape: str, say: Say = moments.absolute) -> SafeString:
    if at is None:
        return SafeString("")
    written = moments.local(at, reader).isoformat(timespec="minutes")
    return format_html(shape, at=written, said=say(at, reader), relative=moments.relative(at, reader))


@register.filter
def moment(at: dt.datetime | None, reader: Reader) -> SafeString:
    """This function will write a time in the reader's zone, absolute and relative together."""
    return _time(at, reader, shape=LONG)


@register.filter
def short_moment(at: dt.datetime | None, reader: Reader) -> SafeString:
    """This function will write a time where there is little room: absolute, the relative one on hovering."""
    return _time(at, reader, shape=SHORT)


@register.filter
def due(at: dt.datetime | None, reader: Reader) -> SafeString:
    """This function will write by when a promise is due, absolute and relative together."""
    return _time(at, reader, shape=LONG, say=moments.due)


@register.filter
def short_due(at: dt.datetime | None, reader: Reader) -> SafeString:
    """This function will write by when a promise is due where there is little room."""
    return _time(at, reader, shape=SHORT, say=moments.due)


@register.filter
def time_left(due_at: dt.datetime | None, reader: Reader) -> str:
    """This function will write what is left until a deadline ("5 h 42 min"), or "12 min over"."""
    return moments.left(due_at, reader) if due_at else ""


@register.filter
def money(amount: Money | None, reader: Reader) -> str:
    """This function will write an amount for the reader; whole amounts lose their empty decimals."""
    if amount is None:
        return ""
    places = EXPONENTS.get(amount.currency, 2)
    value = Decimal(amount.minor).scaleb(-places)
    whole = value == value.to_integral_value()
    return format_currency(
        value,
        amount.currency,
        "¤#,##0" if whole and moments.locale_of(reader.locale).language == "en" else None,
        locale=moments.locale_of(reader.locale),
        currency_digits=not whole,
        decimal_quantization=not whole,
    )


@register.filter
def nth(listed: tuple[str, ...], index: int) -> str:
    """This function will give the heading of a column by its index, or nothing beyond the last."""
    return listed[index] if index < len(listed) else ""


@register.inclusion_tag("console/parts/seam.html")
def seam(steps: tuple[Any, ...], size: str = "large", reader: Reader | None = None, words: str = "") -> dict[str, Any]:
    """This function will draw the seam: `large` with the steps' names under it, `small` for a row of a list.

    `words` say where it stands in another language.
    """
    listed = list(steps)
    current = None if words else next((mark for mark in listed if mark.state in ("now", "overdue")), None)
    return {
        "pieces": crack.pieces(listed),
        "steps": listed,
        "size": size,
        "words": words or crack.in_words(listed),
        "current": current,
        "place": listed.index(current) + 1 if current else len(listed),
        "reader": reader,
    }


@register.inclusion_tag("console/parts/clock.html")
def clock(face: ClockFace | None, reader: Reader, size: str = "small") -> dict[str, Any]:
    """This function will show one clock: `big` as on a case, `small` as a tag in a list."""
    return {"face": face, "reader": reader, "size": size}


@register.inclusion_tag("console/parts/field.html")
def field(question: Field) -> dict[str, Any]:
    """This function will show one question of a form with its label, hint, error and input."""
    return {"field": question}


@register.inclusion_tag("console/parts/form.html")
def form(asked: Any, heading: str = "h2") -> dict[str, Any]:
    """This function will show a whole form; its title has the given heading level."""
    return {"form": asked, "heading": heading}


@register.inclusion_tag("console/parts/action.html")
def action(act: Any, extra: str = "") -> dict[str, Any]:
    """This function will show one button that posts at once."""
    return {"act": act, "extra": extra}


@register.inclusion_tag("console/parts/chart.html")
def chart(drawn: Chart) -> dict[str, Any]:
    """This function will draw a chart as static SVG, with its numbers in a table beside it."""
    head, *more = drawn.series or (None,)
    rows = [
        (point, [series.points[index] for series in more if index < len(series.points)])
        for index, point in enumerate(head.points if head else ())
    ]
    drawing = charts.draw(drawn)
    room = charts.ON_A_PHONE // max(len(drawing.labels), 1)
    wide = any(len(line) > room for label in drawing.labels for line in label.lines)
    crowd = "wordy" if wide else "many" if len(drawing.labels) > NARROW_LABELS else ""
    return {"chart": drawn, "drawing": drawing, "rows": rows, "crowd": crowd}


@register.inclusion_tag("console/parts/meter.html")
def meter(left: Money, whole: Money, label: str, reader: Reader) -> dict[str, Any]:
    """This function will show how much of a limit is left, in words and as a bar."""
    share = max(0.0, min(1.0, left.minor / whole.minor)) if whole.minor else 0.0
    return {"left": left, "whole": whole, "label": label, "width": round(share * 100, 1), "reader": reader}
