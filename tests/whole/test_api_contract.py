"""The OpenAPI document says what the API does: valid by the specification, and held against odd requests."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings

from tests.support.api import an_api
from worker.api.openapi import openapi
from worker.api.operations import OPERATIONS
from worker.api.problems import ProblemType

EXAMPLES = 12
"""Requests for each operation: enough to meet every parameter in odd forms, and cheap."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and key of an API that runs in a thread of its own, since the requests are blocking."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop, served = asyncio.Event(), list[tuple[str, str]]()

    async def serve(base: Path) -> None:
        async with an_api(base, requests_per_minute=1_000_000) as api:
            served.append((api.url, api.token))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(tmp_path_factory.mktemp("api")),))
    thread.start()
    assert ready.wait(timeout=60)
    yield served[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(timeout=60)
    loop.close()


@schemathesis.serializer("application/pdf")
def serialize_pdf(_: schemathesis.SerializationContext, value: bytes) -> bytes:
    """A file as it is."""
    return value


schema = schemathesis.openapi.from_dict(dict(openapi()))


@seed(1)
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_promises(
    case: "schemathesis.Case[Any]", server: tuple[str, str]
) -> None:
    url, token = server
    case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {token}"})


def test_the_document_is_valid_by_the_specification() -> None:
    # It brings jsonschema, which compiles a grammar of addresses for seconds when it is imported.
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415

    OpenAPIV31SpecValidator(dict(openapi())).validate()


def test_every_operation_stands_in_the_document_once() -> None:
    named = [one["operationId"] for path in openapi()["paths"].values() for one in path.values()]
    assert sorted(named) == sorted(operation.name for operation in OPERATIONS)


def test_every_problem_has_an_address_and_a_status_of_an_error() -> None:
    slugs = [problem.value.slug for problem in ProblemType]
    assert len(set(slugs)) == len(slugs)
    assert all(400 <= problem.value.status < 600 for problem in ProblemType)
