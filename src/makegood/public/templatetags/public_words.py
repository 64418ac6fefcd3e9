"""The one tag by which customers' pages say anything of their own: a phrase in the page's language."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from makegood.rules.phrases import phrase

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, name: str, **facts: Any) -> str:
    """This function will say one phrase in the language of the page that is shown."""
    return phrase(name, language=context.get("lang") or context["page"].lang, **facts)
