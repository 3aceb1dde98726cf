"""What machines in networks of their own stand on: cables that are cut and lead somewhere again, and what passes on."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE
from tests.torture.balancer import balanced
from tests.torture.network import Cut, Network, enter, find_obstacle, networks

_SOON = 0.2  # seconds in which over a cable of no length an answer comes, if one comes at all


def _call(network: Network, server: socket.socket, patience: float = PATIENCE) -> str:
    """What comes of a call from in there: the word that was sent, or the error."""

    def call() -> str:
        with socket.create_connection(server.getsockname(), timeout=patience) as line:
            line.sendall(b"word")
            # Up to its end, behind which the other side has closed it.
            return b"".join(iter(partial(line.recv, 4), b"")).decode()

    try:
        return network.inside.submit(call).result()
    except OSError as error:
        return type(error).__name__


async def test_a_cable_that_is_cut_carries_nothing_until_it_is_plugged_in_again_and_the_other_one_goes_on() -> None:
    if obstacle := find_obstacle():
        pytest.skip(obstacle)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(4))
        writer.close()
        await writer.wait_closed()

    with networks(2) as (one, other):
        async with await asyncio.start_server(echo, one.servers, 0) as server:
            (listener,) = server.sockets
            for how, error in ((Cut.SILENT, "TimeoutError"), (Cut.DOWN, "OSError")):
                assert [await asyncio.to_thread(_call, each, listener) for each in (one, other)] == ["word", "word"]
                one.cut(how)
                assert await asyncio.to_thread(_call, one, listener, _SOON) == error
                assert await asyncio.to_thread(_call, other, listener) == "word"
                one.plug()
        devices = {name for _, name in socket.if_nameindex()}
        assert one.inside.submit(lambda: {name for _, name in socket.if_nameindex()}).result() == {"lo", "cable"}
    assert devices - {name for _, name in socket.if_nameindex()} == {one.device, other.device}


async def test_a_process_enters_the_network_of_its_machine() -> None:
    if obstacle := find_obstacle():
        pytest.skip(obstacle)

    def look() -> set[str]:
        enter(network.path)
        return {name for _, name in socket.if_nameindex()}

    with networks(1) as (network,), ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(look).result() == {"lo", "cable"}


async def test_connections_go_to_whoever_lives_behind_a_port_or_a_socket_file(tmp_path: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"here")
        writer.close()

    server = await asyncio.start_unix_server(answer, tmp_path / "living")
    with socket.socket() as dead:
        dead.bind(("127.0.0.1", 0))
        targets = [f"http://127.0.0.1:{dead.getsockname()[1]}", f"unix://{tmp_path}/living"]
        async with balanced("http://127.0.0.1:0", targets) as address:
            port = int(address.rpartition(":")[2])
            for _ in targets:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert await reader.read() == b"here"
                writer.close()
    server.close()


async def test_who_waits_for_an_answer_in_vain_is_told_by_the_end_of_the_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        target = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with balanced("http://127.0.0.1:0", [target], silence=0.01) as address:
            reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
