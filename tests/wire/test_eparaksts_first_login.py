"""After a first login the platform lists a person's identities late (§3.5)."""

from typing import Any

import pytest
from aiohttp import web

from jobs.model.errors import Permanent
from tests.wire.practice import Practice, answering

MISSING: dict[str, Any] = {"sub": "x"}
EMPTY: dict[str, Any] = {"sub": "x", "sign_identities": []}
LISTED: dict[str, Any] = {"sub": "x", "sign_identities": [{"id": "one", "labels": ["qsealc"]}]}


async def test_identities_that_come_late_are_waited_for(practice: Practice) -> None:
    answers = iter([MISSING, EMPTY, LISTED])

    async def slow(_: web.Request) -> web.Response:
        return web.json_response(next(answers))

    token = await practice.login()
    async with answering(slow) as url, practice.connected(url) as client:
        (identity,) = await client.platform.identities(token)
    assert identity.id == "one"
    assert practice.pauses == [2.0, 2.0]


async def test_identities_that_never_come_are_permanent(practice: Practice) -> None:
    async def never(_: web.Request) -> web.Response:
        return web.json_response(MISSING)

    token = await practice.login()
    async with answering(never) as url, practice.connected(url) as client:
        with pytest.raises(Permanent, match="lists no sign identities"):
            await client.platform.identities(token)
    assert practice.pauses == [2.0] * 4
