"""What a client must know to have documents sealed: addresses, credentials, and whose seal."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import SecretStr

from config.settings import Settings
from jobs.model.seals import Seal
from worker.app.vendor import client_of
from worker.clock import utc_now
from worker.demo.plan import ROUTE
from worker.eparaksts.enrolment import enrol


@dataclass(frozen=True, slots=True)
class Case:
    """Plain texts alone, so that a client can be a program that loads nothing of zimogs. `format` is pdf or edoc."""

    url: str
    client_id: str
    client_secret: str
    redirect_uri: str
    identity: str
    certificate: str
    authentication_certificate: str
    format: str

    @classmethod
    def of(cls, settings: Settings, seal: Seal) -> Self:
        """The case of a route of these settings, whose seal is enrolled."""
        vendor = settings.eparaksts
        return cls(
            url=vendor.signapi_url,
            client_id=vendor.client_id,
            client_secret=vendor.client_secret.get_secret_value(),
            redirect_uri=settings.desk.redirect_uri,
            identity=seal.identity,
            certificate=seal.certificate,
            authentication_certificate=seal.authentication_certificate,
            format=settings.routes[ROUTE].profile.format,
        )

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))


async def enrolled(settings: Settings) -> Seal:
    """Enrol the route's seal without a desk, at a practice vendor that approves unasked."""
    (holder,) = settings.routes[ROUTE].approvers
    async with client_of(settings, lambda _: (Path(), Path())) as client, aiohttp.ClientSession() as http:
        url = client.platform.identification_url("s")
        async with http.get(url, allow_redirects=False) as reply:
            code = SecretStr(parse_qs(urlsplit(reply.headers["Location"]).query)["code"][0])
        token = await client.platform.exchange(code)
        return await enrol(client.platform, token, settings.routes[ROUTE].seal, holder, utc_now())
