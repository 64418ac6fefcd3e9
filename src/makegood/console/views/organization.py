"""What an organization says of itself in the settings: in which language its customers are written to."""

from __future__ import annotations

from django.http import HttpRequest

from makegood.console.asking import select
from makegood.console.building.correcting import language_named
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Form
from makegood.console.views.people import Done
from makegood.organizations.operations import UnableToSpeak, organization_language_set
from makegood.organizations.queries import OrganizationFacts
from makegood.rules.phrases import languages


def language_form(facts: OrganizationFacts, *, action: str) -> Form:
    """This function will ask in which language customers are written to of whom none is known."""
    known = [*languages(), *([facts.language] if facts.language not in languages() else [])]
    return Form(
        key="language",
        action=action,
        submit="Write in this language",
        style="plain",
        fields=(
            select(
                "language",
                "Language",
                [(one, language_named(one)) for one in known],
                value=facts.language,
                hint="Of letters, customers' pages, the report form and the signs, unless a customer's own is known.",
                required=True,
            ),
        ),
    )


def language_choose(request: HttpRequest, desk: Desk) -> Done:
    """Choose the language of the organization."""
    language = request.POST.get("language", "")
    try:
        changed = organization_language_set(
            organization_id=desk.organization_id, language=language, by=desk.member_id, now=desk.facts.now
        )
    except UnableToSpeak as error:
        raise Unanswered({"language": str(error)}) from error
    if not changed:
        return Done(text="Nothing was changed.")
    return Done(text=f"Customers are written to in {language_named(language)} from now on, unless their own is known.")
