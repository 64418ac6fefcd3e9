"""Finding the customer whom somebody names, or making one: by e-mail, phone, order or card, else by name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import attrs

from makegood.console.asking import select
from makegood.console.building.correcting import language_named
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import Field
from makegood.core.contacts import contact_of
from makegood.customers.correcting import Correct, customer_correct, reached_by
from makegood.customers.operations import Seen, customers_resolve, customers_return, identities_sure
from makegood.customers.queries import CustomerFacts, customer_one, customers_found
from makegood.rules.phrases import languages, spoken


def customer_field(value: str = "", *, label: str = "Who?") -> Field:
    """This function will ask for a customer in whatever way they are known."""
    return Field(
        name="who",
        label=label,
        value=value,
        required=True,
        maxlength=200,
        autocomplete="off",
        hint="An e-mail, a phone number, a name, or all of them; whatever you know. “The lady at till 3” works too.",
    )


def language_field(desk: Desk) -> Field:
    """This function will ask for the language of whom it happened to, where it is another than the organization's."""
    return select(
        "language",
        "Their language",
        [(one, language_named(one)) for one in languages()],
        first=f"The one known of them, else {language_named(spoken(desk.facts.language))}",
    )


def language_asked(values: Mapping[str, str]) -> str:
    """This function will read the answer to `language_field`. Raises Unanswered for one that is not listed."""
    language = values.get("language", "")
    if language not in ("", *languages()):
        raise Unanswered({"language": "Choose one from the list."})
    return language


def named_so(desk: Desk, who: str) -> list[CustomerFacts]:
    """This function will list the known customers who could be meant; none where what was typed is an address."""
    if contact_of(text=who).identities:
        return []
    return customers_found(organization_id=desk.organization_id, words=who, most=6)


def customer_asked(desk: Desk, who: str, *, chosen: str = "", language: str = "") -> int:
    """This function will find the customer who was named, or make one.

    `chosen` is the id of one whom the reader picked, or "new". The surest address finds at most one customer, and
    adds none to somebody known. A name makes a new customer, since two people may share it. A `language` is theirs
    from now on.
    """
    customer_id = _asked(desk, who, chosen, language)
    one = customer_one(organization_id=desk.organization_id, customer_id=customer_id) if language else None
    if one is not None and one.language != language:
        reached = reached_by(organization_id=desk.organization_id, customer_id=customer_id)
        customer_correct(
            organization_id=desk.organization_id,
            customer_id=customer_id,
            correct=Correct(
                name=one.name,
                language=language,
                channel=one.channel,
                emails=tuple(reached["email"]),
                phones=tuple(reached["phone"]),
            ),
            now=desk.facts.now,
            by=desk.member_id,
        )
    return customer_id


def _asked(desk: Desk, who: str, chosen: str, language: str) -> int:
    if chosen.isascii() and chosen.isdigit() and any(str(one.id) == chosen for one in named_so(desk, who)):
        return int(chosen)
    here, seen = desk.organization_id, attrs.evolve(seen_as(who), language=language)
    customers_return(organization_id=here, identities=seen.identities)
    sure = attrs.evolve(seen, identities=identities_sure(organization_id=here, identities=seen.identities))
    return customers_resolve(organization_id=here, seen=[sure], now=desk.facts.now)[0]


def seen_as(who: str) -> Seen:
    """This function will read who is meant: an e-mail, a phone number and a name, or what was said of these.

    Raises Unanswered for nothing at all.
    """
    said = contact_of(text=who)
    if not said.identities and not said.name:
        raise Unanswered({"who": "Say who it happened to."})
    identities = said.identities or (("token", f"told-{secrets.token_hex(12)}"),)
    return Seen(identities=identities, name=said.name[:200], channel="mail" if said.emails else "hand")
