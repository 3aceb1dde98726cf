"""TLS before the practice vendor, on loopback: a certificate authority of one bench, and a process that decrypts."""

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_HOST = "127.0.0.1"
_BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class TlsDoor:
    """Where the vendor is reached over TLS, and the root that clients must trust."""

    url: str
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """What has a program trust the root, and nothing else (OpenSSL, SSL_CTX_set_default_verify_paths(3))."""
        return {"SSL_CERT_FILE": str(self.root)}


@asynccontextmanager
async def tls_door(folder: Path, port: int) -> AsyncIterator[TlsDoor]:
    """Have a process pass on what comes over TLS to the port, for the time of the block."""
    await asyncio.to_thread(_write_certificate, folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.tls", str(folder), str(port)), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        yield TlsDoor(f"https://{_HOST}:{int(line)}", folder / "root.pem")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _write_certificate(folder: Path) -> None:
    """A root and a server certificate that lives for a day (RFC 5280 §4.2)."""
    folder.mkdir(parents=True, exist_ok=True)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "zimogs bench")])
    authority = x509.BasicConstraints(ca=True, path_length=0)
    root = _builder(name, root_key.public_key()).add_extension(authority, critical=True).sign(root_key, hashes.SHA256())
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _HOST)])
    server = (
        _builder(name, key.public_key(), subject)
        .add_extension(host, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "server.pem").write_bytes(server.public_bytes(Encoding.PEM) + private)


def _builder(
    issuer: x509.Name, key: ec.EllipticCurvePublicKey, subject: x509.Name | None = None
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject or issuer)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


async def _serve(folder: Path, port: int) -> None:
    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_vendor, to_vendor = await asyncio.open_connection(_HOST, port)
        await asyncio.gather(_copy(reader, to_vendor), _copy(from_vendor, writer))

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem")
    server = await asyncio.start_server(pass_on, _HOST, 0, ssl=context, limit=_BLOCK)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
    with suppress(OSError):
        writer.close()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2])))
