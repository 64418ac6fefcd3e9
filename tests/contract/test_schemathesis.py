"""Generated requests against the running application: every answer is one that the document describes, none a 500."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
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
from tests.conftest import Org
from tests.contract.conftest import key_of

DOCUMENT = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8")
)
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

    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as listening:

        def serve() -> None:
            listening.serve_forever(poll_interval=0.05)
            connections.close_all()

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


@pytest.fixture
def bearer(make_org: Callable[..., Org], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setattr("makegood.api.keys.REQUESTS", 1_000_000)
    monkeypatch.setattr("makegood.api.keys.GUESSES", 1_000_000)
    return {"Authorization": f"Bearer {key_of(make_org(), 'events', 'read', 'write')}"}


schema = schemathesis.openapi.from_dict(DOCUMENT)


@schema.parametrize()
@settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_described(case: Any, server: str, bearer: dict[str, str]) -> None:
    answer = case.call(base_url=server, headers=bearer)
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400:
        assert answer.json()["detail"].strip().endswith(".")
