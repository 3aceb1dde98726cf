"""Our own cost: the real app without a desk, from files in the inbox to closed batches."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import SecretStr

from config.settings import Settings
from jobs.approve import authorization_request
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, PersonalCode
from jobs.model.seals import Authorization, Seal
from worker.app.vendor import client_of
from worker.app.wiring import App
from worker.clock import utc_now
from worker.demo.plan import ROUTE
from worker.eparaksts.enrolment import enrol
from worker.eparaksts.platform import Platform
from worker.inbox.intake import Intake

_LOOK = 0.1  # seconds between two looks at the ledger


async def enrolled(settings: Settings, http: aiohttp.ClientSession) -> Seal:
    """Enrol the route's seal without a desk."""
    (holder,) = settings.routes[ROUTE].approvers
    async with client_of(settings, lambda _: (Path(), Path())) as client:
        token = await client.platform.exchange(await _code(http, client.platform.identification_url("s")))
        return await enrol(client.platform, token, settings.routes[ROUTE].seal, holder, utc_now())


@dataclass(frozen=True, slots=True)
class Ours:
    """A app whose approver consents the moment a batch is prepared."""

    app: App
    intake: Intake
    platform: Platform
    approver: PersonalCode
    http: aiohttp.ClientSession

    async def run(self) -> None:
        """Take in what lies in the inbox, and bring all of it to its end."""
        ledger = self.app.tools.ledger
        await self.intake.rescan()
        await self.app.desk.gathering.gather_now(ROUTE)
        waiting, approved = True, set[BatchId]()
        while waiting:
            await asyncio.sleep(_LOOK)
            open_batches = await ledger.open_batches()
            for batch in set(open_batches) - approved:
                history = await ledger.read(batch)
                if history.state is State.PREPARED:
                    approved.add(batch)
                    await self._approve(history)
            waiting = bool(open_batches) or not approved

    async def _approve(self, history: History) -> None:
        route, now = self.app.tools.routes[ROUTE], self.app.tools.now()
        request = authorization_request(history, self.approver, route, now=now, freeze=None)
        code = await _code(self.http, self.platform.authorization_url(request, "s"))
        await self.app.desk.approvals.enqueue_sealing(
            Authorization(
                batch=history.batch, approver=self.approver, summary=request.summary, code=code, granted_at=utc_now()
            )
        )


async def _code(http: aiohttp.ClientSession, url: str) -> SecretStr:
    """The practice vendor approves unasked, so the code stands in its redirect."""
    async with http.get(url, allow_redirects=False) as reply:
        return SecretStr(parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0])
