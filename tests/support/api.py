"""The API on a real socket over real folders, with the vendor in memory: what is handed in can go all its way."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse, ClientSession, FormData, web

from config.api import ApiSettings
from config.sections import TrustSettings
from config.settings import Settings
from config.storage import StorageSettings
from jobs.deliver import deliver
from jobs.gather import gather
from jobs.model.api_keys import ApiKey, Permission
from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.duplicates import Duplicates
from jobs.model.history import History
from jobs.model.names import BatchId, RouteName
from jobs.model.seals import Expectation, Proof
from jobs.ports import Tools
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import INVOICES
from tests.support.disk_app import DiskApp
from tests.support.index import fill_index
from tests.support.installation import an_installation
from tests.support.pki import the_authority
from worker.api.addresses import PREFIX
from worker.api.application import api_application
from worker.app.api import api_of
from worker.app.handing_in import handing_in_of
from worker.app.intake import intake_of
from worker.app.on_disk import OnDisk
from worker.app.serving import listen, served
from worker.clock import utc_now
from worker.inbox.handing_in import HandingIn
from worker.inbox.inspector import Inspector
from worker.inbox.intake import Intake
from worker.storage.api_keys import KeyBook

ALL = tuple(Permission)
INSPECTORS = Inspector(), Inspector()
"""Shared by all servers of a process: starting the process that inspects costs more than most tests."""


class MeasuringVerifier:
    """Judges like the one in memory, and tells hash and size of what really stands on the shelf."""

    def __init__(self, app: DiskApp) -> None:
        self._app = app
        self._judge = app.tools.verifier
        self.verify_values = self._judge.verify_values

    async def verify_sealed(self, document: Document, expectation: Expectation) -> Proof:
        proof = await self._judge.verify_sealed(document, expectation)
        content = self._app.layout.place(document.id).sealed.read_bytes()
        return proof.model_copy(update={"sha256": Digest.sha256(content), "size": len(content)})


@dataclass
class ApiServer:
    """The API at `url`, and what stands behind it."""

    url: str
    settings: Settings
    disk: OnDisk
    app: DiskApp
    tools: Tools
    keys: KeyBook
    intake: Intake
    handing_in: HandingIn
    session: ClientSession
    token: str = field(default="")

    async def key(
        self, *routes: RouteName, may: Sequence[Permission] = ALL, name: str = "accounting"
    ) -> tuple[ApiKey, str]:
        return await self.keys.create(name, routes or (INVOICES,), may, now=utc_now())

    async def call(
        self, method: str, path: str, *, token: str | None = None, headers: Mapping[str, str] | None = None, **body: Any
    ) -> ClientResponse:
        """Ask with the usual key, another, or none (empty); the answer is read whole."""
        token = self.token if token is None else token
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self.session.request(method, f"{self.url}{path}", headers={**bearer, **(headers or {})}, **body)
        await answer.read()
        return answer

    async def hand_in(self, content: bytes, name: str = "R-17.pdf", **more: Any) -> ClientResponse:
        headers = {
            "Content-Type": "application/pdf",
            "Content-Disposition": f'attachment; filename="{name}"',
            **more.pop("headers", {}),
        }
        return await self.call("POST", "/routes/invoices/documents", data=content, headers=headers, **more)

    async def send_form(self, *parts: tuple[str, bytes | str, dict[str, Any]], **more: Any) -> ClientResponse:
        form = FormData(quote_fields=False, default_to_multipart=True)
        for name, content, about in parts:
            form.add_field(name, content, **about)
        return await self.call("POST", "/routes/invoices/documents", data=form, **more)

    async def gathered(self) -> BatchId:
        (batch,) = await gather(self.tools.routes[INVOICES], self.tools, at_once=True)
        return batch

    async def sealed(self) -> History:
        """Have all that waits sealed and delivered."""
        return await self.seal(await self.gathered())

    async def seal(self, batch: BatchId) -> History:
        """Have a batch sealed and delivered."""
        history = await prepare(batch, self.tools)
        await seal(self.app.memory.consent(history, f"code-{batch}"), self.tools)
        return await deliver(batch, self.tools)

    async def indexed(self) -> None:
        await fill_index(self.disk.index, self.disk.ledger)


@asynccontextmanager
async def an_api(
    base: Path,
    *,
    duplicates: Duplicates = Duplicates.SEAL,
    storage: StorageSettings | None = None,
    **settings: Any,
) -> AsyncIterator[ApiServer]:
    """Serve it for the time of the block, by the folders below `base` or a bucket."""
    root = base / "root.pem"
    await asyncio.to_thread(root.write_bytes, the_authority().root_pem)
    changed = {
        "api": ApiSettings(**settings),
        "trust": TrustSettings(anchors=(root,)),
        "storage": storage or StorageSettings(),
    }
    installed = an_installation(base, duplicates=duplicates).model_copy(update=changed)
    disk, app = OnDisk.of(installed), DiskApp(base)
    await asyncio.to_thread(disk.begin)
    tools = replace(
        app.tools,
        ledger=disk.ledger,
        shelf=disk.shelf,
        originals=disk.shelf,
        outbox=disk.outbox,
        quarantine=disk.quarantine,
        freezes=disk.freezes,
        routes={INVOICES: app.memory.route},
        verifier=MeasuringVerifier(app),
    )

    intake = intake_of(installed, disk, limit=lambda: None, observe=lambda _: None, inspectors=INSPECTORS)
    handing_in = handing_in_of(installed, disk, intake)
    context = api_of(installed, disk, tools, handing_in=handing_in, intake=intake, limit=lambda: None)
    pages, door = web.Application(), listen("127.0.0.1", 0)
    pages.add_subapp(PREFIX, api_application(context))
    url = f"http://127.0.0.1:{door.getsockname()[1]}{PREFIX}"
    async with served(pages, door), ClientSession(auto_decompress=False) as session:
        server = ApiServer(url, installed, disk, app, tools, disk.keys, intake, handing_in, session)
        _, server.token = await server.key()
        await server.indexed()
        try:
            yield server
        finally:
            await handing_in.close()
