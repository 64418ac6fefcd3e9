"""One person's page in the settings: who they are, a new password, letting them go and taking them back."""

from __future__ import annotations

from collections.abc import Collection

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from makegood.console.asking import select
from makegood.console.building.words import said_at
from makegood.console.desk import ROLE_WORDS, Desk
from makegood.console.refill import Unanswered, answers
from makegood.console.viewmodels import (
    Action,
    Field,
    Form,
    Link,
    SettingsPage,
    SettingsSection,
    Table,
    TableRow,
)
from makegood.console.views import people
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.console.views.settings import pages_of
from makegood.core.lengths import fitting
from makegood.organizations.choosing import account_mail, account_mailed, accounts_mailed, password_chosen
from makegood.organizations.identity_provider import identified, identity_forget
from makegood.organizations.members import (
    Edited,
    Wanted,
    member_edit,
    member_factor_remove,
    member_password,
    member_return,
    member_sign_out,
)
from makegood.organizations.operations import member_deactivate
from makegood.organizations.owning import account_of_others, account_waits
from makegood.organizations.passkeys import passkeys_of
from makegood.organizations.people import Change, Person, person_changes, person_one
from makegood.organizations.queries import places_all, teams_all
from makegood.organizations.second_factor import factor_of
from makegood.store.clocks import wall_now

WHAT = {
    "name": "the name",
    "role": "the role",
    "title": "how they sign",
    "email": "the e-mail",
    "team": "the team",
    "places": "the places",
}
ACTIONS = {
    "joined": "Added",
    "left": "Let go; what they had open was handed over",
    "returned": "Taken back",
    "password_renewed": "A new password was given",
    "signed_out": "Signed out everywhere",
    "factor_removed": "The second factor was taken off, passkeys too",
    "identified": "Signed in by single sign-on for the first time",
    "unidentified": "Who they are at your provider was forgotten",
    "told_so": "Chose how to be told",
}


def member_page(
    request: HttpRequest, desk: Desk, *, member_id: int, act: str = "", secret: tuple[str, str] = ("", "")
) -> Screen:
    """Show one person; `secret` is a password to show this once, and what it is."""
    one = person_one(organization_id=desk.organization_id, member_id=member_id)
    if one is None:
        raise Http404
    fresh = (SettingsSection(title=secret[1], key="fresh", secret=secret[0]),) if secret[0] else ()
    page = SettingsPage(
        title=one.name,
        lead=f"{ROLE_WORDS[one.role]}. {_standing(one)}What is changed here counts at once.",
        pages=pages_of(desk, current="members"),
        sections=(
            *fresh,
            _who(desk, one),
            *_password(desk, one),
            *_identity(desk, one),
            *_here(desk, one),
            _changes(desk, one),
        ),
    )
    return Screen(template="console/settings.html", page=page)


member = staff(member_page)


def _standing(one: Person) -> str:
    if not one.active:
        return "Let go: cannot sign in, and owns nothing. "
    return "Has not come in yet: until then others own what happens, where there are any. " if one.expected else ""


def _act(one: Person, act: str) -> str:
    return reverse("member-act", args=[one.id, act])


def _who(desk: Desk, one: Person) -> SettingsSection:
    here = desk.organization_id
    teams = [(str(team.id), team.name) for team in teams_all(organization_id=here)]
    places = [(str(place.id), place.name) for place in places_all(organization_id=here)]
    hint = (
        "They sign in with it." if one.email else "They sign in with it. You get a password to hand over, shown once."
    )
    team = select("member_team", "Team", teams, first="None", value=str(one.team_id or ""))
    unlisted = len(_unlisted(one, [int(place_id) for place_id, _ in places]))
    where = people.places_field(
        places,
        hint="What they have open at a place that they serve no more is handed over at once."
        + (f" They serve {unlisted} more, not listed here: those stay, unless you tick all places." * bool(unlisted)),
        chosen=one.place_ids,
        every=not one.place_ids,
    )
    form = Form(
        key="member",
        action=_act(one, "change"),
        submit="Save",
        fields=(
            Field(name="member", label="Name", required=True, maxlength=120, autocomplete="off", value=one.name),
            Field(
                name="member_email",
                label="E-mail",
                kind="email",
                required=bool(one.email),
                autocomplete="off",
                value=one.email,
                hint=hint,
            ),
            select("member_role", "Role", people.ROLES, value=one.role, required=True),
            people.title_field(one.title),
            *((team,) if teams else ()),
            *((where,) if places else ()),
        ),
    )
    return SettingsSection(title="Who they are", key="who", forms=(form,))


def _unlisted(one: Person, listed: Collection[int]) -> tuple[int, ...]:
    """The places that somebody serves and the page has no room for."""
    return tuple(sorted(set(one.place_ids).difference(listed)))


