"""Who may do what: one table from the name of an address to the roles that may open or post it.

A new route must be named here or in `OPEN`, which a test checks against the address patterns.
"""

from __future__ import annotations

EMPLOYEE, MANAGER, FINANCE, ADMIN = "employee", "manager", "finance", "admin"
ALL = frozenset({EMPLOYEE, MANAGER, FINANCE, ADMIN})
SERVES = frozenset({EMPLOYEE, MANAGER, ADMIN})
DECIDES = frozenset({MANAGER, ADMIN})
PAYS = frozenset({MANAGER, FINANCE, ADMIN})
PAYS_BY_HAND = frozenset({FINANCE, ADMIN})
RUNS = frozenset({ADMIN})

MERGES = DECIDES
"""Who may say that two customers, both known, are one person."""

OPEN = frozenset(
    {
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
)
"""Addresses that need no member; each guards itself."""

ALLOWED: dict[str, frozenset[str]] = {
    "set-up-step": RUNS,
    "switch-organization": ALL,
    "password": ALL,
    "account": ALL,
    "factor": ALL,
    "factor-act": ALL,
    "passkeys": ALL,
    "passkey-act": ALL,
    "account-sign-out": ALL,
    "account-telling": ALL,
    "account-telling-set": ALL,
    "account-channel": ALL,
    "account-device": ALL,
    "today": ALL,
    "notices": ALL,
    "notices-read": ALL,
    "notice-read": ALL,
    "notice-know": SERVES,
    "signal-decide": SERVES,
    "mail-decide": SERVES,
    "recoveries": ALL,
    "view-save": ALL,
    "view-act": ALL,
    "several": DECIDES,
    "several-begin": DECIDES,
    "bulk": DECIDES,
    "bulk-act": DECIDES,
    "report": SERVES,
    "counter": SERVES,
    "counter-give": SERVES,
    "counter-now": SERVES,
    "counter-reports": SERVES,
    "recovery": ALL,
    "recovery-why": ALL,
    "recovery-others": ALL,
    "recovery-know": SERVES,
    "recovery-say": SERVES,
    "recovery-lint": SERVES,
    "recovery-take": SERVES,
    "recovery-draft": SERVES,
    "recovery-undraft": SERVES,
    "recovery-step": SERVES,
    "recovery-decide": SERVES,
    "recovery-offer": SERVES,
    "recovery-ask": SERVES,
    "recovery-approve": DECIDES,
    "recovery-repay": SERVES,
    "recovery-make-good": frozenset({*SERVES, FINANCE}),
    "recovery-promise": SERVES,
    "recovery-word": SERVES,
    "recovery-word-typed": SERVES,
    "recovery-note": ALL,
    "recovery-call": SERVES,
    "recovery-link": SERVES,
    "recovery-slip": SERVES,
    "place-sign": ALL,
    "recovery-floor-fact": SERVES,
    "recovery-floor-nothing": DECIDES,
    "promise-floor-fact": SERVES,
    "promise-floor-nothing": DECIDES,
    "recovery-cause": SERVES,
    "recovery-fault": SERVES,
    "recovery-severity": DECIDES,
    "recovery-follow-up": SERVES,
    "recovery-hand-over": SERVES,
    "recovery-pause": SERVES,
    "recovery-resume": SERVES,
    "recovery-close": SERVES,
    "recovery-identify": SERVES,
    "recovery-tick": SERVES,
    "recovery-form": SERVES,
    "recovery-file": ALL,
    "recovery-talk": SERVES,
    "recovery-returned": SERVES,
    "recovery-story": SERVES,
    "stories": ALL,
    "stories-tell": DECIDES,
    "payouts": PAYS_BY_HAND,
    "payout": PAYS_BY_HAND,
    "charge": PAYS_BY_HAND,
    "books": PAYS_BY_HAND,
    "books-file": PAYS_BY_HAND,
    "promises": ALL,
    "promise-new": SERVES,
    "promise": ALL,
    "promise-act": SERVES,
    "incidents": ALL,
    "incident-new": DECIDES,
    "incident": ALL,
    "incident-confirm": DECIDES,
    "incident-dismiss": DECIDES,
    "incident-close": DECIDES,
    "incident-fix": DECIDES,
    "incident-offer": DECIDES,
    "incident-ask": DECIDES,
    "incident-sorry": DECIDES,
    "customers": ALL,
    "customer": ALL,
    "customer-fact": SERVES,
    "customer-correct": SERVES,
    "customer-merge": MERGES,
    "customer-erase": RUNS,
    "customer-file": RUNS,
    "customer-proof": RUNS,
    "causes": ALL,
    "cause-add": DECIDES,
    "cause": ALL,
    "improvement-new": DECIDES,
    "improvement": DECIDES,
    "insights": ALL,
    "playbook-drawing": ALL,
    "playbook-check": RUNS,
    "playbook-write": RUNS,
    "playbook-compare": RUNS,
    "hours-use": RUNS,
    "data-bring": DECIDES,
    "data-act": DECIDES,
    "data-file": DECIDES,
    "data-file-act": DECIDES,
    "data-report": DECIDES,
    "mail-act": DECIDES,
    "hook-act": DECIDES,
    "member": RUNS,
    "member-act": RUNS,
    "drafting-try": RUNS,
    "settings": PAYS,
    "settings-first": PAYS,
    "source-shadow": DECIDES,
    "source-shadow-file": DECIDES,
    "settings-act": RUNS,
    "search": ALL,
    "inbox": ALL,
    "inbox-reply": ALL,
    "demo-time": ALL,
}

SETTINGS: dict[str, frozenset[str]] = {
    "members": RUNS,
    "places": RUNS,
    "sources": RUNS,
    "data": DECIDES,
    "mail": DECIDES,
    "webhooks": DECIDES,
    "hours": RUNS,
    "playbook": DECIDES,
    "keys": RUNS,
    "limits": PAYS,
    "delivery": RUNS,
    "chat": RUNS,
    "drafting": RUNS,
    "kept": RUNS,
    "sign-on": RUNS,
}
"""Who may open which page of the settings; only admins change them."""

KINDS_BY_ADMINS = frozenset({"members", "places"})
"""Kinds of files that only admins bring: who is here, and where."""

CLOSES_WITH_A_REASON = DECIDES
HANDS_OVER = DECIDES


def may(*, role: str, name: str) -> bool:
    """This function will say whether a role may use the address of this name; one that nobody listed, nobody may."""
    return role in ALLOWED.get(name, frozenset())
