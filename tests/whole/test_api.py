"""Programs hand documents in, follow them to their sealed files, and are told what to do where that cannot be."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.model.api_keys import Permission
from jobs.model.duplicates import Duplicates
from jobs.model.freeze import Freeze
from jobs.model.names import DocumentId, RouteName
from tests.support.api import ApiServer, an_api
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.waiting import until
from worker.clock import utc_now

PDF = a_pdf("an invoice")
ABOUT = {"Content-Type": "application/pdf", "Content-Disposition": 'attachment; filename="R-17.pdf"'}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[ApiServer]:
    async with an_api(tmp_path) as server:
        yield server


async def test_a_document_goes_from_the_accounting_system_to_its_sealed_file(api: ApiServer) -> None:
    metadata = '{"number": "R-17", "total": 121.00, "currency": "EUR"}'
    answer = await api.send_form(
        ("file", PDF, {"filename": "rēķins 17.pdf", "content_type": "application/pdf"}), ("metadata", metadata, {})
    )
    taken = await answer.json()
    assert (answer.status, taken["state"], taken["name"]) == (201, "waiting", "rēķins 17.pdf")
    assert taken["metadata"]["total"] == "121.00"
    where = answer.headers["Location"].removeprefix("/api/v1")
    assert where == f"/documents/{taken['id']}"

    batch = await api.gathered()
    shown = await (await api.call("GET", where)).json()
    assert (shown["state"], shown["batch"]) == ("in-batch", batch)
    assert (await api.call("GET", f"{where}/sealed")).status == 404

    history = await api.seal(batch)
    shown = await (await api.call("GET", where)).json()
    assert (shown["state"], shown["sealed_as"]) == ("sealed", "rēķins 17.pdf")
    sealed = await api.call("GET", f"{where}/sealed")
    content = await sealed.read()
    assert hashlib.sha256(content).hexdigest() == shown["sealed_sha256"] == sealed.headers["ETag"].strip('"')
    sidecar = await (await api.call("GET", f"{where}/sidecar")).json()
    assert (sidecar["document"], sidecar["batch"]) == (taken["id"], history.batch)
    assert await (await api.call("GET", f"{where}/original")).read() == PDF

    whole = await (await api.call("GET", f"/batches/{batch}")).json()
    assert (whole["is_over"], [one["state"] for one in whole["documents"]]) == (True, ["sealed"])


async def test_a_file_is_sent_in_part_or_not_once_more(api: ApiServer) -> None:
    taken = await (await api.hand_in(PDF)).json()
    where = f"/documents/{taken['id']}/original"
    part = await api.call("GET", where, headers={"Range": "bytes=5-9"})
    assert (part.status, await part.read()) == (206, PDF[5:10])
    assert part.headers["Content-Range"] == f"bytes 5-9/{len(PDF)}"
    assert await (await api.call("GET", where, headers={"Range": "bytes=-4"})).read() == PDF[-4:]
    assert (await api.call("GET", where, headers={"If-None-Match": part.headers["ETag"]})).status == 304
    beyond = await api.call("GET", where, headers={"Range": f"bytes={len(PDF)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(PDF)}")
    changed = await api.call("GET", where, headers={"Range": "bytes=5-9", "If-Range": '"another"'})
    assert (changed.status, await changed.read()) == (200, PDF)


async def test_the_same_key_with_the_same_document_is_answered_alike_and_with_another_refused(api: ApiServer) -> None:
    once = {"Idempotency-Key": "R-17"}
    first = await api.hand_in(PDF, headers=once)
    again = await api.hand_in(PDF, headers=once)
    assert (again.status, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await api.hand_in(a_pdf("another"), headers=once)
    assert (other.status, (await other.json())["type"]) == (422, "/api/v1/docs#idempotency-key-reused")
    _, stranger = await api.key()
    theirs = await api.hand_in(PDF, headers=once, token=stranger)
    assert theirs.headers["Location"] != first.headers["Location"]
    assert len(await api.disk.shelf.waiting_list(INVOICES)) == 2


async def test_bytes_that_are_not_those_announced_are_not_taken_in(api: ApiServer) -> None:
    right = base64.b64encode(hashlib.sha256(PDF).digest()).decode()
    assert (await api.hand_in(PDF, headers={"Content-Digest": f"sha-256=:{right}:"})).status == 201
    wrong = await api.hand_in(PDF + b"\n", headers={"Content-Digest": f"sha-256=:{right}:"})
    assert (wrong.status, (await wrong.json())["type"]) == (422, "/api/v1/docs#digest-differs")
    assert len(await api.disk.shelf.waiting_list(INVOICES)) == 1


async def test_metadata_in_headers_goes_with_the_document(api: ApiServer) -> None:
    headers = {"Zimogs-Meta-Customer": "UTF-8''SIA%20%C4%80bele", "Zimogs-Meta-Issued-On": "2026-11-28"}
    taken = await (await api.hand_in(PDF, headers=headers)).json()
    assert (taken["metadata"]["customer"], taken["metadata"]["issued_on"]) == ("SIA Ābele", "2026-11-28")


async def test_what_cannot_be_sealed_is_told_at_once_and_can_be_sent_again(api: ApiServer) -> None:
    taken = await (await api.hand_in(b"no PDF at all")).json()
    assert (taken["state"], taken["reason"]) == ("quarantined", "not-a-pdf")
    assert taken["advice"]
    shown = await (await api.call("GET", f"/documents/{taken['id']}")).json()
    assert (shown["state"], shown["reason"]) == ("quarantined", "not-a-pdf")
    again = await api.call("POST", f"/documents/{taken['id']}/retry")
    became = (await again.json())["id"]
    assert (again.status, again.headers["Location"]) == (201, f"/api/v1/documents/{became}")
    first = await (await api.call("GET", f"/documents/{taken['id']}")).json()
    assert (first["state"], first["became"]) == ("sent-again", became)
    twice = await api.call("POST", f"/documents/{taken['id']}/retry")
    assert twice.status == 409


async def test_what_waits_is_taken_back_and_what_is_in_a_batch_is_not(api: ApiServer) -> None:
    first = (await (await api.hand_in(PDF)).json())["id"]
    answer = await api.call("POST", f"/documents/{first}/cancel")
    assert (answer.status, (await answer.json())["state"]) == (200, "cancelled")
    assert (await api.call("POST", f"/documents/{first}/cancel")).status == 200
    assert await api.disk.shelf.waiting_list(INVOICES) == ()
    second = (await (await api.hand_in(PDF)).json())["id"]
    batch = await api.gathered()
    refused = await api.call("POST", f"/documents/{second}/cancel")
    assert refused.status == 409
    assert batch in (await refused.json())["detail"]


async def test_documents_are_listed_page_by_page_wherever_they_are(api: ApiServer) -> None:
    sealed = (await (await api.hand_in(a_pdf("1"))).json())["id"]
    await api.sealed()
    await api.indexed()
    refused = (await (await api.hand_in(b"no PDF")).json())["id"]
    waiting = (await (await api.hand_in(a_pdf("2"))).json())["id"]
    seen: list[str] = []
    cursor = ""
    for _ in range(5):
        page = await (await api.call("GET", f"/documents?limit=1{cursor}")).json()
        seen += [one["id"] for one in page["documents"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == sorted([sealed, refused, waiting], reverse=True)
    for state, document in (("sealed", sealed), ("quarantined", refused), ("waiting", waiting)):
        page = await (await api.call("GET", f"/documents?state={state}&since=2020-01-01T00:00:00Z")).json()
        assert [one["id"] for one in page["documents"]] == [document]
    assert (await (await api.call("GET", "/documents?since=2100-01-01T00:00:00Z")).json())["documents"] == []


async def test_the_same_content_is_told_to_be_a_duplicate_where_the_route_says_so(tmp_path: Path) -> None:
    async with an_api(tmp_path, duplicates=Duplicates.SKIP) as api:
        first = (await (await api.hand_in(PDF)).json())["id"]
        answer = await api.hand_in(PDF, "again.pdf")
        second = await answer.json()
        assert (answer.status, second["state"], second["duplicate_of"]) == (201, "duplicate", first)
        shown = await (await api.call("GET", f"/documents/{second['id']}")).json()
        assert (shown["state"], shown["duplicate_of"]) == ("duplicate", first)
        assert all(one["detail"].startswith("not sealed, as it has the same content as ") for one in (second, shown))
        listed = (await (await api.call("GET", "/documents")).json())["documents"]
        assert {one["id"]: one["state"] for one in listed} == {first: "waiting", second["id"]: "duplicate"}


async def test_a_freeze_keeps_nobody_from_handing_in(api: ApiServer) -> None:
    await api.disk.freezes.begin(Freeze(route=None, at=utc_now(), by="somebody", reason="a drill"))
    assert (await api.hand_in(PDF)).status == 201
    (route,) = (await (await api.call("GET", "/routes")).json())["routes"]
    assert (route["name"], route["is_frozen"], route["waiting"]) == ("invoices", True, 1)


# Keys


@pytest.mark.parametrize("path", ["/documents", "/routes", "/documents/20261128T214724-0a1b2c3d4e5f"])
async def test_nobody_gets_in_without_a_key(api: ApiServer, path: str) -> None:
    for token in (
        "",
        "zmk_000000000000_" + "A" * 43,
        "nonsense",
        api.token[:-1] + ("A" if api.token[-1] != "A" else "B"),
    ):
        answer = await api.call("GET", path, token=token)
        assert (answer.status, answer.content_type) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


async def test_a_revoked_or_expired_key_opens_nothing_at_once(api: ApiServer) -> None:
    key, token = await api.key()
    assert (await api.call("GET", "/routes", token=token)).status == 200
    await api.keys.revoke(key.id, now=utc_now())
    assert (await api.call("GET", "/routes", token=token)).status == 401
    _, old = await api.keys.create(
        "old", [INVOICES], [Permission.READ], now=utc_now(), expires_at=utc_now() - timedelta(1)
    )
    assert (await api.call("GET", "/routes", token=old)).status == 401


async def test_documents_of_other_routes_are_as_unknown_as_those_that_never_were(api: ApiServer) -> None:
    taken = (await (await api.hand_in(PDF)).json())["id"]
    batch = await api.gathered()
    _, token = await api.key(RouteName("orders"))
    nobody = DocumentId("20200101T000000-000000000000")
    for method, path in (
        ("GET", "/documents/{}"),
        ("GET", "/documents/{}/original"),
        ("GET", "/documents/{}/sealed"),
        ("POST", "/documents/{}/retry"),
        ("POST", "/documents/{}/cancel"),
    ):
        theirs, none = [await api.call(method, path.format(one), token=token) for one in (taken, nobody)]
        assert (theirs.status, await theirs.json()) == (404, await none.json())
    assert (await api.call("GET", f"/batches/{batch}", token=token)).status == 404
    assert (await api.call("GET", "/documents?route=invoices", token=token)).status == 404
    assert (await (await api.call("GET", "/documents", token=token)).json())["documents"] == []
    assert (await api.call("POST", "/routes/invoices/documents", token=token, data=PDF)).status == 404


async def test_a_key_may_do_what_it_was_made_for_and_no_more(api: ApiServer) -> None:
    _, token = await api.key(may=[Permission.SUBMIT])
    taken = (await (await api.hand_in(PDF, token=token)).json())["id"]
    for method, path in (("GET", f"/documents/{taken}"), ("POST", f"/documents/{taken}/cancel"), ("GET", "/routes")):
        answer = await api.call(method, path, token=token)
        assert (answer.status, (await answer.json())["type"]) == (403, "/api/v1/docs#not-allowed")


async def test_a_key_in_an_address_is_refused_though_it_is_right(api: ApiServer) -> None:
    for path in (f"/routes?key={api.token}", f"/documents/{api.token}", "/routes?access_token=x"):
        answer = await api.call("GET", path)
        assert (answer.status, (await answer.json())["type"]) == (400, "/api/v1/docs#key-in-address")


async def test_no_key_stands_on_disk_or_in_the_log(api: ApiServer, capfd: pytest.CaptureFixture[str]) -> None:
    key, token = await api.key()
    await api.hand_in(PDF, token=token)
    await api.call("GET", f"/documents/{token}", token=token)
    log = "".join(capfd.readouterr())
    assert key.id in log
    secret = token.split("_", 2)[2]
    assert secret not in log
    files = [path for path in api.settings.folders.data.rglob("*") if path.is_file()]
    assert all(secret.encode() not in path.read_bytes() for path in files)
    kept = api.settings.folders.data / "api-keys"
    assert {path.stat().st_mode & 0o777 for path in kept.iterdir()} == {0o600}
    assert kept.stat().st_mode & 0o777 == 0o700


async def test_who_asks_too_often_is_told_when_to_go_on(tmp_path: Path) -> None:
    async with an_api(tmp_path, requests_per_minute=12) as api:
        answers = [await api.call("GET", "/routes") for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[2].headers["Retry-After"]) <= 5
        assert answers[0].headers["RateLimit"].startswith('"requests";r=1')
        _, other = await api.key()
        assert (await api.call("GET", "/routes", token=other)).status == 200


# What strangers send


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\..\\b.pdf", ".hidden.pdf", "a/b.pdf", ".."])
async def test_a_path_in_a_name_leads_nowhere(api: ApiServer, name: str) -> None:
    by_form = await api.send_form(("file", PDF, {"filename": name}))
    by_header = await api.hand_in(PDF, name.replace("\\", "\\\\"))
    assert {by_form.status, by_header.status} <= {201, 422}
    waiting = {document.name for document in await api.disk.shelf.waiting_list(INVOICES)}
    assert all(re.fullmatch(r"[^/\\.][^/\\]*", one) for one in waiting)


BAD_BODIES: dict[str, tuple[dict[str, Any], int]] = {
    "no type": ({"data": PDF, "headers": {"Content-Type": ""}}, 415),
    "another form": ({"data": {"a": "b"}}, 415),
    "packed": ({"data": PDF, "headers": {"Content-Type": "application/pdf", "Content-Encoding": "gzip"}}, 415),
    "no name": ({"data": PDF, "headers": {"Content-Type": "application/pdf"}}, 422),
    "a form that is none": (
        {"data": b"--x\r\nbad", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        422,
    ),
    "a form without a boundary": ({"data": b"x", "headers": {"Content-Type": "multipart/form-data"}}, 422),
    "a digest that is none": (
        {"data": PDF, "headers": {"Content-Type": "application/pdf", "Content-Digest": "sha-256=nonsense"}},
        400,
    ),
    "metadata that is none": (
        {
            "data": PDF,
            "headers": {
                "Content-Type": "application/pdf",
                "Content-Disposition": 'attachment; filename="a.pdf"',
                "Zimogs-Metadata": "[]",
            },
        },
        422,
    ),
    "a key with blanks": ({"data": PDF, "headers": {"Content-Type": "application/pdf", "Idempotency-Key": "a b"}}, 400),
}


@pytest.mark.parametrize("kind", BAD_BODIES)
async def test_what_cannot_be_taken_is_refused_with_what_to_do_and_nothing_is_left(api: ApiServer, kind: str) -> None:
    sent, status = BAD_BODIES[kind]
    answer = await api.call("POST", "/routes/invoices/documents", **sent)
    problem = await answer.json()
    assert (answer.status, answer.content_type, problem["status"]) == (status, "application/problem+json", status)
    assert problem["detail"]
    assert [*api.disk.layout.shelf.glob("*")] == []


async def test_huge_metadata_and_a_huge_file_are_refused(tmp_path: Path) -> None:
    async with an_api(tmp_path) as api:
        huge = json.dumps({"number": "x" * 70_000})
        answer = await api.send_form(("file", PDF, {"filename": "a.pdf"}), ("metadata", huge, {}))
        assert answer.status == 422
        too_large = int(api.settings.inbox.max_bytes) + 1
        head = {"Content-Type": "application/pdf", "Content-Length": str(too_large)}
        answer = await api.call(
            "POST", "/routes/invoices/documents", headers=head, data=b"", skip_auto_headers=["Content-Length"]
        )
        assert answer.status == 413


async def test_addresses_and_methods_that_do_not_exist_are_problems_too(api: ApiServer) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("DELETE", "/routes", 405),
        ("PUT", "/documents/x", 405),
        ("GET", "/documents/%2e%2e%2f", 404),
        ("GET", "/documents?limit=0", 400),
        ("GET", "/documents?cursor=%00", 400),
        ("GET", "/documents?since=yesterday", 400),
        ("GET", "/documents?strange=1", 400),
    ):
        answer = await api.call(method, path)
        assert (answer.status, answer.content_type) == (status, "application/problem+json"), path
        assert (await answer.json())["type"].startswith("/api/v1/docs#")


async def test_the_page_about_it_is_told_in_both_languages_without_scripts(api: ApiServer) -> None:
    english = await api.call("GET", "/docs", token="")
    latvian = await api.call("GET", "/docs", token="", headers={"Accept-Language": "lv-LV,lv;q=0.9"})
    assert "Hand a document in" in await english.text()
    page = await latvian.text()
    assert "Iesniegt dokumentu" in page
    assert '<html lang="lv">' in page
    assert "<script" not in page
    assert "script-src" not in latvian.headers["Content-Security-Policy"]
    assert set(re.findall(r'(?:href|src)="([^"#]*)', page)) == {"docs.css", "openapi.json"}
    assert (await api.call("GET", "/docs.css", token="")).status == 200


async def test_who_goes_away_while_sending_leaves_nothing_behind(api: ApiServer) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", int(api.url.split(":")[2].split("/")[0]))
    head = (
        f"POST /api/v1/routes/invoices/documents HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.token}\r\n"
        'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
        "Content-Length: 1000000\r\n\r\n"
    )
    writer.write(head.encode() + PDF)
    await writer.drain()
    await until(lambda: bool([*api.disk.layout.shelf.glob(".*.part")]))
    writer.close()
    await writer.wait_closed()
    await until(lambda: not [*api.disk.layout.shelf.glob(".*.part")])
    assert await api.disk.shelf.waiting_list(INVOICES) == ()


async def test_so_many_documents_are_received_at_once_and_no_more(tmp_path: Path) -> None:
    async with an_api(tmp_path, uploads=1) as api:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield PDF[:10]
            begun.set()
            await go_on.wait()
            yield PDF[10:]

        first = asyncio.create_task(api.call("POST", "/routes/invoices/documents", data=slowly(), headers=ABOUT))
        await begun.wait()
        await until(lambda: bool([*api.disk.layout.shelf.glob(".*.part")]))
        second = await api.hand_in(PDF)
        assert (second.status, second.headers["Retry-After"]) == (503, "3")
        go_on.set()
        assert (await first).status == 201
        assert (await api.hand_in(PDF)).status == 201
