"""The checklist of a faithful vendor, SignAPI's sessions and files: a test for each requirement."""

from datetime import timedelta

import aiohttp

from sandbox.pki import KeyKind
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    OTHER_CLIENT,
    Clock,
    Integration,
    a_pdf,
    b64,
    seal_documents,
    the_seal,
)
from tests.sandbox.sealing import (
    FILES,
    a_container,
    add_digests,
    calculate,
    hashed,
    list_files,
)

START = "/api-session/v1.0/start"
CONFIG = "/api-config/v1.0/"


def storage(session_id: str, name: str) -> str:
    return f"/api-storage/v1.0/{session_id}/{name}"


def certificate(integration: Integration, key: KeyKind = KeyKind.P256) -> str:
    return b64(the_seal(integration, key).credential.certificate_der)


async def test_answers_come_in_envelopes(integration: Integration) -> None:
    """`{data}` and `{error}` envelopes; paths in any case; 201 on start and upload, 200 elsewhere."""
    await integration.introspect()
    session_id = await integration.start()
    for path in (START, START.upper(), "/Api-Session/V1.0/Start"):
        status, body = await integration.call("GET", path)
        assert (status, list(body)) == (201, ["data"]), path
    assert (await integration.upload(session_id, a_pdf()))[0] == 201
    for path in (storage(session_id, "list"), CONFIG, f"/api-session/v1.0/{session_id}/close"):
        status, body = await integration.call("GET", path)
        assert (status, list(body)) == (200, ["data"]), path
    for path in (storage(session_id, "list"), "/api-nothing/v1.0/here"):
        status, body = await integration.call("GET", path)
        assert (status, list(body["error"])) == (404, ["code", "message", "details"]), path


async def test_start_counts_sessions(integration: Integration) -> None:
    """start: `amount` from 1 to 100 (else 400); its presence decides the name of the key."""
    await integration.introspect()
    _, body = await integration.call("GET", START)
    assert list(body["data"]) == ["sessionId"]
    for amount in (1, 2, 100):
        status, body = await integration.call("GET", START, params={"amount": amount})
        assert (status, list(body["data"]), len(set(body["data"]["sessionIds"]))) == (201, ["sessionIds"], amount)
    for refused in ("0", "101", "-1", "many", ""):
        assert (await integration.call("GET", START, params={"amount": refused}))[0] == 400, refused


async def test_sessions_belong_to_a_client(integration: Integration, clock: Clock) -> None:
    """Sessions belong to a client id; a foreign, unknown, closed or expired one is not found (404).

    Close deletes the files.
    """
    stranger = Integration(integration.http, integration.sandbox, OTHER_CLIENT)
    for client in (integration, stranger):
        await client.introspect()
    (session_id,) = await seal_documents(integration, [a_pdf()])
    (entry,) = await list_files(integration, session_id)
    folder = integration.sandbox.vendor.sessions.folder / session_id
    for client, session in ((stranger, session_id), (integration, "beef" * 16)):
        for name in ("list", entry["id"]):
            assert (await client.call("GET", storage(session, name)))[0] == 404
    assert (await integration.call("GET", f"/api-session/v1.0/{session_id}/close"))[0] == 200
    assert (await integration.call("GET", storage(session_id, entry["id"])))[0] == 404
    assert not folder.exists()
    expired = await integration.start()
    clock.advance(timedelta(hours=24))
    await integration.introspect()
    assert (await integration.call("GET", storage(expired, "list")))[0] == 404


async def test_upload_takes_one_multipart_file(integration: Integration, open_integration: OpenIntegration) -> None:
    """Upload takes only PUT, multipart, a part named `file`.

    A JSON or raw body is 415 or 400; a size over `fileMaxLength` is 413; a container's upload lists
    `includedDocuments`.
    """
    await integration.introspect()
    path = storage(await integration.start(), "upload")
    wrong_name = aiohttp.FormData()
    wrong_name.add_field("document", a_pdf(), filename="x.pdf")
    for method, request, expected in (
        ("POST", {"data": {"file": "x"}}, 405),
        ("PUT", {"json": {"file": b64(a_pdf())}}, 415),
        ("PUT", {"data": a_pdf()}, 415),
        ("PUT", {"data": wrong_name}, 400),
    ):
        status, body = await integration.call(method, path, **request)
        assert (status, list(body)) == (expected, ["error"]), request
    _, body = await integration.upload(await integration.start(), await a_container(integration), "x.edoc")
    assert [one["name"] for one in body["data"]["includedDocuments"]] == list(FILES)
    async with open_integration(file_max_length=1000) as narrow:
        await narrow.introspect()
        statuses = [(await narrow.upload(await narrow.start(), bytes(size)))[0] for size in (1000, 1001)]
    assert statuses == [201, 413]


async def test_document_digests_are_checked(integration: Integration) -> None:
    """addDocumentDigest: the word SHA256 only (`SHA-256` is refused) and a digest of 32 bytes.

    Never with `signAsPdf`, and no name twice.
    """
    await integration.introspect()
    session_id = await integration.start()
    first, second = hashed()
    for files in (
        [first | {"digest_algorithm": "SHA-256"}],
        [first | {"digest_algorithm": "SHA512"}],
        [first | {"digest": b64(bytes(20))}],
        [first | {"digest": "?"}],
        [first, first],
    ):
        status, body = await add_digests(integration, session_id, files)
        assert (status, list(body)) == (400, ["error"]), files
    assert (await add_digests(integration, session_id, [first]))[0] == 200
    assert (await integration.calculate([session_id], certificate(integration)))[0] == 400
    assert [(await add_digests(integration, session_id, [one]))[0] for one in (first, second)] == [400, 200]
    assert {one["type"] for one in await list_files(integration, session_id)} == {"hash"}
    assert (await calculate(integration, [session_id]))[0] == 200
