"""The OpenAPI 3.1 document, made of the table of operations and the values that are answered."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from worker.api.addresses import PREFIX
from worker.api.operations import ALWAYS, OPERATIONS, AnswerForm, ApiOperation, Parameter
from worker.api.problems import ProblemType
from worker.api.views import PROBLEM_JSON, STATES, ProblemView

_REFERENCE = "#/components/schemas/{model}"
_ABOUT = (
    "Hand documents in, follow them to their sealed files, and fetch these. A document that was answered with 201 is "
    "safe, whatever crashes. Every problem is told as RFC 9457 says; its `type` stays the same, and its `detail` says "
    "what to do next.\n\nStates of a document:\n\n"
)


@cache
def openapi() -> Mapping[str, Any]:
    """The document, as JSON has it."""
    paths: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for operation in OPERATIONS:
        paths[operation.path][operation.method.lower()] = _describe(operation)
    states = "\n".join(f"- `{state}`: {text}" for state, text in STATES.items())
    return {
        "openapi": "3.1.0",
        "info": {"title": "zimogs", "version": "1", "description": _ABOUT + states},
        "servers": [{"url": PREFIX}],
        "security": [{"key": []}],
        "paths": dict(paths),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "A key of `zimogs api-key create`: zmk_…"}
            },
        },
    }


def _describe(operation: ApiOperation) -> dict[str, Any]:
    answers = {str(int(answer.status)): _describe_answer(answer) for answer in operation.answers}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": str(operation.text),
        "description": f"Needs a key that may `{operation.may}`.",
        "parameters": [_describe_parameter(parameter) for parameter in operation.parameters],
        "responses": answers | _describe_problems((*ALWAYS, *operation.problems)),
    }
    if operation.bodies:
        content = {media_type: {"schema": schema} for media_type, schema in operation.bodies.items()}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.where == "path",
        "description": parameter.text,
        "schema": {"type": "string", **parameter.schema},
    }


def _describe_answer(answer: AnswerForm) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.text}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    if answer.media_type:
        schema = {"$ref": _REFERENCE.format(model=answer.model.__name__)} if answer.model else {}
        described["content"] = {answer.media_type: {"schema": schema}}
    return described


def _describe_problems(problems: tuple[ProblemType, ...]) -> dict[str, Any]:
    by_status: defaultdict[HTTPStatus, list[str]] = defaultdict(list)
    for problem in problems:
        by_status[problem.value.status].append(f"{problem.value.title} (`{problem.type}`).")
    content = {PROBLEM_JSON: {"schema": {"$ref": _REFERENCE.format(model=ProblemView.__name__)}}}
    return {
        str(int(status)): {"description": " ".join(texts), "content": content}
        for status, texts in sorted(by_status.items())
    }


def _schemas() -> dict[str, Any]:
    models: list[type[BaseModel]] = [answer.model for each in OPERATIONS for answer in each.answers if answer.model]
    wanted = [(model, "serialization") for model in dict.fromkeys([*models, ProblemView])]
    _, schema = models_json_schema(wanted, ref_template=_REFERENCE)  # type: ignore[arg-type]
    schemas: dict[str, Any] = schema["$defs"]
    return {re.sub(r"[^A-Za-z0-9._-]", "_", name): each for name, each in schemas.items()}