def _password(desk: Desk, one: Person) -> tuple[SettingsSection, ...]:
    if one.user_id is None or not one.active:
        return ()
    if one.id == desk.member_id:
        own = Link(label="Your sign-in", url=reverse("account"))
        return (SettingsSection(title="Password", key="password", links=(own,)),)
    if account_of_others(organization_id=desk.organization_id, user_id=one.user_id):
        return (_others(desk, one, one.user_id),)
    lead = (
        "They have not signed in yet with the one they were given. Lost? Make another; that one then counts no more."
        if one.password_once
        else "For somebody who lost theirs: the old one then counts no more, and they are signed out everywhere."
    )
    if not password_chosen(user_id=one.user_id):
        lead = "They were invited and have not chosen a password yet."
    lead = f"{lead} {_linked(desk, one)}".rstrip()
    mails = _mails(desk, one)
    new = Action(label="Make a new password", about=f"for {one.name}", url=_act(one, "password"))
    out = Action(label="Sign out everywhere", about=one.name, url=_act(one, "sign-out"))
    return (
        SettingsSection(title="Password", key="password", lead=lead, actions=(*mails, new, out, *_factor_off(one))),
    )


def _others(desk: Desk, one: Person, user_id: int) -> SettingsSection:
    """An account that another organization knows too."""
    lead = "Their account is known to another organization too: its e-mail and password are theirs alone to change."
    mails: tuple[Action, ...] = ()
    if account_waits(user_id=user_id, organization_id=desk.organization_id):
        lead = (
            "Another organization made their account and may know its password. They go in here once they chose one"
            f" by a mailed link. {_linked(desk, one)}"
        ).rstrip()
        mails = _mails(desk, one)
    return SettingsSection(title="Password", key="password", lead=lead, actions=mails)


def _mails(desk: Desk, one: Person) -> tuple[Action, ...]:
    mail = Action(label="Mail a link to choose one", about=f"to {one.name}", url=_act(one, "link"))
    return (mail,) if accounts_mailed(organization_id=desk.organization_id) else ()


def _factor_off(one: Person) -> tuple[Action, ...]:
    if one.user_id is None:
        return ()
    factor = factor_of(user_id=one.user_id).since_at is not None
    passkeys = bool(passkeys_of(user_id=one.user_id))
    what = " and ".join(["the second factor"] * factor + ["the passkeys"] * passkeys)
    if not what:
        return ()
    return (Action(label=f"Take {what} off", about=one.name, style="danger", url=_act(one, "factor-off")),)


LINKED = {
    "pending": "A link to choose a password is on its way to them.",
    "claimed": "A link to choose a password is on its way to them.",
    "done": "A link to choose a password was mailed to them.",
    "stopped": "The last link to choose a password was not mailed.",
    "unknown": "Nobody knows whether the last mail to them arrived: mail another one.",
}


def _linked(desk: Desk, one: Person) -> str:
    """What became of the last link that they were mailed."""
    last = account_mailed(organization_id=desk.organization_id, member_id=one.id)
    if last is None:
        return ""
    return LINKED.get(last.state) or f"The last mail to them did not arrive: {last.outcome}"


def _mail_link(desk: Desk, one: Person) -> None:
    if one.user_id is None or not one.active or not accounts_mailed(organization_id=desk.organization_id):
        raise Http404
    waits = account_waits(user_id=one.user_id, organization_id=desk.organization_id)
    kind = "reset" if password_chosen(user_id=one.user_id) and not waits else "invited"
    account_mail(organization_id=desk.organization_id, member_id=one.id, kind=kind)


def _identity(desk: Desk, one: Person) -> tuple[SettingsSection, ...]:
    if not identified(organization_id=desk.organization_id, member_id=one.id):
        return ()
    forget = Action(label="Forget their account there", about=one.name, style="danger", url=_act(one, "identity-off"))
    lead = "They signed in by your provider. Have they another account there now? Forget this one: then their e-mail"
    lead += " finds them once more."
    return (SettingsSection(title="Single sign-on", key="identity", lead=lead, actions=(forget,)),)


def _here(desk: Desk, one: Person) -> tuple[SettingsSection, ...]:
    if one.id == desk.member_id:
        return ()
    if one.active:
        leave = Action(label="Let go", about=one.name, style="danger", url=_act(one, "leave"))
        lead = "They cannot sign in any more, and hand over their open recoveries at once. You can take them back."
        return (SettingsSection(title="Let go", key="leave", lead=lead, actions=(leave,)),)
    back = Action(label="Take back", about=one.name, style="go", url=_act(one, "return"))
    lead = "They sign in again with the password that they had. What they handed over stays with its new owners."
    return (SettingsSection(title="Take back", key="return", lead=lead, actions=(back,)),)


