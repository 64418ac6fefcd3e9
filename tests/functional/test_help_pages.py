"""Help on the page of a recovery: ticked with one click, filled in with a file, talked through turn by turn."""

from __future__ import annotations

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.conftest import START, Org
from tests.functional.test_views import _no_throttle, _quick_passwords, signed_in
from tests.integration.test_help import FORM_MUST, MUST, PNG
from tests.support.recoveries import opened, playbook_with, steps

from makegood.config.middleware import LARGEST
from makegood.failures.models import Failure
from makegood.organizations.operations import member_create, place_create
from makegood.promises.operations import NewPromise, promises_make
from makegood.recoveries.models import HelpFile, HelpForm, HelpTalk, HelpTick, Recovery
from makegood.store.secrets import keyed_hash
from makegood.store.tenancy import tenant

__all__ = ["_no_throttle", "_quick_passwords"]


@pytest.fixture
def recovery(org: Org) -> Recovery:
    """A recovery whose next step is the fix, which waits for an item and a form."""
    with tenant(organization_id=org.id):
        playbook_with(
            org,
            MUST,
            FORM_MUST,
            ("    - code: first-words\n      step: apologise", "    - code: first-words\n      step: fix"),
        )
    recovery = opened(org)
    client = signed_in(org, org.employee)
    client.post(f"/recoveries/R-{recovery.number}/steps/apologise/done", {"done_apologise": "By phone."})
    return recovery


def url_of(recovery: Recovery) -> str:
    return f"/recoveries/R-{recovery.number}"


def photo(name: str = "broken lamp.png", content: bytes = PNG) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


def test_the_step_that_is_due_shows_its_list_forms_and_talks(org: Org, recovery: Recovery) -> None:
    page = signed_in(org, org.employee).get(url_of(recovery)).content.decode()
    for text in (
        "Help with this step",
        "Before you say that it is right",
        "You or a colleague saw that it is right.",
        "What happened",
        "Talk it through:",
        "The first words",
    ):
        assert text in page
    assert page.count('id="help"') == 1
    assert page.count(">needed<") == 2


def test_a_tick_is_one_click_and_another_takes_it_back(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.employee)
    form = {"checklist": "put-right", "item": "seen", "ticked": "1"}
    answer = client.post(f"{url_of(recovery)}/ticks", form)
    assert answer.headers["Location"] == f"{url_of(recovery)}#help"
    page = client.get(url_of(recovery)).content.decode()
    assert 'aria-pressed="true"' in page
    assert "Employee, " in page
    assert "A form was filled in" not in page
    client.post(f"{url_of(recovery)}/ticks", form | {"ticked": ""})
    with tenant(organization_id=org.id):
        assert not HelpTick.objects.filter(organization_id=org.id).exists()


def test_the_step_says_what_is_missing_and_a_manager_may_say_why_not(org: Org, recovery: Recovery) -> None:
    done = f"{url_of(recovery)}/steps/fix/done"
    refused = signed_in(org, org.employee).post(done, {"done_fix": "A new lamp."})
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Before this step is done: tick “You or a colleague saw that it is right” and fill in" in page
    assert 'value="A new lamp."' in page
    assert 'name="anyway_fix"' not in page
    client = signed_in(org, org.manager)
    assert 'name="anyway_fix"' in client.get(url_of(recovery)).content.decode()
    assert client.post(done, {"done_fix": "A new lamp.", "anyway_fix": "They are abroad."}).status_code == 302
    page = client.get(url_of(recovery)).content.decode()
    assert "done though its list or form is not" in page
    with tenant(organization_id=org.id):
        assert steps(org, recovery)["fix"] == "done"


def test_a_form_keeps_its_answers_and_its_file(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.employee)
    form = {"what-happened.words": "It fell.\nTwice.", "what-happened.day": "2026-03-01"}
    answer = client.post(f"{url_of(recovery)}/forms/what-happened", form | {"what-happened.photo": photo()})
    assert answer.headers["Location"] == f"{url_of(recovery)}#filled-what-happened"
    page = client.get(url_of(recovery)).content.decode()
    assert "It fell.<br>Twice." in page
    assert "Sunday 1 March 2026" in page
    (link,) = re.findall(r'href="([^"]+/files/\d+)"', page)
    given = client.get(link)
    assert given.content == PNG
    assert given.headers["Content-Type"] == "image/png"
    assert given.headers["Content-Disposition"] == 'attachment; filename="broken lamp.png"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    client.post(f"{url_of(recovery)}/forms/what-happened", {"what-happened.words": "Three times."})
    page = client.get(url_of(recovery)).content.decode()
    assert page.index("Three times.") < page.index("Earlier answers") < page.index("It fell.<br>Twice.")


def test_what_cannot_be_used_is_shown_beside_what_was_typed(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.employee)
    form = {"what-happened.words": "It fell.", "what-happened.day": "soon", "what-happened.photo": photo()}
    answer = client.post(f"{url_of(recovery)}/forms/what-happened", form)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "It fell.</textarea>" in page
    assert "Choose a date, such as 2026-11-22." in page
    assert "Choose the file again." in page
    script = photo("cute.png", b"<html><script>alert(1)</script></html>")
    page = client.post(
        f"{url_of(recovery)}/forms/what-happened", {"what-happened.words": "It fell.", "what-happened.photo": script}
    ).content.decode()
    assert "This one is none by its content." in page
    with tenant(organization_id=org.id):
        assert not HelpForm.objects.filter(organization_id=org.id).exists()


def test_a_file_that_is_too_large_is_told_and_not_kept(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.employee)
    large = photo("large.png", PNG + b"\x00" * (5 * 1024 * 1024))
    answer = client.post(f"{url_of(recovery)}/forms/what-happened", {"what-happened.photo": large})
    assert "Choose a file of at most 5 MB." in answer.content.decode()
    with tenant(organization_id=org.id):
        assert not HelpFile.objects.filter(organization_id=org.id).exists()


