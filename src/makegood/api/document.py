"""The OpenAPI document: what django-ninja derives, and what every operation shares: errors, limits, Idempotency-Key."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from makegood.api.idempotency import LONGEST
from makegood.api.problems import CONTENT_TYPE
from makegood.api.schemas import ProblemOut

ALWAYS = (401, 403, 422, 429, 503)
OF_BODIES = (400, 413)
OF_OPEN_ONES = ("recovery_tick", "recovery_form", "recovery_talk")
"""What is done on open recoveries only."""
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the same answer, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": r"^\S+$"},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the recovery as it was read.",
    "schema": {"type": "string"},
}


class DocumentedApi(NinjaAPI):
    """An API whose document names the errors that each operation answers with."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """Return the document."""
        document = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        document["components"]["schemas"]["Problem"] = ProblemOut.model_json_schema()
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                _complete(path, method, operation)
        return document


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = {*ALWAYS, *((404,) if "{" in path else ())}
    if method == "post":
        statuses |= {*OF_BODIES}
        operation["parameters"] = [*operation["parameters"], IDEMPOTENCY]
    if "application/json" not in operation.get("requestBody", {"content": {"application/json": {}}})["content"]:
        statuses |= {415}
    if operation["operationId"] in OF_OPEN_ONES:
        statuses |= {409}
    if operation["operationId"] == "recovery_step_done":
        statuses |= {409, 412}
        operation["parameters"] = [*operation["parameters"], IF_MATCH]
    told = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = operation["responses"] | {
        status: {"description": HTTPStatus(status).phrase} | told for status in statuses
    }
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}


def document_text(api: NinjaAPI) -> str:
    """Return the document as it is committed."""
    return json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), indent=2, ensure_ascii=False) + "\n"
