"""The practice vendor as a process of its own, as the real one would be: reached over HTTP and in no other way."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import BaseModel, ConfigDict

from worker.demo import NO_PRACTICE_VENDOR

START_TIMEOUT = 60  # seconds; making RSA keys for the first time is slow on a small machine


class PracticeSeal(BaseModel):
    """A seal that a practice person may use."""

    label: str
    key: str


class Persona(BaseModel):
    """A practice person: how to log in, and the password of their seals' keys."""

    login: str
    password: str
    personal_code: str
    seals: tuple[PracticeSeal, ...]


class PracticeVendor(BaseModel):
    """What the practice vendor announced when it was ready."""

    model_config = ConfigDict(frozen=True)

    platform_url: str
    signapi_url: str
    client_id: str
    client_secret: str
    root_certificate: Path
    personas: tuple[Persona, ...]
    pid: int

    def holder_of(self, key: str) -> tuple[Persona, PracticeSeal]:
        """Find a person with a seal of that key. Raises LookupError."""
        for persona in self.personas:
            for seal in persona.seals:
                if seal.key == key:
                    return persona, seal
        raise LookupError(f"no practice person has a seal with the key {key}")

    async def counters(self) -> dict[str, Any]:
        """How many authorizations and signature calls the vendor itself counted."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.platform_url}/sandbox/counters") as reply:
            counts: dict[str, Any] = await reply.json()
            return counts


class PracticeVendorError(Exception):
    """The practice vendor did not start; the message holds what it said."""


@asynccontextmanager
async def practice_vendor(state: Path, redirect_uri: str, *options: str) -> AsyncIterator[PracticeVendor]:
    """Have the practice vendor running for the time of the block. Raises PracticeVendorError."""
    if find_spec("sandbox") is None:
        raise PracticeVendorError(NO_PRACTICE_VENDOR)
    command = ["-m", "sandbox", "--port", "0", "--json", "--state", str(state), "--redirect-uri", redirect_uri]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, *options, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    try:
        if process.stdout is None:
            raise PracticeVendorError("the practice vendor has no output")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_TIMEOUT)
            vendor = PracticeVendor.model_validate(json.loads(line))
        except (TimeoutError, ValueError) as error:
            raise PracticeVendorError("the practice vendor did not start; what it said stands above") from error
        yield vendor
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
