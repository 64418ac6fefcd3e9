"""The help of a recovery through the API: read, ticked, filled in with a file, talked through, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.conftest import Org
from tests.contract.conftest import Caller
from tests.integration.test_help import FORM_MUST, MUST, PNG
from tests.support.recoveries import opened, playbook_with

from makegood.recoveries.models import HelpForm, Recovery
from makegood.store.tenancy import tenant


@pytest.fixture
def recovery(org: Org) -> Recovery:
    with tenant(organization_id=org.id):
        playbook_with(org, MUST, FORM_MUST)
    return opened(org)


def path_of(recovery: Recovery, more: str = "") -> str:
    return f"/recoveries/{recovery.id}/help{more}"


def test_it_says_what_there_is_and_what_is_needed(api: Caller, recovery: Recovery) -> None:
    status, told = api.get(path_of(recovery))
    assert status == 200
    assert [(one["step"], one["what"], one["code"]) for one in told["needed"]] == [
        ("fix", "item", "put-right.seen"),
        ("fix", "form", "what-happened"),
    ]
    assert [one["code"] for one in told["checklists"]] == ["put-right", "cause"]
    (photo,) = (one for one in told["forms"][0]["fields"] if one["type"] == "file")
    assert (photo["files"], photo["most_bytes"]) == (["jpeg", "png", "webp", "heic", "pdf"], 5 * 1024 * 1024)
    talk = told["dialogues"][0]
    assert talk["start"] in {turn["code"] for turn in talk["turns"]}


def test_a_step_is_done_once_all_is_ticked_and_filled_in(org: Org, api: Caller, recovery: Recovery) -> None:
    step = f"/recoveries/{recovery.id}/steps/fix"
    status, told = api.post(step, {"by": org.employee})
    assert status == 409
    assert told["detail"].startswith("Before this step is done: tick")
    tick = {"by": org.employee, "checklist": "put-right", "item": "seen"}
    assert api.post(path_of(recovery, "/ticks"), tick) == (200, {"changed": True})
    assert api.post(path_of(recovery, "/ticks"), tick) == (200, {"changed": False})
    file = {"name": "lamp.png", "content": base64.b64encode(PNG).decode()}
    body = {"by": org.employee, "answers": {"words": "It fell.", "day": "2026-03-01"}, "files": {"photo": file}}
    assert api.post(path_of(recovery, "/forms/what-happened"), body)[0] == 201
    told = api.get(path_of(recovery))[1]
    assert told["needed"] == []
    (filled,) = told["forms"][0]["filled"]
    assert filled["answers"] == {"words": "It fell.", "day": "2026-03-01"}
    (kept,) = filled["files"]
    status, content = api.get(path_of(recovery, f"/files/{kept['id']}"))
    assert (status, base64.b64decode(content["content"]), content["media_type"]) == (200, PNG, "image/png")
    assert api.post(step, {"by": org.employee})[0] == 200


def test_a_manager_may_do_it_anyway(org: Org, api: Caller, recovery: Recovery) -> None:
    step = f"/recoveries/{recovery.id}/steps/fix"
    assert api.post(step, {"by": org.employee, "anyway": "I said so."})[0] == 409
    assert api.post(step, {"by": org.manager, "anyway": "They are abroad."})[0] == 200


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/ticks", {"checklist": "put-right", "item": "lost"}, 422, "no such help"),
        ("/ticks", {"checklist": "put-right"}, 422, "item"),
        ("/forms/lost", {"answers": {"a": "b"}}, 422, "no such help"),
        ("/forms/what-happened", {"answers": {"day": "soon"}}, 422, "day: Choose a date"),
        ("/forms/what-happened", {"answers": {"stray": "x"}}, 422, "does not ask for that"),
        ("/forms/what-happened", {"answers": {"words": "a\x00b"}}, 422, "none"),
        ("/forms/what-happened", {"files": {"photo": {"name": "x", "content": "!"}}}, 422, "base64"),
        ("/forms/what-happened", {"files": {"photo": {"name": "x", "content": "AAAA"}}}, 422, "none by its content"),
        ("/forms/what-happened", {"files": {"words": {"name": "x", "content": "AAAA"}}}, 422, "does not ask for that"),
        ("/forms/what-happened", {"answers": {"photo": "x"}}, 422, "does not ask for that"),
        ("/forms/what-happened", {}, 422, "at least one"),
        ("/talks/first-words", {"answers": [1]}, 422, "to an end"),
        ("/talks/lost", {"answers": [1]}, 422, "to an end"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_done(
    org: Org, api: Caller, recovery: Recovery, path: str, body: dict[str, Any], status: int, says: str
) -> None:
    given, told = api.post(path_of(recovery, path), {"by": org.employee, **body})
    assert (given, says in told["detail"]) == (status, True), told
    with tenant(organization_id=org.id):
        assert not HelpForm.objects.filter(organization_id=org.id).exists()


def test_a_talk_is_noted(org: Org, api: Caller, recovery: Recovery) -> None:
    assert api.post(path_of(recovery, "/talks/first-words"), {"by": org.employee, "answers": [1, 1]})[0] == 200
    (talk,) = api.get(path_of(recovery))[1]["dialogues"][0]["talks"]
    assert talk["answers"] == ["They tell you", "Yes"]
    assert talk["by"] == org.employee
