"""What a customer's page asks to correct who they are, and what it says of how they are reached."""

from __future__ import annotations

from typing import Any

from babel import Locale, UnknownLocaleError
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.viewmodels import Fact, Field, Form
from makegood.customers.queries import CustomerFacts
from makegood.rules.phrases import languages

LINES: dict[str, Any] = {"kind": "textarea", "rows": 2}
WRITTEN_TO = (
    ("mail", "By e-mail"),
    ("status", "On their page alone"),
    ("hand", "In person, else by e-mail"),
)


def language_named(code: str) -> str:
    """This function will say a language in words: "German" for de."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code


def who_facts(one: CustomerFacts, reached: dict[str, list[str]]) -> tuple[Fact, ...]:
    """This function will list how a customer is known and written to."""
    emails, phones = reached["email"], reached["phone"]
    others = [(kind, value) for kind, value in one.identities if kind not in ("token", "email", "phone")]
    written = bool(emails) and one.channel != "status"
    return (
        *(
            Fact(label="E-mail", value=value, note="written to" if written and value == emails[0] else "")
            for value in emails
        ),
        *(Fact(label="Phone", value=value) for value in phones),
        *(Fact(label=kind.capitalize(), value=value) for kind, value in others),
        *((Fact(label="Language", value=language_named(one.language)),) if one.language else ()),
        *((Fact(label="Written to", value="on their page alone"),) if one.channel == "status" else ()),
    )


def correct_form(one: CustomerFacts, reached: dict[str, list[str]]) -> Form:
    """This function will ask what is right of a customer, filled with what is known."""
    emails, phones = "\n".join(reached["email"]), "\n".join(reached["phone"])
    spoken = [*languages(), *([one.language] if one.language and one.language not in languages() else [])]
    return Form(
        key="correct",
        action=reverse("customer-correct", args=[one.id]),
        submit="Save",
        style="plain",
        fields=(
            Field(name="name", label="Name", value=one.name, maxlength=200, autocomplete="off"),
            Field(
                name="emails",
                label="E-mail addresses",
                value=emails,
                hint="One a line; the first is written to. What waits to be sent goes there.",
                **LINES,
            ),
            Field(name="phones", label="Phone numbers", value=phones, hint="One a line.", **LINES),
            select(
                "language",
                "Language",
                [(code, language_named(code)) for code in spoken],
                value=one.language,
                first="Your organization's",
            ),
            select("channel", "How we write to them", WRITTEN_TO, value=one.channel, required=True),
            Field(name="seen.emails", label="", kind="hidden", value=emails),
            Field(name="seen.phones", label="", kind="hidden", value=phones),
        ),
    )
