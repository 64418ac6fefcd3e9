"""Generated requests against the running application: every answer is one that the document describes, none a 500.

Those of success too: it serves an organization that has something of everything, and keeps nothing of a request.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.conftest import org_new
from tests.contract.conftest import key_of
from tests.support.fuzzed import Known, undone

DOCUMENT = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
)
EXAMPLES = os.environ.get("MAKEGOOD_FUZZ_EXAMPLES")
"""So many for each call, at random; without it ten, the same ones each time (`python -m benchmarks fuzz`)."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


schemathesis.serializer.alias("message/rfc822", "application/octet-stream")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server(database: str) -> Iterator[str]:
    """The application, answering on loopback from one thread."""
    from django.db import connections

    from makegood.config.wsgi import application

    with undone(application) as answering, make_server("127.0.0.1", 0, answering, handler_class=Quiet) as listening:

        def serve() -> None:
            listening.serve_forever(poll_interval=0.05)
            connections.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


schema = schemathesis.openapi.from_dict(DOCUMENT)
known = Known()


@schema.hook
def flatmap_path_parameters(context: Any, path_parameters: Any) -> Any:
    return known.parameters(path_parameters)


@schema.hook
def flatmap_query(context: Any, query: Any) -> Any:
    return known.query(query)


@schema.hook
def flatmap_headers(context: Any, headers: Any) -> Any:
    return known.headers(headers)


@schema.hook
def flatmap_body(context: Any, body: Any) -> Any:
    return known.body(context.operation.definition.raw["operationId"], body)


@pytest.fixture(scope="module")
def bearer(server: str) -> Iterator[dict[str, str]]:
    """A key of an organization that has something of everything."""
    org = org_new()
    known.fill(org, org_new())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("makegood.api.keys.REQUESTS", 1_000_000)
        patch.setattr("makegood.api.keys.GUESSES", 1_000_000)
        yield {"Authorization": f"Bearer {key_of(org, 'events', 'read', 'write')}"}


@pytest.fixture
def answered() -> Iterator[set[int]]:
    """The statuses of a call's answers; one that was never answered with success had no such answer checked."""
    statuses: set[int] = set()
    yield statuses
    assert any(status < 300 for status in statuses), f"only {sorted(statuses)}: offer what succeeds in support/fuzzed"


@schema.parametrize()
@settings(
    max_examples=int(EXAMPLES or 10),
    derandomize=not EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: Any, server: str, bearer: dict[str, str], answered: set[int]) -> None:
    answer = case.call(base_url=server, headers=bearer)
    answered.add(answer.status_code)
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.json()["detail"].strip().endswith(".")
