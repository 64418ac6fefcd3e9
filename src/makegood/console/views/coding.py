"""Going in: with the password alone, or with a code after it where the account asks for one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console import sessions
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import Field, Form, Link, SignInPage
from makegood.console.views.door import door
from makegood.console.views.frame import tell
from makegood.core.second_factor import BY_CODE
from makegood.organizations.second_factor import WrongCode, factor_check, factor_of
from makegood.store.clocks import wall_now
from makegood.store.lockouts import tries_forget, try_begin


def admitted(request: HttpRequest, *, user_id: int, following: str) -> HttpResponse:
    """This function will let somebody in whose password was right, or ask for their code first."""
    if factor_of(user_id=user_id).since_at is not None:
        sessions.halfway(request, user_id=user_id, following=following)
        return redirect("sign-in-code")
    return entered(request, user_id=user_id, following=following)


def entered(request: HttpRequest, *, user_id: int, following: str) -> HttpResponse:
    """This function will begin the session of somebody who showed all that was asked for."""
    found = sessions.memberships(user_id=user_id)
    if not found:
        tell(request, "You are in no organization any more.", detail="Ask its admin.", tone="bad")
        return redirect("sign-in")
    sessions.begin(request, user_id=user_id, organization_id=found[0].organization_id, member_id=found[0].member_id)
    return HttpResponseRedirect(following)


def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code, once the password was right."""
    half = sessions.half_of(request)
    if half is None:
        return redirect("sign-in")
    user_id, following, right_at = half
    changed_at = factor_of(user_id=user_id).changed_at
    if changed_at is not None and changed_at > right_at:
        return redirect("sign-in")
    if request.method != "POST":
        return door(request, _asking())
    key, now = f"code:{user_id}", wall_now()
    try:
        typed = answers(request.POST, code="Type the code.")["code"]
        until = try_begin(keys={key: BY_CODE}, now=now)
        if until is not None:
            raise sessions.LockedOut(until=until, now=now, what="code")
        recovered = factor_check(user_id=user_id, typed=typed, now=now)
    except WrongCode as error:
        return door(request, _asking(), Unanswered({"code": str(error)}))
    except (Unanswered, sessions.LockedOut) as error:
        return door(request, _asking(), error)
    tries_forget(key=key)
    answer = entered(request, user_id=user_id, following=following)
    if recovered:
        left = factor_of(user_id=user_id).left
        tell(request, f"That was a recovery code: {left} are left.", detail="Make new ones under “Your sign-in”.")
    return answer


def _asking() -> SignInPage:
    return SignInPage(
        title="Your code",
        lead="Your password was right. Now type the code that your authenticator shows.",
        form=Form(
            key="code",
            action=reverse("sign-in-code"),
            submit="Go in",
            fields=(
                Field(
                    name="code",
                    label="Code",
                    required=True,
                    autocomplete="one-time-code",
                    maxlength=20,
                    hint="Six digits. Without your device, type one of your recovery codes.",
                ),
            ),
        ),
        below=Link(label="Begin again", url=reverse("sign-in")),
    )
