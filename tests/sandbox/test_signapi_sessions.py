"""Sessions, files and configuration of SignAPI."""

import asyncio
from datetime import timedelta

import aiohttp
import pytest

from sandbox.eidas.authorization import INTROSPECT
from sandbox.signapi.records import RECORDS
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import OTHER_CLIENT, Clock, Integration, a_pdf
from tests.support.waiting import until

START = "/api-session/v1.0/start"


def files_of(client: Integration, session_id: str) -> list[str]:
    """Return the names of the files in the session's folder, its record aside."""
    folder = client.sandbox.vendor.sessions.folder / session_id
    return [path.name for path in folder.iterdir() if path.name != RECORDS]


@pytest.fixture
async def client(integration: Integration) -> Integration:
    await integration.introspect()
    return integration


async def test_start_answers_one_session_with_201(client: Integration) -> None:
    status, body = await client.call("GET", START)
    assert status == 201
    assert len(bytes.fromhex(body["data"]["sessionId"])) == 32


@pytest.mark.parametrize("amount", [1, 3, 100])
async def test_start_with_an_amount_answers_a_list(client: Integration, amount: int) -> None:
    status, body = await client.call("GET", START, params={"amount": amount})
    assert status == 201
    assert len(set(body["data"]["sessionIds"])) == amount


@pytest.mark.parametrize("amount", ["0", "101", "-1", "", "many", "1.0", "²"])
async def test_an_amount_outside_1_to_100_is_refused(client: Integration, amount: str) -> None:
    status, body = await client.call("GET", START, params={"amount": amount})
    assert status == 400
    assert set(body["error"]) == {"code", "message", "details"}


@pytest.mark.parametrize("path", ["/API-SESSION/V1.0/START", "/api-Session/v1.0/Start"])
async def test_paths_match_in_any_case(client: Integration, path: str) -> None:
    status, _ = await client.call("GET", path)
    assert status == 201


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api-session/v1.0/begin"), ("POST", START), ("GET", "/api-sign/v1.0/CalculateDigest")]
)
async def test_what_is_not_offered_is_refused_in_the_envelope(client: Integration, method: str, path: str) -> None:
    status, body = await client.call(method, path)
    assert status in {404, 405}
    assert body["error"]["code"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api-config/v1.0/public/key"),
    ],
)
async def test_a_call_that_is_not_offered_yet_says_so(client: Integration, method: str, path: str) -> None:
    status, body = await client.call(method, path)
    assert (status, body["error"]["code"]) == (400, "notOffered")


async def test_a_cloud_seal_is_not_sealed_with_as_a_file(client: Integration) -> None:
    status, body = await client.call("POST", "/api-sign/v1.0/eSealCreate", json={})
    assert (status, body["error"]["code"]) == (400, "signing:eSealCreate")
    assert "CalculateDigest" in body["error"]["message"]


async def test_upload_describes_the_file_with_201(client: Integration) -> None:
    status, body = await client.upload(await client.start(), a_pdf(), "rēķins 1.pdf")
    document_id = body["data"].pop("id")
    assert status == 201
    assert body["data"] == {"name": "rēķins 1.pdf", "size": len(a_pdf()), "type": "file"}
    assert len(bytes.fromhex(document_id)) == 16


async def test_an_uploaded_file_comes_back_byte_for_byte(client: Integration) -> None:
    session_id, content = await client.start(), bytes(range(256)) * 4000
    _, body = await client.upload(session_id, content)
    async with client.http.get(
        client.url(f"/api-storage/v1.0/{session_id}/{body['data']['id']}"),
        headers={"Authorization": f"Bearer {client.bearer}"},
    ) as reply:
        assert reply.content_type == "application/octet-stream"
        assert await reply.read() == content


async def test_a_file_name_keeps_no_folders(client: Integration) -> None:
    _, body = await client.upload(await client.start(), a_pdf(), "../../etc/x.pdf")
    assert body["data"]["name"] == "x.pdf"


async def test_list_shows_every_uploaded_file(client: Integration) -> None:
    session_id = await client.start()
    uploaded = [(await client.upload(session_id, a_pdf(), name))[1]["data"] for name in ("a.pdf", "b.pdf")]
    _, body = await client.call("GET", f"/api-storage/v1.0/{session_id}/list")
    assert body["data"] == uploaded


async def test_a_deleted_file_is_gone(client: Integration) -> None:
    session_id = await client.start()
    _, body = await client.upload(session_id, a_pdf())
    path = f"/api-storage/v1.0/{session_id}/{body['data']['id']}"
    deleted, _ = await client.call("DELETE", path)
    again, _ = await client.call("GET", path)
    assert (deleted, again) == (200, 404)


