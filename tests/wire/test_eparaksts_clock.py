"""How far our clock and the vendor's are apart, by the Date of its answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from sandbox.app import listening
from sandbox.settings import RegisteredClient, Settings
from tests.support.small import MemoryLimits
from worker.eparaksts.client import connect
from worker.eparaksts.operations import Endpoints
from worker.eparaksts.tokens import Credentials

pytestmark = pytest.mark.asyncio

DAY = timedelta(days=1)


@pytest.mark.parametrize("theirs", [DAY, -DAY, timedelta(0)])
async def test_a_clock_that_is_wrong_by_a_day_is_seen_from_any_answer(tmp_path: Path, theirs: timedelta) -> None:
    steps = [theirs]
    registered = RegisteredClient(client_id="zimogs", client_secret="secret", redirect_uris=("https://x/callback",))
    async with (
        listening(Settings(clients=(registered,)), tmp_path, now=lambda: datetime.now(UTC) + steps[-1]) as sandbox,
        connect(
            Endpoints(sandbox.url, sandbox.url),
            Credentials("zimogs", SecretStr("secret")),
            redirect_uri="https://x/callback",
            limits=MemoryLimits(),
            paths_of=lambda _: (tmp_path, tmp_path),
        ) as client,
    ):
        offset = await client.service.clock_offset()
        assert offset is not None
        assert abs(offset + theirs) < timedelta(minutes=1)
        # Once the clocks agree again, that is seen at the next look.
        steps.append(timedelta(0))
        offset = await client.service.clock_offset()
        assert offset is not None
        assert abs(offset) < timedelta(minutes=1)
