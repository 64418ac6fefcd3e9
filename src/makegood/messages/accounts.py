"""Mail to members about their own account: a link to choose a password, or that they were added somewhere more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from makegood.journal.carrying import Claimed, Outcome
from makegood.messages.sending import to_member
from makegood.messages.smtp import mail_out
from makegood.organizations.choosing import link_token
from makegood.organizations.identity_provider import passwords_are_off
from makegood.organizations.models import Member, Organization, User
from makegood.store.clocks import wall_now
from makegood.store.tenancy import as_user, tenant

SUBJECTS = {
    "reset": "Choose a new password",
    "invited": "You are invited to {organization}",
    "joined": "You were added to {organization}",
    "by_provider": "You were added to {organization}",
    "tried": "[Test] Mail leaves {organization}",
}
BODIES = {
    "reset": """Hello {name},

somebody, probably you, asked for a new password for your account at {organization}. Choose it here:

{url}

The link counts for one hour, and once. If it was not you, leave it: your password stays as it is.
""",
    "invited": """Hello {name},

you were added to {organization}, which puts things right for its customers with Makegood. Choose your password here:

{url}

The link counts for seven days, and once. From then on you sign in with this e-mail address. If it has ended, choose
“Forgotten your password?” where you sign in.
""",
    "by_provider": """Hello {name},

you were added to {organization}, which puts things right for its customers with Makegood. You sign in where you sign in
to everything else at {organization}:

{url}
""",
    "tried": """Hello {name},

you sent a test failure through {organization}. That you read this shows that mail leaves; customers get theirs the same
way. The customer of the test is made up, and nothing was mailed to them. This is your test:

{url}

It ends by itself after a day, and sooner if you remove it there.
""",
    "joined": """Hello {name},

you were added to {organization}. You sign in with the e-mail and the password that you have:

{url}
""",
}


def account_carry(*, organization_id: int, effect: Claimed) -> Outcome:
    """This function will mail one member about their account; the link is made now, and stands nowhere else."""
    with tenant(organization_id=organization_id):
        organization = Organization.objects.get(id=organization_id)
        members = Member.objects.filter(organization_id=organization_id, id=effect.subject_id, active=True)
        member = members.exclude(user=None).first()
        by_provider = passwords_are_off(organization_id=organization_id)
    if member is None or member.user_id is None:
        return Outcome(state="stopped", text="They were let go meanwhile.")
    with as_user(user_id=member.user_id):
        to = User.objects.get(id=member.user_id).email
    kind, at = effect.payload["kind"], wall_now()
    if by_provider and kind in ("invited", "joined"):
        kind = "by_provider"
    url = _url(organization.code, member.user_id, kind, at, effect.payload)
    facts = {"name": member.name, "organization": organization.name, "url": url}
    return mail_out(
        mail=to_member(
            organization,
            to,
            said=(SUBJECTS[kind].format_map(facts), BODIES[kind].format_map(facts)),
            key=effect.idempotency_key,
            at=at,
        ),
        attempts=effect.attempts,
    )


def _url(code: str, user_id: int, kind: str, at: datetime, payload: Mapping[str, Any]) -> str:
    if kind == "tried":
        return f"{settings.PUBLIC_URL}/recoveries/R-{payload['number']}"
    if kind == "by_provider":
        return f"{settings.PUBLIC_URL}/sign-in/at/{code}"
    if kind == "joined":
        return f"{settings.PUBLIC_URL}/sign-in"
    return f"{settings.PUBLIC_URL}/sign-in/choose/{link_token(user_id=user_id, kind=kind, now=at)}"