async def test_a_body_that_is_not_multipart_is_refused(client: Integration) -> None:
    path = f"/api-storage/v1.0/{await client.start()}/upload"
    status, _ = await client.call("PUT", path, data=a_pdf(), headers={"Content-Type": "application/pdf"})
    assert status == 415


async def test_a_part_of_another_name_is_refused(client: Integration) -> None:
    form = aiohttp.FormData()
    form.add_field("document", a_pdf(), filename="x.pdf")
    status, _ = await client.call("PUT", f"/api-storage/v1.0/{await client.start()}/upload", data=form)
    assert status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"no boundary at all",
        b"",
        b"--x\r\n\r\n--x--",
    ],
)
async def test_a_broken_multipart_body_is_refused_and_not_kept(client: Integration, body: bytes) -> None:
    session_id, headers = await client.start(), {"Content-Type": "multipart/form-data; boundary=x"}
    path = f"/api-storage/v1.0/{session_id}/upload"
    status, answer = await client.call("PUT", path, data=body, headers=headers)
    assert (status, answer["error"]["code"]) == (400, "storage:upload")
    assert files_of(client, session_id) == []


async def test_a_file_over_the_limit_is_refused_and_not_kept(open_integration: OpenIntegration) -> None:
    async with open_integration(file_max_length=1000) as client:
        await client.introspect()
        session_id = await client.start()
        fits, _ = await client.upload(session_id, b"x" * 1000)
        refused, _ = await client.upload(session_id, b"x" * 1001)
        _, body = await client.call("GET", f"/api-storage/v1.0/{session_id}/list")
        kept = files_of(client, session_id)
    assert (fits, refused, len(body["data"]), len(kept)) == (201, 413, 1, 1)


async def test_an_upload_that_breaks_off_leaves_nothing_behind(client: Integration) -> None:
    session_id = await client.start()
    head = (
        f"PUT /api-storage/v1.0/{session_id}/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.bearer}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n'
    )
    url = client.url("/")
    _, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(head.encode() + b"x" * 50_000)
    await writer.drain()
    await until(lambda: files_of(client, session_id) != [])
    writer.close()
    await writer.wait_closed()
    await until(lambda: files_of(client, session_id) == [])
    _, body = await client.call("GET", f"/api-storage/v1.0/{session_id}/list")
    assert body["data"] == []


async def test_close_deletes_the_session_and_its_files(client: Integration) -> None:
    session_id = await client.start()
    await client.upload(session_id, a_pdf())
    status, body = await client.call("GET", f"/api-session/v1.0/{session_id}/close")
    assert (status, body["data"]) == (200, f"Session {session_id} closed")
    assert not (client.sandbox.vendor.sessions.folder / session_id).exists()
    again, _ = await client.call("GET", f"/api-session/v1.0/{session_id}/close")
    assert again == 404


async def test_a_session_expires_with_its_files(client: Integration, clock: Clock) -> None:
    session_id = await client.start()
    clock.advance(timedelta(hours=24))
    await client.introspect()
    status, body = await client.call("GET", f"/api-storage/v1.0/{session_id}/list")
    assert (status, body["error"]["code"]) == (404, "session:notFound")
    assert not (client.sandbox.vendor.sessions.folder / session_id).exists()


async def test_a_session_of_another_client_is_not_found(client: Integration) -> None:
    session_id = await client.start()
    _, body = await client.ask_token(OTHER_CLIENT, grant_type="client_credentials", scope=INTROSPECT)
    status, _ = await client.call("GET", f"/api-storage/v1.0/{session_id}/list", body["access_token"])
    assert status == 404


async def test_config_tells_the_limits_of_the_client(open_integration: OpenIntegration) -> None:
    changes = {"file_max_length": 4_202_406, "session_expiration": timedelta(seconds=5_105_880)}
    async with open_integration(**changes) as client:
        await client.introspect()
        _, body = await client.call("GET", "/api-config/v1.0/")
    assert body["data"]["oauthClientId"] == client.client.client_id
    assert body["data"]["fileMaxLength"] == 4_202_406
    assert body["data"]["sessionExpirationTimeout"] == 5_105_880


async def test_every_call_needs_an_introspect_token(integration: Integration) -> None:
    for method, path in (("GET", START), ("GET", "/api-config/v1.0/"), ("GET", "/api-storage/v1.0/x/list")):
        status, body = await integration.call(method, path, "invented")
        assert (status, body["error"]["code"]) == (401, "unauthorized")
