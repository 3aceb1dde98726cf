"""A desk on a real socket beside a practice vendor on another, with everything behind the desk in reach of the test."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from config import sections
from jobs.gather import gather
from jobs.model.digest import Digest
from jobs.model.documents import Document, Limits, Route
from jobs.model.history import History
from jobs.model.names import BatchId, PersonalCode, RouteName
from jobs.model.seals import Seal
from jobs.ports import Tools
from jobs.prepare import prepare
from sandbox.app import listening
from sandbox.settings import RegisteredClient as Registered
from sandbox.settings import Settings
from sandbox.vendor import Vendor
from tests.sandbox.integration import Clock
from tests.sandbox.practice import an_invoice
from tests.support.builders import ANNA, INVOICES, a_document_id
from tests.support.desk import MemoryApprovals, MemoryGathering, document_tools
from tests.support.dialogs import MemoryDialogs
from tests.support.index import fill_index
from tests.support.ledger import MemoryLedger
from tests.support.originals import MemoryOriginals
from tests.support.quarantine import MemoryQuarantine
from tests.support.shelf import MemoryShelf
from tests.support.sittings import MemorySittings
from tests.support.small import MemoryDoorbell, MemoryLimits, MemoryStandstills, MemoryVerifier
from tests.whole.browser import Browser, Page
from worker.app.serving import listen, served
from worker.desk.application import desk_application
from worker.desk.consent import PlatformConsent
from worker.desk.ports import DeskContext
from worker.eparaksts.client import VendorClient, connect
from worker.eparaksts.operations import Endpoints
from worker.eparaksts.tokens import Credentials
from worker.preview import Previews
from worker.preview.cache import PreviewCache
from worker.preview.drawer import Drawer
from worker.storage.ended_sessions import DiskEndedSessions
from worker.storage.freezes import FreezeBook
from worker.storage.index.batch_index import BatchIndex
from worker.storage.layout import Layout
from worker.storage.originals import KeptOriginals
from worker.storage.outbox import DiskOutbox
from worker.storage.people import PeopleBook
from worker.storage.same_content import ContentSearch
from worker.storage.seals import SealBook
from worker.storage.untaken import UntakenList

LABEL = "CN:SIA PARAUGS (P-256): eZīmogs"
PASSWORD = "parole"
FRESH_FOR = timedelta(minutes=5)


@dataclass
class Site:
    """The desk at `url`, and what stands behind it. `routes` may be changed while it is open."""

    url: str
    routes: dict[RouteName, Route]
    desk: DeskContext
    tools: Tools
    vendor: Vendor
    ledger: MemoryLedger
    shelf: MemoryShelf
    doorbell: MemoryDoorbell
    quarantine: MemoryQuarantine
    approvals: MemoryApprovals
    gathering: MemoryGathering
    seals: SealBook
    previews: Previews
    standstills: MemoryStandstills
    clock: Clock
    folder: Path

    @property
    def route(self) -> Route:
        return self.routes[INVOICES]

    def approved_by(self, *people: PersonalCode) -> None:
        """Name other approvers, as a new configuration would."""
        self.routes[INVOICES] = self.route.model_copy(update={"approvers": frozenset(people)})

    # Documents and batches

    def drop(self, *names: str) -> list[Document]:
        """Have documents waiting, with their originals on disk."""
        documents = [self._document(number, name) for number, name in enumerate(names, start=1)]
        self.shelf.admit(*documents)
        return documents

    async def gathered(self, names: Sequence[str] = ("one.pdf", "two.pdf")) -> BatchId:
        self.drop(*names)
        (batch,) = await gather(self.route, self.tools, at_once=True)
        return batch

    async def prepared(self, names: Sequence[str] = ("one.pdf", "two.pdf")) -> BatchId:
        """A batch that waits for approval, with real digests of the practice vendor."""
        await self.enrolled()
        batch = await self.gathered(names)
        await prepare(batch, self.tools)
        return batch

    async def history(self, batch: BatchId) -> History:
        return await self.ledger.read(batch)

    def place(self, document: Document) -> tuple[Path, Path]:
        place = Layout(self.folder / "data").place(document.id)
        return place.original, place.sealed

    def _document(self, number: int, name: str) -> Document:
        content = an_invoice(number)
        document = Document(
            id=a_document_id(number + 100 * len(self.ledger.entries)),
            route=INVOICES,
            name=name,
            size=len(content),
            sha256=Digest.sha256(content),
            received_at=self.clock(),
        )
        self.place(document)[0].write_bytes(content)
        return document

    async def enrolled(self) -> Seal:
        """The practice person's seal with its real certificates, as enrolling it keeps it."""
        anna = self.vendor.people["anna"]
        identity = next(identity for identity in anna.seals if f"CN:{identity.common_name}" == LABEL)
        phone = next(identity for identity in anna.identities if identity.description == "eparaksts:mobileid:auth")
        seal = Seal(
            label=self.route.seal,
            identity=identity.id,
            certificate=base64.b64encode(identity.credential.certificate_der).decode(),
            authentication_certificate=base64.b64encode(phone.credential.certificate_der).decode(),
            holder=ANNA,
            enrolled_at=self.clock(),
        )
        await self.seals.save(seal)
        return seal

    async def indexed(self) -> None:
        """Have the index of all batches stand as the ledger does."""
        await fill_index(self.desk.index, self.ledger)

    # What a person does

    async def sign_in(self, browser: Browser, login: str = "anna") -> Page:
        welcome = await browser.open(f"{self.url}/")
        return await self.log_in(browser, await browser.submit(welcome, "/sign-in"), login)

    async def log_in(self, browser: Browser, how: Page, login: str) -> Page:
        """Go through the vendor's pages, from its question how to log in, with the app on a phone."""
        who = await browser.submit(how, "/oauth/", {"method": "mobileid"})
        phone = await browser.submit(who, "/oauth/", {"login": login})
        return await browser.submit(phone, "/oauth/", {"action": "confirm"})

    async def enrol(self, browser: Browser) -> Page:
        overview = await browser.open(f"{self.url}/")
        return await browser.submit(overview, "/seals/enrol")

    async def ask(self, browser: Browser, batch: BatchId) -> Page:
        """Press “Approve” and arrive at the vendor's question for the key password."""
        page = await browser.open(f"{self.url}/batches/{batch}")
        return await browser.submit(page, "/approve")

    async def approve(self, browser: Browser, batch: BatchId) -> Page:
        question = await self.ask(browser, batch)
        return await browser.submit(question, "/oauth/", {"action": "approve", "password": PASSWORD})


