"""Who may use each address of the pages and of the API, as the people who own this house would write it on a wall.

It says the same as the code's own tables a second time, on purpose: to open an address to more people is then a change
in two places. Every address must stand here; tests walk the routes and name the one that does not.
"""

from __future__ import annotations

import attrs

E, M, F, A = "employee", "manager", "finance", "admin"
ALL, SERVES, DECIDES, RUNS = (E, M, F, A), (E, M, A), (M, A), (A,)
PAYS, PAYS_BY_HAND = (M, F, A), (F, A)

HOUSE = "house"
"""It belongs to no place: whoever has the role may, wherever they serve."""
PLACE = "place"
"""It belongs to a place: who serves elsewhere is told that there is no such thing."""
OWN = "own"
"""It belongs to one member: nobody else finds it."""


@attrs.frozen
class May:
    """Who may: these roles, for what is the house's, a place's or one member's."""

    roles: tuple[str, ...]
    whose: str = HOUSE


def _each(text: str, may: May) -> dict[str, May]:
    return dict.fromkeys(text.split(), may)


DOORS = {
    "sign-in",
    "sign-out",
    "demo-sign-in",
    "set-up",
    "healthz",
    "metrics",
    "hook",
    "counter-worker",
    "push-worker",
    "forgotten",
    "choose",
    "approve",
    "sign-in-code",
    "sign-in-passkey",
    "sign-in-passkey-ask",
    "sign-on",
    "sign-on-find",
    "sign-on-go",
    "sign-on-back",
}
"""Addresses for people whom nobody knows yet: each guards itself, and has tests of its own for it."""

LINKS = {
    "status", "status-preview", "status-answer", "status-write", "status-rate", "status-stay", "status-story",
}  # fmt: skip
"""Addresses of a customer: whoever holds the signed link, and nobody who made one up."""
FORMS = {"public-report", "public-thanks"}
"""Addresses for everybody, of an organization that is there."""

PAGES: dict[str, May] = {
    **_each(
        """today notices notices-read recoveries view-save promises incidents customers customer causes cause insights
        playbook-drawing search inbox inbox-reply demo-time stories password account account-sign-out account-telling
        account-telling-set account-channel account-device factor factor-act passkeys
        passkey-act switch-organization""",
        May(ALL),
    ),
    **_each("report counter counter-give counter-now counter-reports promise-new customer-fact", May(SERVES)),
    **_each(
        """recovery-know recovery-say recovery-lint recovery-take recovery-draft recovery-undraft recovery-step recovery-decide recovery-offer
        recovery-ask recovery-repay recovery-promise recovery-word recovery-word-typed recovery-call recovery-link recovery-slip recovery-floor-fact
        promise-floor-fact recovery-cause recovery-fault recovery-follow-up recovery-hand-over recovery-pause
        recovery-resume recovery-close recovery-identify recovery-tick recovery-form recovery-talk recovery-returned
        recovery-story promise-act signal-decide mail-decide customer-correct""",
        May(SERVES, PLACE),
    ),
    **_each(
        "recovery recovery-why recovery-others recovery-note recovery-file promise incident place-sign", May(ALL, PLACE)
    ),
    **_each("recovery-make-good", May((E, M, F, A), PLACE)),
    **_each(
        """recovery-approve recovery-floor-nothing promise-floor-nothing recovery-severity incident-confirm incident-dismiss
        incident-close incident-fix incident-offer incident-ask incident-sorry""",
        May(DECIDES, PLACE),
    ),
    **_each(
        """several several-begin stories-tell incident-new cause-add improvement-new improvement customer-merge
        data-bring data-act data-file data-file-act data-report mail-act hook-act""",
        May(DECIDES),
    ),
    **_each("view-act notice-read", May(ALL, OWN)),
    **_each("notice-know", May(SERVES, OWN)),
    **_each("bulk bulk-act", May(DECIDES, PLACE)),
    **_each("payouts payout charge books books-file", May(PAYS_BY_HAND)),
    **_each("settings settings-first", May(PAYS)),
    **_each("source-shadow source-shadow-file", May(DECIDES)),
    **_each(
        """set-up-step customer-erase customer-file customer-proof playbook-check playbook-write playbook-compare hours-use hours-closed
        member member-act settings-act drafting-try""",
        May(RUNS),
    ),
}

API: dict[str, str] = {
    "POST /events": "events",
    "POST /promises": "write",
    "GET /promises": "read",
    "GET /promises/{promise_id}": "read",
    "POST /promises/{promise_id}/keep": "write",
    "POST /promises/{promise_id}/release": "write",
    "POST /promises/{promise_id}/change": "write",
    "POST /promises/{promise_id}/expect": "write",
    "POST /failures": "write",
    "GET /failures": "read",
    "GET /failures/{failure_id}": "read",
    "GET /recoveries": "read",
    "GET /recoveries/{recovery_id}": "read",
    "GET /recoveries/{recovery_id}/messages": "read",
    "GET /recoveries/{recovery_id}/help": "read",
    "GET /recoveries/{recovery_id}/help/files/{file_id}": "read",
    "POST /recoveries/{recovery_id}/notes": "write",
    "POST /recoveries/{recovery_id}/steps/{step}": "write",
    "POST /recoveries/{recovery_id}/help/ticks": "write",
    "POST /recoveries/{recovery_id}/help/forms/{form}": "write",
    "POST /recoveries/{recovery_id}/help/talks/{dialogue}": "write",
    "POST /customers": "write",
    "GET /customers": "read",
    "GET /customers/{customer_id}": "read",
    "POST /purchases": "write",
    "POST /places": "write",
    "GET /places": "read",
    "POST /messages": "write",
}
"""The scope that a key needs for each method of each path."""
OF_THE_HOUSE = {"POST /events", "GET /customers", "GET /customers/{customer_id}", "POST /places", "POST /messages"}
"""What a key for one place may not do at all; of everything else it does what is of its place."""
