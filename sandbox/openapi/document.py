"""The document put together from what each area serves."""

import re
from functools import cache
from typing import Any

from aiohttp import web

from sandbox.openapi import documents, own, platform, signapi
from sandbox.openapi.schemas import TEXT
from sandbox.pages import page
from sandbox.pages.english import ENGLISH

AREAS = {
    "Integration platform": (platform.PATHS, "OAuth 2.0, identities and the signing HSM (vendor §3)."),
    "SignAPI": (signapi.PATHS, "Sessions, files, digests and sealed documents (vendor §4)."),
    "Practice vendor": (own.PATHS, "What the real platform does not have."),
}
ABOUT = """An emulation of LVRTC eParaksts for tests; nothing it seals is legally binding.

Where a body may have one of several shapes, sources about the vendor differ, and `PUT /sandbox/variants` chooses.
Weather that was ordered may answer any call with any status, in the same error bodies or as an HTML page.
SignAPI's paths match in any case."""
SECURITY = {
    "basic": {"type": "http", "scheme": "basic", "description": "Client id and secret, each url-encoded."},
    "person": {"type": "http", "scheme": "bearer", "description": "A token that a person has granted."},
    "client": {"type": "http", "scheme": "bearer", "description": "The client's introspect token."},
}
VARIABLE = re.compile(r"\{(\w+)\}")


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; nobody changes it."""
    paths = {
        path: path_item(path, area, operations)
        for area, (served, _) in AREAS.items()
        for path, operations in served.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Practice vendor for eParaksts", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": area, "description": about} for area, (_, about) in AREAS.items()],
        "paths": paths,
        "components": {
            "schemas": platform.SCHEMAS | documents.SCHEMAS | own.SCHEMAS,
            "securitySchemes": SECURITY,
        },
    }


def path_item(path: str, area: str, operations: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return a path's operations, with what is variable in it as parameters."""
    variables = [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in VARIABLE.findall(path)]
    tagged = {method: {"tags": [area], **operation} for method, operation in operations.items()}
    return {**({"parameters": variables} if variables else {}), **tagged}


async def show_openapi(_: web.Request) -> web.Response:
    """Answer the document."""
    return web.json_response(document())


async def show_openapi_page(_: web.Request) -> web.Response:
    """Show what is served, in a table for each area."""
    return page("openapi.html", {"words": ENGLISH, "areas": AREAS})