def test_a_body_beyond_any_form_is_refused_before_it_is_read(org: Org, recovery: Recovery) -> None:
    class Unread(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("it was read")

    answer = signed_in(org, org.employee).generic(
        "POST",
        f"{url_of(recovery)}/forms/what-happened",
        b"",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(LARGEST + 1),
        **{"wsgi.input": Unread()},
    )
    assert answer.status_code == 413
    assert "at most 5 MB" in answer.content.decode()


def test_only_who_may_see_the_recovery_gets_its_files(org: Org, recovery: Recovery) -> None:
    signed_in(org, org.employee).post(f"{url_of(recovery)}/forms/what-happened", {"what-happened.photo": photo()})
    with tenant(organization_id=org.id):
        file_id = HelpFile.objects.get(organization_id=org.id).id
        far = place_create(organization_id=org.id, code="far", name="Far away")
        Recovery.objects.filter(id=recovery.id).update(place_id=org.place, owner_id=org.manager)
        stranger = member_create(
            organization_id=org.id, name="Stranger", role="employee", now=recovery.opened_at, place_ids=[far]
        )
    link = f"{url_of(recovery)}/files/{file_id}"
    assert signed_in(org, stranger).get(link).status_code == 404
    assert signed_in(org, org.manager).get(link).status_code == 200
    assert signed_in(org, org.manager).get(f"{url_of(recovery)}/files/{file_id + 1}").status_code == 404
    other = opened(org)
    assert signed_in(org, org.manager).get(f"{url_of(other)}/files/{file_id}").status_code == 404


def test_a_talk_goes_turn_by_turn_with_the_facts_of_the_case(org: Org, recovery: Recovery) -> None:
    client, url = signed_in(org, org.employee), f"{url_of(recovery)}/talks/first-words"
    page = client.get(url).content.decode()
    assert "“<b>Hello Ana</b>, this is <b>Employee</b> of <b>Org" in page
    assert '<span class="not-known">what went wrong</span>' in page, "what a colleague noted is not said to them"
    with tenant(organization_id=org.id):
        made = promises_make(
            organization_id=org.id,
            promises=[
                NewPromise(
                    source_id=org.source,
                    customer_id=org.customer,
                    what="the parcel to Porto",
                    kind="delivery",
                    key_hash=keyed_hash("one"),
                    made_at=START,
                    due_at=START,
                )
            ],
        )
        Failure.objects.filter(organization_id=org.id).update(promise_id=next(iter(made.values())))
    assert "<b>the parcel to Porto</b>" in client.get(url).content.decode()
    assert f'href="{url}?said=2"' in page
    page = client.get(f"{url}?said=2-1").content.decode()
    assert "<b>I am seeing to it that you get what we promised</b>, <b>by " in page
    assert f'href="{url}?said=2"' in page, "one turn back"
    assert "They are angry" in page
    end = client.get(f"{url}?said=2-1-1").content.decode()
    assert "Record the fix" in end
    answer = client.post(url, {"said": "2-1-1"})
    assert answer.headers["Location"] == f"{url_of(recovery)}#step-fix"
    page = client.get(url_of(recovery)).content.decode()
    assert "They are angry → They go on telling → Yes" in page
    with tenant(organization_id=org.id):
        assert HelpTalk.objects.get(organization_id=org.id).answers == [2, 1, 1]


@pytest.mark.parametrize("said", ["9", "1-1-1-1-1", "x", "-", "1-", "٣", "1" * 5000, "0"])
def test_a_way_that_there_is_not_begins_the_talk_again(org: Org, recovery: Recovery, said: str) -> None:
    page = signed_in(org, org.employee).get(f"{url_of(recovery)}/talks/first-words", {"said": said})
    assert page.status_code == 200
    assert "Tell me how it was for you." in page.content.decode()


def test_a_talk_that_has_not_ended_is_not_noted(org: Org, recovery: Recovery) -> None:
    answer = signed_in(org, org.employee).post(f"{url_of(recovery)}/talks/first-words", {"said": "2"})
    assert answer.status_code == 422
    assert "Talk it through to an end before it is kept." in answer.content.decode()


def test_help_that_there_is_not_is_not_found(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.employee)
    assert client.get(f"{url_of(recovery)}/talks/no-such").status_code == 404
    assert client.post(f"{url_of(recovery)}/forms/no-such", {}).status_code == 404
    answer = client.post(f"{url_of(recovery)}/ticks", {"checklist": "x", "item": "y", "ticked": "1"})
    assert "no such help" in answer.content.decode()


def test_once_it_is_over_what_was_done_can_still_be_read_and_nothing_done(org: Org, recovery: Recovery) -> None:
    client = signed_in(org, org.manager)
    client.post(f"{url_of(recovery)}/ticks", {"checklist": "put-right", "item": "seen", "ticked": "1"})
    client.post(f"{url_of(recovery)}/forms/what-happened", {"what-happened.words": "It fell."})
    client.post(f"{url_of(recovery)}/close", {"reason": "They moved away."})
    page = client.get(url_of(recovery)).content.decode()
    assert "Ticked: " in page
    assert "It fell." in page
    assert "Looking for the cause" not in page, "nobody used that list"
    assert 'action="' + url_of(recovery) + "/ticks" not in page
    assert client.get(f"{url_of(recovery)}/talks/first-words").status_code == 404
    answer = client.post(f"{url_of(recovery)}/forms/what-happened", {"what-happened.words": "Too late to tell."})
    assert answer.status_code in (409, 422)
    assert "Too late to tell." in answer.content.decode(), "nothing that was typed is lost"
