"""Small words for writing operations (OpenAPI 3.1 §4.8.10)."""

from typing import Any

from sandbox.openapi.schemas import TEXT, Schema

ResponseObject = dict[str, Any]
OperationObject = dict[str, Any]

PAGE = "text/html"
BYTES = "application/octet-stream"
PEM = "application/x-pem-file"


def operation(
    name: str,
    summary: str,
    answers: dict[int, ResponseObject],
    *,
    security: str | None = None,
    query: tuple[dict[str, Any], ...] = (),
    body: dict[str, Any] | None = None,
) -> OperationObject:
    """Return an operation: `answers` by HTTP status; `security` names the scheme that opens it."""
    operation: OperationObject = {
        "operationId": name,
        "summary": summary,
        "security": [{security: []}] if security else [],
        "responses": {str(status): answer for status, answer in answers.items()},
    }
    if query:
        operation["parameters"] = list(query)
    if body:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def query_parameter(name: str, about: str, *, required: bool = False, schema: Schema = TEXT) -> dict[str, Any]:
    """Return a parameter of the query."""
    return {"name": name, "in": "query", "description": about, "required": required, "schema": schema}


def json_of(schema: Schema) -> dict[str, Any]:
    """Return the content of a JSON body."""
    return {"application/json": {"schema": schema}}


def json_response(about: str, schema: Schema) -> ResponseObject:
    """Return an answer in JSON."""
    return {"description": about, "content": json_of(schema)}


def plain_response(about: str, *types: str) -> ResponseObject:
    """Return an answer that is no JSON, in one of these media types."""
    return {"description": about, "content": {each: {"schema": TEXT} for each in types}}


def redirect_response(about: str) -> ResponseObject:
    """Return a redirect."""
    return {"description": about, "headers": {"Location": {"required": True, "schema": TEXT}}}
