"""Writing down every answer that a client gets, and comparing it with the OpenAPI document."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox.openapi.document import document
from tests.support.schemas import validator_of

Met = tuple[str, str, str]
"""A method, a path of the document, and a status."""


@dataclass(frozen=True)
class Recorded:
    """One answer as it came."""

    method: str
    path: str
    status: int
    content_type: str
    body: bytes = field(repr=False)

    @property
    def route(self) -> str | None:
        """The path in the document that fits, the one with the fewest variables first."""
        fitting = [path for path in document()["paths"] if pattern(path).fullmatch(self.path)]
        return min(fitting, key=lambda path: path.count("{"), default=None)

    @property
    def operation(self) -> Met | None:
        return (self.method, self.route, str(self.status)) if self.route else None

    def problems(self) -> list[str]:
        """What the document does not say of this answer."""
        responses = document()["paths"].get(self.route, {}).get(self.method, {}).get("responses", {})
        if str(self.status) not in responses:
            return [f"{self} is not declared"]
        content = responses[str(self.status)].get("content", {})
        if not content:
            return [f"{self} has a body"] if self.body else []
        if self.content_type not in content:
            return [f"{self} is not declared as {self.content_type}"]
        schema = content[self.content_type]["schema"]
        return unlike(self.body, schema) if self.content_type == "application/json" else []


def pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", path))))


def unlike(body: bytes, schema: dict[str, Any]) -> list[str]:
    """How the JSON differs from the schema."""
    whole = {**schema, "components": document()["components"]}
    return [f"{error.json_path}: {error.message}" for error in validator_of(whole).iter_errors(json.loads(body))]


@asynccontextmanager
async def recording() -> AsyncIterator[tuple[aiohttp.ClientSession, list[Recorded]]]:
    """Yield a client, and the answers it gets; each is read whole before the client sees it."""
    answers: list[Recorded] = []

    async def write_down(_: aiohttp.ClientSession, __: Any, ended: aiohttp.TraceRequestEndParams) -> None:
        reply, path = ended.response, ended.url.path
        answers.append(Recorded(ended.method.lower(), path, reply.status, reply.content_type, await reply.read()))

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(write_down)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), trace_configs=[trace]) as http:
        yield http, answers
