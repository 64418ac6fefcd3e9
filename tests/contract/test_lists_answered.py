"""Lists in answers: django-ninja reads a tuple of two as a status and a body, so no route answers with a tuple."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import get_args, get_origin, get_type_hints

import pytest
from ninja import Status
from tests.conftest import START, Org
from tests.contract.conftest import Caller
from tests.support.recoveries import opened, reply

from makegood.api.application import api as application
from makegood.messages.models import Message
from makegood.store.tenancy import tenant

ROUTES = {
    operation.operation_id: operation
    for _, router in application._routers
    for view in router.path_operations.values()
    for operation in view.operations
}


def test_every_call_is_walked() -> None:
    paths = application.get_openapi_schema(path_prefix="/api/v1/")["paths"].values()
    assert set(ROUTES) == {operation["operationId"] for methods in paths for operation in methods.values()}


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_a_route_says_what_it_answers_with_and_it_is_no_tuple(name: str) -> None:
    """What it says, mypy holds it to; one whose schema is a list says so."""
    operation = ROUTES[name]
    said = get_type_hints(operation.view_func)["return"]
    kind = get_origin(said) or said
    if kind is Status:
        kind = get_origin(get_args(said)[0]) or get_args(said)[0]
    assert isinstance(kind, type), f"{name}: say more than {said} of what it returns"
    assert kind is not object
    assert not issubclass(kind, tuple), f"{name}: return a list; a tuple of two would be read as a status and a body"
    schemas = [model for model in operation.response_models.values() if model is not None]
    listed = [get_origin(model.model_fields["response"].annotation) is list for model in schemas]
    assert not any(listed) or kind is list, f"{name}: say that it returns a list"


@pytest.mark.parametrize("many", [0, 1, 2, 3])
def test_a_conversation_is_read_however_many_messages_it_has(
    make_org: Callable[..., Org], call: Callable[..., Caller], many: int
) -> None:
    org = make_org()
    recovery = opened(org)
    with tenant(organization_id=org.id):
        mine = Message.objects.filter(organization_id=org.id, thread_id=recovery.thread_id)
        mine.delete()
        for number in range(many):
            reply(org, recovery, f"word {number}", at=START + timedelta(minutes=number))
        assert mine.count() == many
    status, told = call(org, "read").get(f"/recoveries/{recovery.id}/messages")
    assert (status, len(told)) == (200, many), told
    assert [one["body"] for one in told] == [f"word {number}" for number in range(many)]
