"""What a restart of the practice vendor leaves as it was: sessions, their files, and digests that wait for a value."""

import base64
import json
import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.app import RunningVendor, opened
from sandbox.settings import RegisteredClient, Settings
from sandbox.signapi.records import RECORDS
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    CLIENTS,
    Clock,
    Integration,
    Prepared,
    a_pdf,
    b64,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.sealing import SIGNATURES, a_session, add_digests, calculate, hashed, names_in


def values_for(batch: Prepared) -> list[str]:
    """Sign as the HSM would: consents do not outlive a restart, so nobody is asked here."""
    return [b64(batch.seal.credential.sign_digest(base64.b64decode(digest))) for digest in batch.digests]


async def list_files(integration: Integration, session_id: str) -> list[dict[str, Any]]:
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    return list(body["data"])


async def download(integration: Integration, session_id: str) -> bytes:
    (entry,) = await list_files(integration, session_id)
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{entry['id']}")
    return bytes(content)


async def test_a_container_calculated_before_a_restart_is_finalized_after_it(open_integration: OpenIntegration) -> None:
    async with open_integration() as before:
        await before.introspect()
        by_files, by_hashes = await a_session(before), await before.start()
        await add_digests(before, by_hashes, hashed(), signatureIndex="1")
        _, body = await calculate(before, [by_files, by_hashes])
        digests = [base64.b64decode(entry["digest"]) for entry in body["data"]["sessionDigests"]]
        values = [b64(the_seal(before).credential.sign_digest(digest)) for digest in digests]
    async with open_integration() as after:
        await after.introspect()
        status, _ = await after.finalize([by_files, by_hashes], values, the_auth_certificate(after))
        assert status == 200
        assert names_in(await download(after, by_files))[-1] == SIGNATURES[0]
        assert names_in(await download(after, by_hashes))[-1] == SIGNATURES[1]


async def test_a_digest_calculated_before_a_restart_is_finalized_after_it(open_integration: OpenIntegration) -> None:
    originals = [a_pdf("1"), a_pdf("2")]
    async with open_integration() as before:
        batch = await prepare_batch(before, originals, the_seal(before))
    async with open_integration() as after:
        await after.introspect()
        status, _ = await after.finalize(batch.session_ids, values_for(batch), the_auth_certificate(after))
        contents = [await download(after, session_id) for session_id in batch.session_ids]
    assert status == 200
    assert [content.startswith(original) for content, original in zip(contents, originals, strict=True)] == [True, True]


@asynccontextmanager
async def killed_at_the_end(state: Path) -> AsyncIterator[str]:
    """Run the practice vendor as a program, yield its URL, and give it no time to put anything in order."""
    arguments = ("-m", "sandbox", "--json", "--state", str(state), "--client-id", "klients")
    process = await create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
    assert process.stdout is not None
    try:
        yield json.loads(await process.stdout.readline())["signapi_url"]
    finally:
        process.kill()
        await process.wait()


async def test_a_digest_survives_a_vendor_that_is_killed(sandbox_state: Path) -> None:
    client = RegisteredClient(client_id="klients", client_secret="practice-secret", redirect_uris=())
    async with opened(Settings(clients=CLIENTS), sandbox_state) as people, aiohttp.ClientSession() as http:
        async with killed_at_the_end(sandbox_state) as url:
            before = Integration(http, RunningVendor(url, people), client)
            batch = await prepare_batch(before, [a_pdf()], the_seal(before))
        async with killed_at_the_end(sandbox_state) as url:
            after = Integration(http, RunningVendor(url, people), client)
            await after.introspect()
            status, _ = await after.finalize(batch.session_ids, values_for(batch), the_auth_certificate(after))
            assert (await download(after, batch.session_ids[0])).startswith(a_pdf())
    assert status == 200


async def test_what_was_uploaded_is_listed_as_before(open_integration: OpenIntegration) -> None:
    async with open_integration() as before:
        await before.introspect()
        session_id = await before.start()
        for name in ("rēķins.pdf", "pielikums.xml"):
            await before.upload(session_id, a_pdf(name), name)
        as_before = await list_files(before, session_id)
    async with open_integration() as after:
        await after.introspect()
        assert await list_files(after, session_id) == as_before
        status, _ = await after.upload(session_id, a_pdf())
    assert (len(as_before), status) == (2, 201)


async def test_a_sealed_file_is_there_after_a_restart_and_is_not_sealed_again(
    open_integration: OpenIntegration,
) -> None:
    async with open_integration() as before:
        batch = await prepare_batch(before, [a_pdf()], the_seal(before))
        await before.finalize(batch.session_ids, values_for(batch), the_auth_certificate(before))
        content = await download(before, batch.session_ids[0])
    async with open_integration() as after:
        await after.introspect()
        status, _ = await after.finalize(batch.session_ids, values_for(batch), the_auth_certificate(after))
        assert await download(after, batch.session_ids[0]) == content
    assert status == 400


async def test_a_voided_digest_stays_void(open_integration: OpenIntegration) -> None:
    async with open_integration() as before:
        batch = await prepare_batch(before, [a_pdf()], the_seal(before))
        await before.upload(batch.session_ids[0], a_pdf("other"))
    async with open_integration() as after:
        await after.introspect()
        status, _ = await after.finalize(batch.session_ids, values_for(batch), the_auth_certificate(after))
    assert status == 400


async def test_a_closed_session_does_not_come_back(open_integration: OpenIntegration) -> None:
    async with open_integration() as before:
        (session_id,) = await seal_documents(before, [a_pdf()])
        await before.call("GET", f"/api-session/v1.0/{session_id}/close")
    async with open_integration() as after:
        assert after.sandbox.vendor.sessions.count(after.sandbox.vendor.now()) == 0


async def test_a_session_that_expired_meanwhile_is_gone_with_its_files(
    open_integration: OpenIntegration, clock: Clock
) -> None:
    async with open_integration() as before:
        await before.introspect()
        session_id = await before.start()
    clock.advance(timedelta(hours=24))
    async with open_integration() as after:
        await after.introspect()
        status, _ = await after.call("GET", f"/api-storage/v1.0/{session_id}/list")
        assert not (after.sandbox.vendor.sessions.folder / session_id).exists()
    assert status == 404


async def test_the_oldest_session_is_still_the_first_to_expire(open_integration: OpenIntegration, clock: Clock) -> None:
    async with open_integration() as before:
        await before.introspect()
        for _ in range(8):
            await before.start()
            clock.advance(timedelta(minutes=1))
        begun = [session.start_time for session in before.sandbox.vendor.sessions.all_open()]
    async with open_integration() as after:
        assert [session.start_time for session in after.sandbox.vendor.sessions.all_open()] == begun


@pytest.mark.parametrize("record", [b"", b"{", b"{}", b"\x80\x04", None])
async def test_a_folder_without_a_sound_record_is_no_session(
    open_integration: OpenIntegration, record: bytes | None
) -> None:
    async with open_integration() as before:
        await before.introspect()
        broken, sound = [await before.start() for _ in range(2)]
        path = before.sandbox.vendor.sessions.folder / broken / RECORDS
    path.unlink() if record is None else path.write_bytes(record)
    async with open_integration() as after:
        assert [session.id for session in after.sandbox.vendor.sessions.all_open()] == [sound]
    assert not path.parent.exists()
