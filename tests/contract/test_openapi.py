"""The committed description of the API says what the code does."""

from __future__ import annotations

import json
import os
from pathlib import Path

from makegood.api.application import api
from makegood.api.document import document_text

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "reference" / "openapi.json"


def test_the_committed_document_has_not_drifted() -> None:
    """MAKEGOOD_WRITE_OPENAPI=1 writes it anew, to be looked at and committed with the change."""
    text = document_text(api)
    if os.environ.get("MAKEGOOD_WRITE_OPENAPI"):
        DOCUMENT.write_text(text, encoding="utf-8")
    assert DOCUMENT.read_text(encoding="utf-8") == text, "docs/reference/openapi.json has drifted"


def test_every_operation_says_who_may_call_it_and_how_it_fails() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    assert document["openapi"].startswith("3.1")
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(operations) == 28
    for path, method, operation in operations:
        where = f"{method} {path}"
        assert operation["security"] == [{"ApiKeyBearer": []}], where
        assert operation["description"], where
        for status in ("401", "403", "422", "429"):
            assert "application/problem+json" in operation["responses"][status]["content"], where
