"""The API on a listener of its own, so that a firewall, or a flood, parts programs from people."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import ClientSession

from config.reading import read_settings
from tests.support.pki import the_authority
from tests.whole.running_app import reserved_address
from tests.whole.test_commands import SETTINGS
from worker.api.addresses import PREFIX
from worker.app.running import Part, running
from worker.app.serving import listen

FEW = 3


async def test_programs_and_people_are_apart_and_a_flood_of_the_ones_leaves_the_others_in_peace(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_bytes(the_authority().root_pem)
    async with reserved_address() as address, ClientSession() as session:
        port, config = urlsplit(address).port, tmp_path / "zimogs.toml"
        config.write_text(f"{SETTINGS}\n[api]\nport = {port}\n[desk]\nconnections = {FEW}\n", encoding="utf-8")
        async with running(read_settings(config), frozenset({Part.DESK}), listen("127.0.0.1", 0)) as app:
            for where, path, status in (
                (address, f"{PREFIX}/routes", 401),
                (app.address, f"{PREFIX}/routes", 404),
                (address, "/", 404),
                (app.address, "/", 200),
            ):
                assert (await session.get(f"{where}{path}", allow_redirects=False)).status == status, (where, path)
            flood = [await asyncio.open_connection("127.0.0.1", port) for _ in range(FEW + 1)]
            async with ClientSession() as person:
                assert (await person.get(f"{app.address}/")).status == 200
            for _, writer in flood:
                writer.close()
