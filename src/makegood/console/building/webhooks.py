"""Webhooks, among the settings: what posts to us and how it goes, what waits for a person, and the forms."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from makegood.console.asking import choices, select
from makegood.console.building.reached import only_here
from makegood.console.building.words import said_at
from makegood.console.desk import Desk
from makegood.console.permissions import RUNS
from makegood.console.viewmodels import Action, Empty, Fact, Field, Form, SettingsSection, Table, TableRow, Tag
from makegood.listen.hooks.delivery_rule import DeliveryRule
from makegood.listen.hooks.operations import LEAST_SECRET, LONGEST_SECRET, NAMES
from makegood.listen.hooks.queries import AsideFacts, HookFacts, asides_open, hooks_all
from makegood.store.outgoing import host_of

OFFERED = (
    ("shopify", "Shopify", "orders, payments, refunds and fulfilments"),
    ("zendesk", "Zendesk", "what customers write in tickets"),
    ("chatwoot", "Chatwoot", "what customers write in conversations"),
    ("zammad", "Zammad", "what customers write in tickets"),
)
"""What can be connected, and what it tells."""
ENTER = {
    "shopify": "for new and changed orders, cancelled orders, fulfilments and refunds, as JSON",
    "zendesk": "as a webhook that a trigger calls, with the file below as its JSON, when an end user comments",
    "chatwoot": "among its webhooks, for messages that are created",
    "zammad": "as a webhook that a trigger calls when a customer writes, with its usual words",
}
TRIGGER = """\
{"ticket_id": "{{ticket.id}}", "subject": "{{ticket.title}}", "text": "{{ticket.latest_public_comment}}",
 "at": "{{ticket.updated_at_with_timestamp}}", "name": "{{ticket.requester.name}}",
 "email": "{{ticket.requester.email}}", "via": "{{ticket.via}}", "from": "{{current_user.email}}"}
