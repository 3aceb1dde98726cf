"""A seal that is enrolled without a desk, and the case that a route with it makes."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import SecretStr

from config.settings import Settings
from jobs.model.seals import Seal
from tests.bench.case import Case
from worker.app.on_disk import OnDisk
from worker.app.vendor import client_of
from worker.clock import utc_now
from worker.demo.plan import ROUTE
from worker.eparaksts.enrolment import enrol


async def enrol_seal(settings: Settings) -> Seal:
    """Enrol the route's seal at a practice vendor that approves unasked."""
    (holder,) = settings.routes[ROUTE].approvers
    limits = OnDisk.of(settings).limits
    async with (
        client_of(settings, lambda _: (Path(), Path()), limits=limits) as client,
        aiohttp.ClientSession() as http,
    ):
        url = client.platform.identification_url("s")
        async with http.get(url, allow_redirects=False) as reply:
            code = SecretStr(parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0])
        token = await client.platform.exchange(code)
        return await enrol(client.platform, token, settings.routes[ROUTE].seal, holder, utc_now())


def case_of(settings: Settings, seal: Seal) -> Case:
    """What a client needs to seal as the route does."""
    vendor = settings.eparaksts
    return Case(
        url=vendor.signapi_url,
        client_id=vendor.client_id,
        client_secret=vendor.client_secret.get_secret_value(),
        redirect_uri=settings.desk.redirect_uri,
        identity=seal.identity,
        certificate=seal.certificate,
        authentication_certificate=seal.authentication_certificate,
        format=settings.routes[ROUTE].profile.format,
    )
