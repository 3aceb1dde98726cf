"""Other people's clients of the real platform go the whole way at the practice vendor: their calls, replayed.

Without a word about variants a client goes on default settings. What another one needs stands in its test.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509

from sandbox.app import RunningVendor, listening
from sandbox.encoding import decode_base64, encode_base64
from sandbox.pki import verifies
from sandbox.settings import RegisteredClient, Settings
from tests.sandbox.integration import a_pdf
from tests.sandbox.sealing import with_files
from tests.sandbox.verifiers import lt_verdicts, openssl_verifies_timestamp
from tests.sandbox.xades_verifiers import xmlsec1_accepts
from tests.wire.clients import java, manual
from tests.wire.clients.calling import Client, Stumble
from tests.wire.clients.go import Signer
from tests.wire.clients.laravel import EarlyLaravel, LateLaravel
from tests.wire.clients.php import FirstPhp, ThirdPhp

ONE, TWO = a_pdf("Rēķins 1"), a_pdf("Rēķins 2")
TEXT = "līgums".encode()
CALLBACK = "https://desk.example/callback"
Visit = Callable[..., AbstractAsyncContextManager[tuple[Client, RunningVendor]]]


@pytest.fixture
def visit(vendor_state: Path) -> Visit:
    """Return how to open a practice vendor for a client of this kind: as it is by default, but for what is named."""

    @asynccontextmanager
    async def opened(
        login: str = "anna", redirect_uris: tuple[str, ...] = (CALLBACK,), **variants: str
    ) -> AsyncIterator[tuple[Client, RunningVendor]]:
        registered = RegisteredClient(client_id="practice", client_secret="secret", redirect_uris=redirect_uris)
        settings = Settings(clients=(registered,), **({"variants": variants} if variants else {}))
        async with (
            listening(settings, vendor_state, now=lambda: datetime.now(UTC)) as vendor,
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
        ):
            yield Client(http, vendor.url, "practice", "secret", redirect_uris, login), vendor

    return opened


async def require_sealed(sealed: bytes, original: bytes, vendor: RunningVendor) -> None:
    """Let pyHanko judge a PDF by the vendor's root alone."""
    assert sealed.startswith(original)
    (verdict, *_) = await lt_verdicts(sealed, vendor.vendor.authority.root_pem, datetime.now(UTC))
    assert verdict.bottom_line


def is_archived(archived: bytes, original: bytes, vendor: RunningVendor, folder: Path) -> bool:
    """Let openssl judge a PDF's document timestamp by the vendor's root alone."""
    return archived.startswith(original) and openssl_verifies_timestamp(
        archived, 1, vendor.vendor.authority.root_pem, folder
    )


def is_sound_container(sealed: bytes, vendor: RunningVendor, folder: Path) -> bool:
    """Let xmlsec1 judge a container by the vendor's root alone."""
    container = folder / "sealed.edoc"
    container.write_bytes(sealed)
    return xmlsec1_accepts(container, vendor.vendor.authority.root_pem, folder)


# PHP, 0.1 and 0.3


async def test_php_0_1_seals_a_pdf_without_naming_its_redirect_uri(visit: Visit) -> None:
    async with visit() as (client, vendor):
        sealed = await FirstPhp(client).seal("rekins.pdf", ONE, key="signing", opener="mobileid:auth")
        await require_sealed(sealed, ONE, vendor)


async def test_php_0_1_seals_a_container(visit: Visit, tmp_path: Path) -> None:
    async with visit() as (client, vendor):
        sealed = await FirstPhp(client).seal("ligums.txt", TEXT, key="signing", opener="mobileid:auth")
        assert is_sound_container(sealed, vendor, tmp_path)


async def test_php_0_1_needs_to_have_registered_one_address_alone(visit: Visit) -> None:
    async with visit(redirect_uris=(CALLBACK, "https://desk.example/other")) as (client, _):
        with pytest.raises(Stumble, match="the browser shows 400"):
            await FirstPhp(client).seal("rekins.pdf", ONE, key="signing", opener="mobileid:auth")


async def test_php_0_3_seals_one_pdf(visit: Visit) -> None:
    async with visit() as (client, vendor):
        sealed = await ThirdPhp(client).seal("rēķins.pdf", ONE, key="qseal", opener="mobileid:auth")
        await require_sealed(sealed, ONE, vendor)


async def test_php_0_3_seals_and_archives_a_batch(visit: Visit, tmp_path: Path) -> None:
    async with visit() as (client, vendor):
        first, second = await ThirdPhp(client).seal_batch({"1.pdf": ONE, "2.pdf": TWO})
        assert vendor.vendor.counters.authorizations == 1
        assert is_archived(first, ONE, vendor, tmp_path)
        assert is_archived(second, TWO, vendor, tmp_path)


async def test_php_0_3_seals_a_hash(visit: Visit, tmp_path: Path) -> None:
    async with visit() as (client, vendor):
        empty = await ThirdPhp(client).seal_hash("līgums.txt", hashlib.sha256(TEXT).digest())
        assert is_sound_container(with_files(empty, {"līgums.txt": TEXT}), vendor, tmp_path)


# Laravel, 0.3.8 and 0.4.4


