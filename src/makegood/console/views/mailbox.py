"""Mail in: an admin says where it is, it is tried at once, and what could not be taken in is seen to.

A mail server may take long to answer. No transaction is open meanwhile, and no row is locked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import attrs
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from makegood.console import permissions
from makegood.console.asking import whole
from makegood.console.building.mailbox import sees_asides
from makegood.console.building.playbooks import playbook_title, playbooks_listed
from makegood.console.desk import Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.views.frame import Screen, acts, tell
from makegood.console.views.people import team_unknown
from makegood.console.views.settings import settings_page
from makegood.listen.mailbox.account import Account, Folder, UnableToReadMail
from makegood.listen.mailbox.operations import (
    UnableToKeepMailbox,
    UnableToTakeMail,
    account_kept,
    aside_drop,
    aside_try,
    mailbox_allowed,
    mailbox_forget,
    mailbox_let,
    mailbox_renewed,
    mailbox_set,
)
from makegood.listen.models import MAILBOX_SECURITY
from makegood.organizations.operations import mail_playbook_choose, reply_address_set
from makegood.store.outgoing import NotAsked, page_waits

LARGEST = 2**63 - 1
PREFIXES = {"set": "mail", "set-token": "token"}
AT_ONCE = 2
"""So many mailboxes a process tries at once: pages that wait for one must never take every thread of it."""
_free = threading.BoundedSemaphore(AT_ONCE)
ASKED_FOR_TOKENS = {
    "token_url": "Write where tokens are given.",
    "token_client": "Write the client id.",
    "token_refresh": "Bring the refresh token.",
}
SETTLING = frozenset({"again", "seen"})
BY_ADMINS = frozenset({"address", "playbook", "set", "set-token", "try", "stop", "go-on", "forget"})


def mail_again(request: HttpRequest, desk: Desk, **names: object) -> Screen | HttpResponse:
    """Show the page of the settings on which mail in is set."""
    return settings_page(request, desk, section="mail")


def act(request: HttpRequest, *, how: str) -> HttpResponse:
    """Keep, try, stop or forget the mailbox; take in again what could not be, or end it."""
    return _outside(request, how=how) if how in CALLING else _inside(request, how=how)


@acts(mail_again)
def _inside(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
    doing = ACTS.get(how)
    if doing is None:
        raise Http404
    if how in SETTLING and not sees_asides(desk):
        raise UnableToTakeMail(UnableToTakeMail.__doc__)
    _admins_only(desk, how)
    doing(request, desk)
    return redirect("settings", section="mail")


def _outside(request: HttpRequest, *, how: str) -> HttpResponse:
    """Read what is asked, call the mail server while no transaction is open, and write what came of it."""
    asked: list[Account] = []

    def ask(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
        _admins_only(desk, how)
        mailbox_allowed()
        asked.append(CALLING[how](request, desk))
        return HttpResponse()

    answer = acts(mail_again)(ask)(request, how=how)
    if not asked:
        return answer
    newer: list[str] = []
    folder, error = _tried(asked[0], newer)

    def renew(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
        mailbox_renewed(organization_id=desk.organization_id, before=asked[0], secret=newer[-1])
        return HttpResponse()

    def write(request: HttpRequest, desk: Desk, *, how: str) -> HttpResponse:
        _admins_only(desk, how)
        account = attrs.evolve(asked[0], secret=newer[-1]) if newer else asked[0]
        _write(request, desk, how, account, folder, error)
        return redirect("settings", section="mail")

    if newer:  # kept by itself, since what is written next may be refused and undone
        acts(mail_again)(renew)(request, how=how)
    return acts(mail_again)(write)(request, how=how)


def _admins_only(desk: Desk, how: str) -> None:
    if how in BY_ADMINS and desk.facts.role not in permissions.RUNS:
        raise UnableToKeepMailbox("Only an admin says where mail is read: ask one.")


def _given(post: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    found = answers(
        post,
        **{
            f"{prefix}_host": "Write the name of the mail server.",
            f"{prefix}_port": "Write the port, such as 993.",
            f"{prefix}_user": "Write the user.",
            f"{prefix}_folder": "Write the folder, such as INBOX.",
        },
    )
    port = found[f"{prefix}_port"]
    if not (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= 65535):
        raise Unanswered({f"{prefix}_port": "Write the port, a number such as 993."})
    security = str(post.get(f"{prefix}_security", ""))
    if security not in MAILBOX_SECURITY:
        raise Unanswered({f"{prefix}_security": "Choose how the line is secured."})
    return {
        "host": found[f"{prefix}_host"].lower()[:253],
        "port": int(port),
        "security": security,
        "username": found[f"{prefix}_user"][:254],
        "folder": found[f"{prefix}_folder"][:200],
    }


def _by_password(request: HttpRequest, desk: Desk) -> Account:
    given = _given(request.POST, "mail")
    password = request.POST.get("mail_password", "")
    kept = account_kept(organization_id=desk.organization_id)
    if not password and kept is not None and not kept.token_url:
        # Only to whom it was given for: a password is never shown to another server.
        same = (kept.host, kept.username, kept.security) == (given["host"], given["username"], given["security"])
        password = kept.secret if same else ""
    if not password:
        raise Unanswered({"mail_password": "Write the password."})
    return Account(**given, secret=password)


def _by_token(request: HttpRequest, desk: Desk) -> Account:
    given = _given(request.POST, "token")
    asked = answers(request.POST, **ASKED_FOR_TOKENS)
    return Account(
        **given,
        secret=asked["token_refresh"],
        token_url=asked["token_url"][:300],
        client_id=asked["token_client"][:300],
        client_secret=request.POST.get("token_secret", "").strip(),
    )


def _tried(account: Account, newer: list[str]) -> tuple[Folder | None, str]:
    """Connect and open the folder: what was found there, or what is in the way; `newer` takes a changed token."""
    from makegood.listen.mailbox.connecting import tried

    busy = NotAsked("Other mailboxes are being tried right now: try again in a few seconds.")
    if not _free.acquire(blocking=False):
        return None, str(busy)
    try:
        with page_waits(busy):
            return tried(account, renewed=newer.append), ""
    except (UnableToReadMail, NotAsked) as error:
        return None, str(error)
    finally:
        _free.release()


def _write(request: HttpRequest, desk: Desk, how: str, account: Account, folder: Folder | None, error: str) -> None:
    """Keep the mailbox if it could be read, or say how trying it went."""
    if how == "try":
        found = f"It works: {account.folder} is open, with {_counted(folder)}." if folder else error
        tell(request, found, tone="good" if folder else "bad")
        return
    if folder is None:
        raise UnableToKeepMailbox(error)
    everything = request.POST.get(f"{PREFIXES[how]}_from") == "all"
    mailbox_set(
        organization_id=desk.organization_id,
        account=account,
        by=desk.member_id,
        now=desk.facts.now,
        all_there=everything,
    )
    tell(
        request,
        f"It works: {account.folder} is open, with {_counted(folder)}. "
        + ("They are taken in now." if everything else "What comes from now on is taken in."),
    )


def _counted(folder: Folder) -> str:
    return "1 mail in it" if folder.mails == 1 else f"{folder.mails:,} mails in it"


def _account(request: HttpRequest, desk: Desk) -> Account:
    account = account_kept(organization_id=desk.organization_id)
    if account is None:
        raise Http404
    return account


def _let(request: HttpRequest, desk: Desk, *, active: bool) -> None:
    _account(request, desk)
    mailbox_let(organization_id=desk.organization_id, active=active, by=desk.member_id, now=desk.facts.now)
    tell(request, "It is read on, from where it was." if active else "It is not read any more; what comes waits there.")


def _stop(request: HttpRequest, desk: Desk) -> None:
    _let(request, desk, active=False)


def _go_on(request: HttpRequest, desk: Desk) -> None:
    _let(request, desk, active=True)


def _forget(request: HttpRequest, desk: Desk) -> None:
    _account(request, desk)
    mailbox_forget(organization_id=desk.organization_id, by=desk.member_id, now=desk.facts.now)
    tell(request, "Forgotten, with its password. What was taken in stays.")


def _aside_id(request: HttpRequest) -> int:
    return whole(request.POST.get("aside", ""), least=1, most=LARGEST)


def _again(request: HttpRequest, desk: Desk) -> None:
    went_in = aside_try(organization_id=desk.organization_id, aside_id=_aside_id(request))
    tell(request, "It is taken in." if went_in else "It is fetched from the mailbox again, within seconds.")


def _seen(request: HttpRequest, desk: Desk) -> None:
    aside_drop(organization_id=desk.organization_id, aside_id=_aside_id(request))
    tell(request, "Seen to. It lies on in your mailbox.")


def _address(request: HttpRequest, desk: Desk) -> None:
    address = answers(request.POST, reply_address="Write the address.")["reply_address"]
    reply_address_set(organization_id=desk.organization_id, address=address, by=desk.member_id, now=desk.facts.now)
    tell(request, f"Customers are written to from {address}, and answer to it.")


def _playbook(request: HttpRequest, desk: Desk) -> None:
    here = desk.organization_id
    chosen = next(
        (one for one in playbooks_listed(organization_id=here) if one.code == request.POST.get("mail_playbook")), None
    )
    if chosen is None:
        raise Unanswered({"mail_playbook": "Choose one from the list."})
    mail_playbook_choose(organization_id=here, playbook=chosen.code, by=desk.member_id, now=desk.facts.now)
    detail = team_unknown(desk, chosen.code)
    tell(request, f"Complaints by mail follow “{playbook_title(chosen)}” from now on.", detail=detail)


ACTS: dict[str, Callable[[HttpRequest, Desk], None]] = {
    "address": _address,
    "playbook": _playbook,
    "stop": _stop,
    "go-on": _go_on,
    "forget": _forget,
    "again": _again,
    "seen": _seen,
}
CALLING: dict[str, Callable[[HttpRequest, Desk], Account]] = {
    "set": _by_password,
    "set-token": _by_token,
    "try": _account,
}
