"""`kill -9` right after a 201: the document is there when zimogs is back, under the same id, and goes its way."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from jobs.model.api_keys import Permission
from tests.support.pdfs import a_pdf
from tests.whole.running_app import RunningApp, a_running_app, until
from worker.clock import utc_now
from worker.demo.plan import ROUTE
from worker.storage.api_key_files import KeyFiles
from worker.storage.api_keys import KeyBook

PDF = a_pdf("an invoice")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningApp]:
    async with a_running_app(tmp_path) as running:
        yield running


async def test_a_document_that_got_201_outlives_a_kill_and_keeps_its_id(app: RunningApp) -> None:
    book = KeyBook(KeyFiles(app.settings.folders.data))
    key, token = await book.create("accounting", [ROUTE], tuple(Permission), now=utc_now())
    url, bearer = f"{app.settings.desk.public_url}/api/v1", {"Authorization": f"Bearer {token}"}
    about = {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="R-17.pdf"',
        "Idempotency-Key": "R-17",
    }
    async with ClientSession(headers=bearer) as session:
        answer = await session.post(f"{url}/routes/{ROUTE}/documents", data=PDF, headers=about)
        await app.end(signal.SIGKILL)
        assert answer.status == 201
        document = (await answer.json())["id"]
        await app.start()

        async def waits() -> bool:
            shown = await session.get(f"{url}/documents/{document}")
            assert shown.status == 200
            return bool((await shown.json())["state"] == "waiting")

        await until(waits)
        again = await session.post(f"{url}/routes/{ROUTE}/documents", data=PDF, headers=about)
        assert ((await again.json())["id"], again.headers["Idempotency-Replayed"]) == (document, "true")
        assert [one.id for one in await app.disk.shelf.waiting_list(ROUTE)] == [document]
        original = await session.get(f"{url}/documents/{document}/original")
        assert await original.read() == PDF

        # What is revoked by a command opens nothing in the running process.
        await book.revoke(key.id, now=utc_now())
        assert (await session.get(f"{url}/routes")).status == 401
    # Neither does a key open the desk, nor the desk's cookie the API.
    async with ClientSession(headers=bearer) as stranger:
        await stranger.get(app.settings.desk.public_url)
        assert (await stranger.post(f"{app.settings.desk.public_url}/routes/{ROUTE}/gather")).status == 403
        page = await stranger.get(f"{url}/docs")
        assert (page.status, "Set-Cookie" in page.headers) == (200, False)