"""
"""What a trigger of Zendesk is to post, as the guide gives it too."""
KEYS = {
    "zendesk": "An API token, made over there by an admin.",
    "chatwoot": "The access token of an agent's profile, or of a bot.",
    "zammad": "An access token that may edit tickets (ticket.agent).",
}
CHANGED = {"zammad": "A new one of your choice, to enter over there as well."}
REFUSED = {
    "signature": "their signature does not fit: compare the secret with the one over there",
    "time": "they were too old, or from the future: look at the clocks of both machines",
}
KEEPS = (
    ("delivered", "It is delivered", "as the carrier tells the shop"),
    ("shipped", "It is shipped", "where no carrier tells the shop more"),
)


def overview(desk: Desk) -> tuple[SettingsSection, ...]:
    """This function will show what posts to us, what of it waits for a person, and let an admin connect more."""
    found = hooks_all(organization_id=desk.organization_id)
    sections = [*_only_here(), *_asides(desk), *(_one(desk, one) for one in found)]
    if not found:
        sections.append(
            SettingsSection(
                title="Nothing posts to you yet",
                key="no-hooks",
                lead="A shop that is connected tells of each order as it happens: what was bought, paid and given "
                "back, what is promised by when, and what came. A helpdesk tells what customers write, and is answered "
                "through. Files, mail and events keep working beside it.",
            )
        )
    if desk.facts.role in RUNS:
        sections.append(_connect())
    return tuple(sections)


def _act(how: str) -> str:
    return reverse("hook-act", args=[how])


def _connect() -> SettingsSection:
    form = Form(
        key="hook-connect",
        action=_act("connect"),
        submit="Connect it",
        fields=(
            select("hook_kind", "What posts to you", OFFERED, required=True),
            Field(
                name="hook_name", label="Its name here", maxlength=120, hint="Such as Web shop. Empty: as it is called."
            ),
            _secret(
                "hook_secret",
                "Copy from over there what webhooks are signed with. Empty for Zammad: one is made, to enter there.",
                needed=False,
            ),
        ),
    )
    return SettingsSection(
        title="Connect a source",
        key="connect",
        lead="You get an address to enter over there. Only what is signed with the secret is taken.",
        forms=(form,),
    )


def _secret(name: str, hint: str, *, needed: bool = True) -> Field:
    return Field(
        name=name,
        label="Secret",
        kind="password",
        required=needed,
        sometimes=not needed,
        autocomplete="off",
        maxlength=LONGEST_SECRET,
        hint=f"{hint} At least {LEAST_SECRET} characters; kept encrypted, and not shown again.",
    )


def _one(desk: Desk, hook: HookFacts) -> SettingsSection:
    admin = desk.facts.role in RUNS
    return SettingsSection(
        title=hook.name,
        key=f"hook-{hook.id}",
        lead=_lead(hook),
        facts=tuple(_facts(desk, hook)),
        text=TRIGGER if hook.kind == "zendesk" else "",
        text_label="The JSON for the trigger",
        actions=_actions(hook) if admin else (),
        forms=(_rule_form(hook) if hook.kind == "shopify" else _reply_form(hook), _secret_form(hook)) if admin else (),
    )


def _only_here() -> tuple[SettingsSection, ...]:
    warned = only_here()
    if not warned:
        return ()
    return (SettingsSection(title="No shop or helpdesk can reach you yet", key="only-here", danger=True, lead=warned),)


def _lead(hook: HookFacts) -> str:
    if hook.last_at is None:
        return f"Enter this address in {NAMES[hook.kind]}, {ENTER[hook.kind]}. What comes then shows here."
    return "What comes is kept before it is answered, worked on within seconds, and taken once, however often it comes."


def _facts(desk: Desk, hook: HookFacts) -> list[Fact]:
    last = said_at(desk, hook.last_at) if hook.last_at else "nothing came yet"
    facts = [
        Fact(label="Address", value=settings.PUBLIC_URL + reverse("hook", args=[hook.address])),
        Fact(label="Now", value="taken in" if hook.active else "refused: you stopped it"),
        Fact(label="Last delivery", value=last, note=_counted(hook.lately) if hook.last_at else ""),
    ]
    if hook.waiting:
        facts.append(Fact(label="Waiting", value=f"{hook.waiting:,} to be worked on"))
    if hook.refused and hook.refused_at:
        said = f"{hook.refused:,} since the secret was set, the last {said_at(desk, hook.refused_at)}"
        facts.append(Fact(label="Refused", value=said, note=REFUSED[hook.refused_why]))
    if hook.two_until:
        facts.append(
            Fact(
                label="Secrets",
                value=f"two count until {said_at(desk, hook.two_until)}",
                note="the new and the old one",
            )
        )
    if hook.kind == "shopify":
        facts.append(Fact(label="An order promises", value=rule_said(hook.rule)))
    else:
        through = f"through {host_of(hook.reply_url)}" if hook.reply_url else "by mail: say below how it is spoken to"
        facts.append(Fact(label="Customers are answered", value=through))
    return facts


def _counted(lately: int) -> str:
    return "1 within a day" if lately == 1 else f"{lately:,} within a day"


def rule_said(rule: DeliveryRule) -> str:
    """This function will say in words what an order promises."""
    if not rule.promises:
        return "nothing yet: say below by when it is there"
    days = "weekday" if rule.weekdays else "day"
    parts = [f"the day in its note “{rule.attribute}”"] if rule.attribute else []
    parts += [f"{_days(count, days)} for {name}" for name, count in sorted(rule.methods.items())]
    parts += [f"{_days(rule.days, days)} after the order"] if rule.days is not None else []
    return f"to be {rule.keeps} by " + ", else ".join(parts)


def _days(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _actions(hook: HookFacts) -> tuple[Action, ...]:
    ways = [("stop", "Take nothing more", "plain") if hook.active else ("go-on", "Take it in again", "go")]
    if hook.two_until:
        ways.append(("before-end", "The old secret is gone", "plain"))
    ways.append(("forget", "Forget it", "danger"))
    return tuple(
        Action(label=label, about=hook.name, url=_act(how), style=style, hidden=(("hook", str(hook.id)),))
        for how, label, style in ways
    )


def _hidden(hook: HookFacts) -> Field:
    return Field(name="hook", label="", kind="hidden", value=str(hook.id))


def _secret_form(hook: HookFacts) -> Form:
    return Form(
        key=f"hook-secret-{hook.id}",
        action=_act("secret"),
        title="Change the secret",
        lead="The old one counts beside it for a day, so that nothing is lost while it is changed over there.",
        submit="Change the secret",
        style="plain",
        fields=(_hidden(hook), _secret(f"secret_{hook.id}", CHANGED.get(hook.kind, "The new one, from over there."))),
    )


def _reply_form(hook: HookFacts) -> Form:
    number, name = hook.id, NAMES[hook.kind]
    agent = Field(
        name=f"agent_{number}",
        label="E-mail address of the agent whose key it is",
        kind="email",
        value=hook.reply_agent,
        required=True,
        maxlength=254,
    )
    return Form(
        key=f"hook-reply-{number}",
        action=_act("reply"),
        title=f"Answer through {name}",
        lead="What is written to a customer in a recovery that is a ticket there goes out as an answer in that ticket. "
        "Leave the address empty, and they are mailed.",
        submit="Answer through it",
        style="plain" if hook.reply_url else "go",
        fields=(
            _hidden(hook),
            Field(
                name=f"url_{number}",
                label=f"Address of your {name}",
                value=hook.reply_url,
                inputmode="url",
                hint="Such as https://shop.example.com, without anything after it.",
                maxlength=300,
            ),
            *((agent,) if hook.kind == "zendesk" else ()),
            Field(
                name=f"key_{number}",
                label="Key",
                kind="password",
                autocomplete="off",
                hint=KEYS[hook.kind] + (" Empty: the one that is kept." if hook.reply_url else ""),
                maxlength=500,
            ),
        ),
    )


def _rule_form(hook: HookFacts) -> Form:
    rule, number = hook.rule, hook.id
    return Form(
        key=f"hook-rule-{number}",
        action=_act("rule"),
        title="By when an order is there",
        lead="Counted from the day of the order; it ends as that day does. Orders of before are not touched. Leave all "
        "of it empty and orders promise nothing.",
        submit="Promise this",
        style="go" if not rule.promises else "plain",
        fields=(
            _hidden(hook),
            Field(
                name=f"days_{number}",
                label="Days, for any way of shipping",
                value="" if rule.days is None else str(rule.days),
                inputmode="numeric",
                maxlength=3,
            ),
            Field(
                name=f"methods_{number}",
                label="Days for single ways of shipping",
                kind="textarea",
                value="\n".join(f"{name}: {days}" for name, days in sorted(rule.methods.items())),
                hint="One a line, as the shop names it: Express: 1",
                maxlength=5000,
            ),
            Field(
                name=f"weekdays_{number}",
                label="Only Monday to Friday count",
                kind="checkbox",
                checked=rule.weekdays,
            ),
            Field(
                name=f"attribute_{number}",
                label="The order's note that holds the day",
                value=rule.attribute,
                hint="Where an app lets customers choose one, such as Delivery date. It goes before the days.",
                maxlength=120,
            ),
            Field(
                name=f"keeps_{number}",
                label="It is kept when",
                kind="radio",
                value=rule.keeps,
                required=True,
                choices=choices(KEEPS),
            ),
        ),
    )


def _asides(desk: Desk) -> tuple[SettingsSection, ...]:
    found = asides_open(organization_id=desk.organization_id)
    if not found:
        return ()
    table = Table(
        caption="Deliveries that could not be taken in",
        head=("When", "From", "Size", "Why"),
        rows=tuple(_aside(desk, one) for one in found),
        empty=Empty(title="None", text="Deliveries that could not be taken in wait here."),
    )
    lead = "Nothing of them was taken. Mend what is said, here or over there, and let each be taken in once more."
    return (SettingsSection(title="Deliveries that need a look", key="asides", lead=lead, table=table, danger=True),)


def _aside(desk: Desk, one: AsideFacts) -> TableRow:
    hidden = (("delivery", str(one.id)),)
    about = f"{one.name}, {said_at(desk, one.received_at)}"
    again = Action(label="Take it in again", about=about, url=_act("again"), hidden=hidden, style="go")
    seen = Action(label="I have seen to it", about=about, url=_act("seen"), hidden=hidden)
    return TableRow(
        cells=(said_at(desk, one.received_at), one.name, f"{max(1, round(one.size / 1024)):,} kB", one.said),
        tag=Tag(text="waits for you", tone="clay"),
        actions=(again, seen) if one.here else (seen,),
    )
