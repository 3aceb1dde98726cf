"""The OpenAPI document is valid, names exactly what is served, and says of every answer what it looks like."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sandbox.openapi import documents, own, platform
from sandbox.openapi.document import document
from sandbox.routes import SERVED
from sandbox.variants.model import SWITCHES
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    ESIGP,
    Integration,
    a_pdf,
    b64,
    the_seal,
)
from tests.sandbox.recording import Met, Recorded, recording, unlike
from tests.sandbox.walks import BATCH, LARGEST, ME, WALKS


def operations_of_document() -> set[Met]:
    return {
        (method, path, status)
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if method != "parameters"
        for status in operation["responses"]
    }


@pytest.fixture
async def recorded(open_integration: OpenIntegration) -> AsyncIterator[tuple[Integration, list[Recorded]]]:
    """An integration whose every answer is written down."""
    async with open_integration(file_max_length=LARGEST) as integration, recording() as (http, answers):
        integration.http = http
        yield integration, answers


def problems(answers: list[Recorded]) -> list[str]:
    return [problem for each in answers for problem in each.problems()]


def test_the_document_is_valid_openapi() -> None:
    # It brings jsonschema with it, of which `support/schemas.py` says why it is imported late.
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415

    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_the_document_names_exactly_what_is_served() -> None:
    served = {(route.method.lower(), route.path) for route in SERVED}
    assert {(method, path) for method, path, _ in operations_of_document()} == served


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [
        operation["operationId"]
        for operations in document()["paths"].values()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


def test_no_two_areas_give_one_name_to_different_schemas() -> None:
    names = [name for area in (platform, documents, own) for name in area.SCHEMAS]
    assert len(names) == len(set(names))


async def test_the_document_is_served_to_programs_and_to_people(integration: Integration) -> None:
    _, served = await integration.call("GET", "/sandbox/openapi.json")
    async with integration.http.get(integration.url("/sandbox/openapi")) as reply:
        page = await reply.text()
    assert served == document()
    assert all(f"<code>{path}</code>" in page for path in served["paths"])


def test_a_body_that_is_not_as_declared_is_noticed() -> None:
    assert unlike(b'{"error": {"code": "x", "message": "y"}}', {"$ref": "#/components/schemas/SignApiError"})
    strange = Recorded("get", "/sandbox/counters", 200, "application/json", b'{"weather": "fine"}')
    unknown = Recorded("get", "/sandbox/unheard-of", 200, "application/json", b"{}")
    assert strange.problems()
    assert unknown.problems()


async def test_every_answer_is_as_declared_and_everything_declared_is_met(
    recorded: tuple[Integration, list[Recorded]],
) -> None:
    integration, answers = recorded
    for walk in WALKS:
        await walk(integration)
    assert problems(answers) == []
    assert operations_of_document() - {each.operation for each in answers} == set()


ANSWERING = [(name, choice.value) for name, switch in SWITCHES.items() for choice in switch if name != "api_key"]
"""Every position of every switch but the one that changes only how a client must ask."""


@pytest.mark.parametrize(("name", "choice"), ANSWERING)
async def test_every_variant_is_as_declared(
    recorded: tuple[Integration, list[Recorded]], name: str, choice: str
) -> None:
    integration, answers = recorded
    await integration.call("PUT", "/sandbox/variants", json={name: choice})
    token = await integration.profile_token()
    await integration.call("GET", ME, token)
    await integration.call("GET", f"{ESIGP}/sign_identities/{the_seal(integration).id}", token)
    await integration.introspect()
    _, body = await integration.call("GET", "/api-session/v1.0/start")
    session_id = body["data"].get("sessionId") or body["data"]["sessionIds"][0]
    await integration.upload(session_id, a_pdf())
    _, body = await integration.calculate([session_id], b64(the_seal(integration).credential.certificate_der))
    await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    await sign_digests(integration, body["data"])
    assert problems(answers) == []


async def sign_digests(integration: Integration, digests: dict[str, Any]) -> None:
    seal = the_seal(integration)
    token = await integration.authorize_signing(seal.id, digests["digests_summary"])
    requests = [{"digest_value": each["digest"]} for each in digests["sessionDigests"]]
    order = {"sign_identity_id": seal.id, "signature_algorithm": "ecdsa", "requests": requests}
    await integration.call("POST", BATCH, token, json=order)