def _changes(desk: Desk, one: Person) -> SettingsSection:
    rows = tuple(
        TableRow(cells=(said_at(desk, change.at), _said(change), change.by or "Makegood"))
        for change in person_changes(organization_id=desk.organization_id, member_id=one.id)
    )
    table = Table(caption="Changes", head=("When", "What", "By"), rows=rows)
    return SettingsSection(title="Changes", key="changes", table=table)


def _said(change: Change) -> str:
    """One change in words; names and addresses are not kept in the journal, only that they changed."""
    if change.action != "changed":
        return ACTIONS.get(change.action, change.action)
    data = change.data
    parts = []
    for what in data.get("what", ()):
        if what == "role":
            parts.append(f"the role, from {ROLE_WORDS[data['was_role']]} to {ROLE_WORDS[data['role']]}")
        else:
            parts.append(WHAT[what])
    if "limit_minor" in data:
        parts.append("what they may give in a day")
    if "present" in data:
        parts.append("that they are here" if data["present"] else "that they are not here")
    return f"Changed {', '.join(parts)}"


@acts(member_page)
def member_act(request: HttpRequest, desk: Desk, *, member_id: int, act: str) -> Screen | HttpResponse:
    """Change one person."""
    one = person_one(organization_id=desk.organization_id, member_id=member_id)
    if one is None or act not in (
        "change",
        "password",
        "link",
        "sign-out",
        "factor-off",
        "identity-off",
        "leave",
        "return",
    ):
        raise Http404
    given = {
        "organization_id": desk.organization_id,
        "member_id": member_id,
        "now": desk.facts.now,
        "by": desk.member_id,
    }
    if act == "change":
        return _changed(request, desk, one)
    if act == "password":
        password = member_password(**given, wall_at=wall_now())
        said = f"The new password of {one.name}: hand it over now; they choose their own when they sign in."
        return member_page(request, desk, member_id=member_id, secret=(password, said))
    if act == "link":
        _mail_link(desk, one)
        tell(request, f"{one.name} is mailed a link to choose a password.")
    elif act == "factor-off":
        member_factor_remove(**given)
        tell(request, f"{one.name} signs in with their password alone now.")
    elif act == "identity-off":
        identity_forget(**given)
        tell(request, f"{one.name} is found by their e-mail when they next sign in by your provider.")
    elif act == "sign-out":
        member_sign_out(**given, wall_at=wall_now())
        tell(request, f"{one.name} is signed out everywhere.")
    elif act == "leave":
        member_deactivate(**given)
        tell(request, f"{one.name} is out, and their open recoveries have new owners.")
    else:
        member_return(**given)
        tell(request, f"{one.name} is here again.")
    return gone_to("member", member_id=member_id)


def _changed(request: HttpRequest, desk: Desk, one: Person) -> Screen | HttpResponse:
    edited = member_edit(
        organization_id=desk.organization_id,
        member_id=one.id,
        wanted=_wanted(request, desk, one),
        now=desk.facts.now,
        by=desk.member_id,
    )
    if edited.password:
        said = f"The password of {one.name}: hand it over now; they choose their own when they first sign in."
        return member_page(request, desk, member_id=one.id, secret=(edited.password, said))
    tell(request, _told(one, edited))
    if one.id == desk.member_id and "role" in edited.changed:
        return redirect("today")
    return gone_to("member", member_id=one.id)


def _told(one: Person, edited: Edited) -> str:
    if not edited.changed:
        return "Nothing was changed."
    ending = " They sign in with the password they have." if edited.known else ""
    if edited.waits:
        ending = " They go in here once they chose a password by a mailed link."
    return f"Saved for {one.name}: {', '.join(WHAT[what] for what in edited.changed)}.{ending}"


def _wanted(request: HttpRequest, desk: Desk, one: Person) -> Wanted:
    here = desk.organization_id
    given = answers(request.POST, member="Write the person's name.", member_role="Choose a role.")
    place_ids: tuple[int, ...] = ()
    listed = [place.id for place in places_all(organization_id=here)]
    if listed:
        ticked, unlisted = request.POST.getlist("member_places"), _unlisted(one, listed)
        if not ticked and not unlisted:
            raise Unanswered({"member_places": "Tick the places that they serve, or all places."})
        if "all" in ticked and len(ticked) > 1:
            raise Unanswered({"member_places": "Tick all places, or the ones that they serve: not both."})
        place_ids = () if ticked == ["all"] else (*people.places_chosen(request, desk), *unlisted)
    return Wanted(
        name=fitting(given["member"], most=120),
        role=given["member_role"],
        title=request.POST.get("member_title", one.title),
        email=people.email_of(request),
        team_id=people.chosen_one(request, "member_team", [team.id for team in teams_all(organization_id=here)]),
        place_ids=place_ids,
    )
