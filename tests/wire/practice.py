"""One client of ours and one practice vendor, over real HTTP; nothing waits, everything is written down."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from yarl import URL

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.names import BatchId
from jobs.model.records import Prepared, PreparedDocument
from jobs.model.seals import Authorization, AuthorizationRequest, Seal
from sandbox.app import listening
from sandbox.settings import RegisteredClient as Registered
from sandbox.settings import Settings
from sandbox.vendor import Vendor
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind, Rule, Weather
from tests.sandbox.practice import an_invoice
from tests.support.builders import ANNA, INVOICES, NOON, a_document_id
from tests.support.small import MemoryLimits
from worker.eparaksts.client import VendorClient, connect
from worker.eparaksts.enrolment import enrol
from worker.eparaksts.identities import PersonalPurpose
from worker.eparaksts.operations import CallOutcome, Endpoints, Operation
from worker.eparaksts.pkce import new_verifier
from worker.eparaksts.tokens import Credentials, Token

SECRET = "s3cret:+%"
REGISTERED = Registered(client_id="klients ā", client_secret=SECRET, redirect_uris=("http://127.0.0.1:8400/callback",))
P256, P384 = "CN:SIA PARAUGS (P-256): eZīmogs", "SIA PARAUGS (P-384) :eZīmogs"
RSA2048, RSA3072 = "SIA PARAUGS (RSA-2048): eZīmogs", "CN:SIA PARAUGS (RSA-3072):eZīmogs"
BATCH = BatchId("invoices-000001")
PDF = Profile()
NO_OPTIONS: Mapping[str, Any] = {}


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Practice:
    """Everything a test may touch."""

    vendor: Vendor
    folder: Path
    browser: aiohttp.ClientSession
    registered: Registered = REGISTERED
    pkce: bool = True
    client: VendorClient = field(init=False)
    limits: MemoryLimits = field(default_factory=MemoryLimits)
    pauses: list[float] = field(default_factory=list)
    retried: list[Operation] = field(default_factory=list)
    observed: list[tuple[Operation, CallOutcome]] = field(default_factory=list)

    def connected(self, url: str, **options: Any) -> AbstractAsyncContextManager[VendorClient]:
        """A client of the vendor at that address, whose pauses take no time and are written down here."""

        async def pause(seconds: float) -> None:
            self.pauses.append(seconds)

        return connect(
            Endpoints(url, url),
            Credentials(self.registered.client_id, SecretStr(self.registered.client_secret)),
            redirect_uri=self.registered.redirect_uris[0],
            limits=self.limits,
            paths_of=self.place,
            sleep=pause,
            on_retry=self.retried.append,
            observe=lambda operation, outcome, _: self.observed.append((operation, outcome)),
            **options,
        )

    # Weather

    def order(self, operation: At, kind: Kind, **rule: Any) -> None:
        """Let it happen to the next call of the operation only, unless `times` says otherwise."""
        self.vendor.schedule.set(Weather(rules=(Rule(operation=operation, kind=kind, **{"times": 1, **rule}),)))

    def calls(self, operation: At) -> int:
        """How often the vendor was called."""
        return self.vendor.counters.calls[operation]

    def outcomes(self, operation: Operation) -> list[CallOutcome]:
        return [outcome for observed, outcome in self.observed if observed is operation]

    # The shelf

    def document(self, number: int = 1, *, content: bytes | None = None, name: str | None = None) -> Document:
        """Put an original on the shelf."""
        content = an_invoice(number) if content is None else content
        document = Document(
            id=a_document_id(number),
            route=INVOICES,
            name=name or f"2026/rēķins {number}.pdf",
            size=len(content),
            sha256=Digest.sha256(content),
            received_at=NOON,
        )
        self.place(document)[0].write_bytes(content)
        return document

    def place(self, document: Document) -> tuple[Path, Path]:
        return self.folder / f"{document.id}.pdf", self.folder / f"{document.id}.sealed.pdf"

    # The person

    async def code(self, url: str) -> SecretStr:
        """Open the address in a browser whose person agrees to everything."""
        async with self.browser.get(URL(url, encoded=True), allow_redirects=False) as reply:
            assert reply.status == 302, await reply.text()
            return SecretStr(URL(reply.headers["Location"]).query["code"])

    async def login(self) -> Token:
        platform, verifier = self.client.platform, self.verifier()
        url = platform.identification_url("state-1", verifier=verifier, ui_locales="lv")
        return await platform.exchange(await self.code(url), verifier)

    def verifier(self) -> SecretStr | None:
        return SecretStr(new_verifier()) if self.pkce else None

    async def seal(self, label: str = P256, timestamps_by: PersonalPurpose = PersonalPurpose.AUTHENTICATION) -> Seal:
        return await enrol(self.client.platform, await self.login(), label, ANNA, NOON, timestamps_by=timestamps_by)

    async def consent(self, prepared: Prepared) -> Authorization:
        request = AuthorizationRequest(
            batch=BATCH,
            identity=prepared.seal.identity,
            summary=prepared.summary,
            summary_algorithm=prepared.summary_algorithm,
        )
        verifier = self.verifier()
        code = await self.code(self.client.platform.authorization_url(request, "state-2", verifier=verifier))
        return Authorization(
            batch=BATCH,
            approver=ANNA,
            summary=prepared.summary,
            code=code,
            code_verifier=verifier,
            granted_at=NOON,
        )

    async def signing_token(self, prepared: Prepared) -> Token:
        consent = await self.consent(prepared)
        return await self.client.platform.exchange(consent.code, consent.code_verifier)

    # The way of a batch, as far as a test wants to go

    async def prepare(
        self, documents: Sequence[Document], seal: Seal | None = None, profile: Profile = PDF
    ) -> Prepared:
        service, seal = self.client.service, seal or await self.seal()
        sessions = dict(zip(await service.open_sessions(len(documents)), documents, strict=True))
        await asyncio.gather(*(service.upload(session, document, profile) for session, document in sessions.items()))
        digests = await service.digests(tuple(sessions), seal, profile)
        return Prepared(
            at=NOON,
            documents=tuple(
                PreparedDocument(document=sessions[each.session].id, session=each.session, digest=each.digest)
                for each in digests.digests
            ),
            seal=seal,
            summary=digests.summary,
            summary_algorithm=digests.summary_algorithm,
            signature_algorithm=digests.signature_algorithm,
            expires_at=NOON + timedelta(days=1),
        )

    async def sign(self, prepared: Prepared) -> dict[str, SignatureValue]:
        values = await self.client.service.sign(prepared, await self.consent(prepared))
        return {item.session: value for item, value in zip(prepared.documents, values, strict=True)}


@asynccontextmanager
async def practising(
    state: Path,
    folder: Path,
    *,
    now: Callable[[], datetime] = utc_now,
    client: Mapping[str, Any] = NO_OPTIONS,
    **settings: Any,
) -> AsyncIterator[Practice]:
    """A vendor with one person, Anna, who agrees to everything unasked; `client` holds options of ours."""
    practised = Settings(**({"clients": (REGISTERED,), "auto_approve": "anna"} | settings))
    async with (
        listening(practised, state, now=now) as sandbox,
        aiohttp.ClientSession() as browser,
    ):
        practice = Practice(sandbox.vendor, folder, browser, practised.clients[0])
        async with practice.connected(sandbox.url, **{"now": now, **client}) as practice.client:
            yield practice


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """A vendor that answers everything in one way."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