async def test_laravel_0_3_signs_where_a_persons_signing_certificate_opens_the_timestamp_service(visit: Visit) -> None:
    async with visit(auth_certificate="signing_too") as (client, vendor):
        (sealed,) = await EarlyLaravel(client).seal_documents({"rekins.pdf": ONE})
        await require_sealed(sealed, ONE, vendor)


async def test_laravel_0_4_seals_where_a_seals_own_certificate_opens_the_timestamp_service(visit: Visit) -> None:
    async with visit(auth_certificate="any") as (client, vendor):
        (sealed,) = await LateLaravel(client).seal_documents({"rēķins.pdf": ONE})
        await require_sealed(sealed, ONE, vendor)


async def test_laravel_0_4_seals_a_batch_where_its_reading_of_the_answer_is_right(visit: Visit) -> None:
    reading = {"auth_certificate": "any", "batch_reply": "bare_signatures", "signature_value": "twice_too"}
    async with visit(**reading) as (client, vendor):
        first, second = await LateLaravel(client).seal_documents({"1.pdf": ONE, "2.pdf": TWO})
        await require_sealed(first, ONE, vendor)
        await require_sealed(second, TWO, vendor)


@pytest.mark.parametrize("version", [EarlyLaravel, LateLaravel])
async def test_laravel_is_stopped_at_the_timestamp_service_as_the_guideline_has_it(visit: Visit, version: Any) -> None:
    async with visit() as (client, _):
        with pytest.raises(Stumble, match="The timestamp service refuses authCertificate"):
            await version(client).seal_documents({"rekins.pdf": ONE})


# Java


async def test_the_java_example_seals_a_container(visit: Visit, tmp_path: Path) -> None:
    async with visit() as (client, vendor):
        assert is_sound_container(await seal_by_java(client, vendor), vendor, tmp_path)


async def test_the_java_example_cannot_read_what_came_after_it(visit: Visit) -> None:
    async with visit(early_clients="as_today") as (client, vendor):
        with pytest.raises(Stumble, match="signature_algorithm"):
            await seal_by_java(client, vendor)


async def seal_by_java(client: Client, vendor: RunningVendor) -> bytes:
    """Seal with a key that is not asked for at the platform, as Smart-ID's is not."""
    anna = vendor.vendor.people["anna"]
    (own,) = [one for one in anna.identities if one.description == "eparaksts:serverid:sign"]
    (opener,) = [one for one in anna.identities if one.description == "eparaksts:mobileid:auth"]
    return await java.seal(
        client,
        "test.txt",
        b"123",
        signing=encode_base64(own.credential.certificate_der),
        auth=encode_base64(opener.credential.certificate_der),
        key=lambda digest: encode_base64(own.credential.sign_digest(decode_base64(digest))),
    )


# Go


async def test_the_go_signer_seals_a_batch_of_pdfs_and_archives_one(visit: Visit, tmp_path: Path) -> None:
    async with visit("janis") as (client, vendor):
        signer = Signer(client)
        sessions = [await signer.start() for _ in range(2)]
        for session, content in zip(sessions, (ONE, TWO), strict=True):
            await signer.upload(session, "rēķins.pdf", content)
        opener = await signer.seal(sessions, as_pdf=True)
        first, second = [await signer.fetch(session) for session in sessions]
        await require_sealed(first, ONE, vendor)
        assert is_archived(await signer.archive("rēķins.pdf", second, opener), TWO, vendor, tmp_path)


async def test_the_go_signer_seals_a_container_and_a_hash(visit: Visit, tmp_path: Path) -> None:
    async with visit("janis") as (client, vendor):
        signer = Signer(client)
        whole, by_hash = await signer.start(), await signer.start()
        await signer.upload(whole, "līgums.txt", TEXT)
        await signer.add_hash(by_hash, "līgums.txt", hashlib.sha256(TEXT).digest())
        await signer.seal([whole, by_hash], as_pdf=False)
        (tmp_path / "hash").mkdir()
        assert is_sound_container(await signer.fetch(whole), vendor, tmp_path)
        completed = with_files(await signer.fetch(by_hash), {"līgums.txt": TEXT})
        assert is_sound_container(completed, vendor, tmp_path / "hash")


# The integration manual


async def test_the_requests_of_the_manual_lead_to_a_signature_value(visit: Visit) -> None:
    digest = hashlib.sha256(ONE).digest()
    async with visit(redirect_uris=("https://app.example/auth", "https://app.example/sign")) as (client, _):
        signed = await manual.sign(client, digest, hashlib.sha256(digest).digest())
    assert (signed.name, signed.serial_number) == ("ANNA PARAUGA", "PNOLV-000123-00001")
    assert verifies(x509.load_der_x509_certificate(signed.certificate), digest, signed.value)


async def test_the_manuals_first_leg_is_refused_where_the_signing_scope_is_always_bound(visit: Visit) -> None:
    addresses = ("https://app.example/auth", "https://app.example/sign")
    async with visit(redirect_uris=addresses, sign_scope="bound") as (client, _):
        with pytest.raises(Stumble, match="error=invalid_request"):
            await manual.sign(client, bytes(32), bytes(32))