@asynccontextmanager
async def a_site(
    state: Path, folder: Path, *, approvers: frozenset[PersonalCode] = frozenset({ANNA}), seal: str = LABEL
) -> AsyncIterator[Site]:
    """Open desk and vendor for the time of the block; `state` keeps the vendor's keys."""
    listener = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings, clock = sections.Desk(public_url=url), Clock(datetime.now(UTC))
    layout = Layout(folder / "data")
    layout.shelf.mkdir(parents=True)
    registered = Registered(client_id="practice", client_secret="secret", redirect_uris=(settings.redirect_uri,))
    async with (
        listening(Settings(clients=(registered,)), state, now=clock) as sandbox,
        connect(
            Endpoints(sandbox.url, sandbox.url),
            Credentials("practice", SecretStr("secret")),
            redirect_uri=settings.redirect_uri,
            limits=MemoryLimits(),
            paths_of=lambda document: (layout.place(document.id).original, layout.place(document.id).sealed),
            now=clock,
        ) as client,
    ):
        route = Route(name=INVOICES, seal=seal, limits=Limits(), approvers=approvers)
        site = _furnished(
            url=url,
            settings=settings,
            client=client,
            vendor=sandbox.vendor,
            clock=clock,
            folder=folder,
            routes={INVOICES: route},
        )
        async with served(desk_application(site.desk), listener):
            yield site
        site.previews.close()


def _furnished(
    *,
    url: str,
    settings: sections.Desk,
    client: VendorClient,
    vendor: Vendor,
    clock: Clock,
    folder: Path,
    routes: dict[RouteName, Route],
) -> Site:
    ledger, shelf, doorbell, quarantine = MemoryLedger(), MemoryShelf(), MemoryDoorbell(), MemoryQuarantine()
    standstills, layout, index = MemoryStandstills(), Layout(folder / "data"), BatchIndex(folder)
    outbox, originals = DiskOutbox(folder / "outbox", layout), KeptOriginals(layout)
    cache = PreviewCache(layout.root / "previews", most=settings.preview_bytes, life=settings.preview_life)
    previews = Previews(originals, cache, Drawer())
    approvals, gathering, seals = MemoryApprovals(), MemoryGathering(), SealBook(folder / "seals")
    tools = Tools(
        ledger=ledger,
        shelf=shelf,
        service=client.service,
        verifier=MemoryVerifier({}),
        outbox=outbox,
        quarantine=quarantine,
        originals=MemoryOriginals(),
        seals=seals,
        doorbell=doorbell,
        freezes=FreezeBook(folder / "freezes"),
        limits=MemoryLimits(),
        routes=routes,
        now=clock,
        age=lambda at: max(timedelta(0), clock() - at),
    )
    desk = DeskContext(
        tools=tools,
        consent=PlatformConsent(client.platform, flow=None, now=clock),
        dialogs=MemoryDialogs(clock),
        sittings=MemorySittings(),
        approvals=approvals,
        gathering=gathering,
        settings=settings,
        fresh_for=FRESH_FOR,
        steady=clock,
        people=PeopleBook(folder / "people"),
        ended_sessions=DiskEndedSessions(folder / "signed-out", settings.session_life),
        session_key=b"k" * 32,
        untaken=UntakenList(folder / "data").read,
        standstills=standstills.all,
        index=index,
        documents=document_tools(folder),
        originals=originals,
        previews=previews,
        find_same_content=ContentSearch(index, outbox.deliveries_of).find,
    )
    return Site(
        url=url,
        routes=routes,
        desk=desk,
        tools=tools,
        vendor=vendor,
        ledger=ledger,
        shelf=shelf,
        doorbell=doorbell,
        quarantine=quarantine,
        approvals=approvals,
        gathering=gathering,
        seals=seals,
        previews=previews,
        standstills=standstills,
        clock=clock,
        folder=folder,
    )
