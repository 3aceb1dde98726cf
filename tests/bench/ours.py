"""Our own cost: the real house without a desk, from files in the inbox to closed batches."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import SecretStr

from config.settings import Settings
from jobs.approve import authorization_request
from jobs.history import History
from jobs.lifecycle import State
from jobs.model import Authorization, Seal
from jobs.names import RouteName
from jobs.ports import Story
from worker.demo.plan import ROUTE, write_plan
from worker.demo.practice_vendor import Persona, PracticeVendor
from worker.eparaksts.enrolment import enrol
from worker.on_disk import utc_now
from worker.queue.workers import working
from worker.vendor import client_of
from worker.wiring import House, opened

REDIRECT_URI = "http://127.0.0.1:9/callback"
"""Registered, and never called: the practice vendor approves unasked, and the code stands in its redirect."""


async def code_from(http: aiohttp.ClientSession, url: str) -> SecretStr:
    """The one-time code that the practice vendor gives to a person who approves everything."""
    async with http.get(url, allow_redirects=False) as reply:
        (code,) = parse_qs(urlsplit(reply.headers["Location"]).query)["code"]
        return SecretStr(code)


async def enrolled(settings: Settings, persona: Persona, label: str) -> Seal:
    """Enrol the practice seal without a desk."""
    async with aiohttp.ClientSession() as http, client_of(settings, lambda _: (Path(), Path())) as client:
        token = await client.platform.exchange(await code_from(http, client.platform.identification_url("s")))
        (holder,) = settings.routes[ROUTE].approvers
        return await enrol(client.platform, token, label, holder, utc_now())


async def seal_all(house: House, http: aiohttp.ClientSession, consent, files: int) -> None:
    """Sweep the inbox, then tell every story until all batches are closed."""
    await house.intake.sweep()
    await house.tools.doorbell.ring(Story.GATHER, ROUTE)
    while True:
        histories = [await house.tools.ledger.read(batch) for batch in await house.tools.ledger.unclosed()]
        for history in histories:
            if history.state is State.PREPARED:
                await house.desk.approvals.granted(await _authorized(history, house, http, consent))
        if not histories and await house.tools.ledger.latest(ROUTE):
            return
        await asyncio.sleep(0.05)
