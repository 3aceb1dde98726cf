"""Connections and large files, against vendors made for the one purpose."""

import pytest
from aiohttp import web
from pydantic import SecretStr

from jobs.model.errors import Retryable
from tests.wire.practice import PDF, Practice, answering
from worker.eparaksts.bodies import PIECE

TOKEN = {"access_token": "t", "expires_in": 600}
LIMITS = {"data": {"fileMaxLength": 10**9, "sessionExpirationTimeout": 86400}}
MANY = 8 * PIECE


async def test_what_cannot_be_repeated_never_meets_a_connection_that_may_be_closing(practice: Practice) -> None:
    ports: dict[str, list[int]] = {"kept": [], "fresh": []}

    async def watching(request: web.Request) -> web.Response:
        assert request.transport is not None
        kind = "fresh" if "authorization_code" in await request.text() else "kept"
        ports[kind].append(request.transport.get_extra_info("peername")[1])
        return web.json_response(LIMITS if "config" in request.path else TOKEN)

    async with answering(watching) as url, practice.connected(url) as client:
        await client.service.session_life()
        await client.platform.exchange(SecretStr("one"))
        await client.platform.exchange(SecretStr("two"))
    assert len(set(ports["kept"])) == 1
    assert len(set(ports["fresh"])) == 2
    assert not set(ports["kept"]) & set(ports["fresh"])


async def half_a_large_file(request: web.Request) -> web.StreamResponse:
    """Answers that the session holds a large file, and breaks off in its middle."""
    if request.path.endswith("/token"):
        return web.json_response(TOKEN)
    if request.path.endswith("/list"):
        return web.json_response({"data": [{"id": "a", "size": MANY}]})
    half = web.StreamResponse()
    half.content_length = MANY
    await half.prepare(request)
    await half.write(bytes(MANY // 2))
    assert request.transport is not None
    request.transport.close()
    return half


async def test_half_a_large_file_leaves_nothing_on_the_shelf(practice: Practice) -> None:
    document = practice.document()
    async with answering(half_a_large_file) as url, practice.connected(url) as client:
        with pytest.raises(Retryable, match="download: lost the vendor mid-call"):
            await client.service.download("session", document, PDF)
    assert [path.name for path in practice.folder.iterdir()] == [practice.place(document)[0].name]


async def test_a_large_sealed_file_arrives_whole(practice: Practice) -> None:
    document = practice.document(content=b"%PDF-1.7\n" + bytes(3 * PIECE))
    sealed = practice.place(document)[0].read_bytes() + b"sealed" * PIECE

    async def whole(request: web.Request) -> web.Response:
        if request.path.endswith("/token"):
            return web.json_response(TOKEN)
        if request.path.endswith("/list"):
            return web.json_response({"data": [{"id": "a", "size": len(sealed)}]})
        return web.Response(body=sealed)

    async with answering(whole) as url, practice.connected(url) as client:
        await client.service.download("session", document, PDF)
    assert practice.place(document)[1].read_bytes() == sealed
