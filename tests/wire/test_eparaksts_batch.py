"""The whole way of a batch over the wire, in fair weather."""

import asyncio
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from jobs.model.digest import Digest, SignatureValue
from sandbox.signapi.files import StoredFile
from sandbox.weather.operations import Operation as At
from tests.sandbox.verifiers import lt_verdicts, openssl_verifies
from tests.support.programs import run
from tests.wire.practice import P256, P384, PDF, RSA2048, RSA3072, Practice
from worker.eparaksts.certificates import parse_certificate
from worker.eparaksts.operations import CallOutcome, Operation


def assert_signed(certificate: x509.Certificate, digest: Digest, value: SignatureValue) -> None:
    algorithm = utils.Prehashed({"sha256": hashes.SHA256, "sha384": hashes.SHA384}[digest.algorithm]())
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(value.value, digest.value, padding.PKCS1v15(), algorithm)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(value.value, digest.value, ec.ECDSA(algorithm))


@pytest.mark.parametrize("label", [P256, P384, RSA2048, RSA3072])
async def test_a_batch_becomes_sealed_files_with_every_kind_of_key(practice: Practice, label: str) -> None:
    documents = [practice.document(number) for number in (1, 2, 3)]
    prepared = await practice.prepare(documents, await practice.seal(label))
    values = await practice.sign(prepared)
    for item in prepared.documents:
        assert_signed(parse_certificate(prepared.seal.certificate), item.digest, values[item.session])
    results = await practice.client.service.finalize(values, prepared.seal)
    assert results == dict.fromkeys(values)
    by_id = {document.id: document for document in documents}
    for item in prepared.documents:
        assert await practice.client.service.is_sealed(item.session, by_id[item.document], PDF)
        await practice.client.service.download(item.session, by_id[item.document], PDF)
    for document in documents:
        original, sealed = practice.place(document)
        assert sealed.read_bytes().startswith(original.read_bytes())


@pytest.mark.parametrize("label", [P256, P384, RSA2048, RSA3072])
async def test_sealed_files_convince_pdfsig_openssl_and_pyhanko_with_every_kind_of_key(
    practice: Practice, label: str, tmp_path: Path
) -> None:
    document, root = practice.document(), practice.vendor.authority.root_pem
    prepared = await practice.prepare([document], await practice.seal(label))
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    await practice.client.service.download(prepared.documents[0].session, document, PDF)
    _, sealed = practice.place(document)
    assert "Signature is Valid" in run("pdfsig", "-nocert", sealed).stdout
    assert openssl_verifies(sealed.read_bytes(), root, tmp_path)
    (verdict,) = await lt_verdicts(sealed.read_bytes(), root, datetime.now(UTC))
    assert verdict.bottom_line


async def test_a_batch_of_a_hundred_takes_one_authorization_and_one_signature_call(practice: Practice) -> None:
    documents = [practice.document(number) for number in range(1, 101)]
    prepared = await practice.prepare(documents)
    values = await practice.sign(prepared)
    assert len(await practice.client.service.finalize(values, prepared.seal)) == 100
    counters = practice.vendor.counters
    assert (counters.authorizations, counters.signature_calls, counters.finalizations) == (1, 1, 100)
    assert (practice.calls(At.START), practice.calls(At.CALCULATE_DIGEST)) == (1, 1)


async def test_even_one_document_goes_through_the_batch_call(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    assert len(await practice.sign(prepared)) == 1


async def test_more_than_a_hundred_sessions_are_opened_in_turns(practice: Practice) -> None:
    assert len(set(await practice.client.service.open_sessions(205))) == 205
    assert practice.calls(At.START) == 3


async def test_the_introspect_token_is_fetched_once_for_many_calls(practice: Practice) -> None:
    await asyncio.gather(*(practice.client.service.open_sessions(1) for _ in range(20)))
    assert practice.calls(At.TOKEN) == 1


async def test_the_limits_are_asked_for_once_for_many_uploads(practice: Practice) -> None:
    await practice.prepare([practice.document(number) for number in range(1, 21)])
    assert practice.calls(At.CONFIG) == 1


async def test_a_large_file_arrives_whole(practice: Practice) -> None:
    document = practice.document(content=b"%PDF-1.7\n" + bytes(range(256)) * 8192)
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.upload(session, document, PDF)
    (stored,) = next(iter(practice.vendor.sessions.all_open())).files
    assert isinstance(stored, StoredFile)
    assert hashlib.sha256(stored.path.read_bytes()).hexdigest() == document.sha256.hex


async def test_a_file_keeps_its_name_in_all_its_letters(practice: Practice) -> None:
    document = practice.document(name="2026/Šķērsām ļoti (žilbt) 100%.pdf")
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.upload(session, document, PDF)
    (stored,) = next(iter(practice.vendor.sessions.all_open())).files
    assert stored.name == "Šķērsām ļoti (žilbt) 100%.pdf"


async def test_every_call_is_observed(practice: Practice) -> None:
    await practice.client.service.open_sessions(1)
    assert practice.observed == [(Operation.INTROSPECT, CallOutcome.OK), (Operation.START, CallOutcome.OK)]


async def test_a_closed_session_is_gone_and_closing_it_again_is_fine(practice: Practice) -> None:
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.close(session)
    await practice.client.service.close(session)
    assert practice.outcomes(Operation.CLOSE) == [CallOutcome.OK, CallOutcome.PERMANENT]
    assert not await practice.client.service.is_sealed(session, practice.document(), PDF)


async def test_an_unsealed_session_is_seen_as_unsealed(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    assert not await practice.client.service.is_sealed(prepared.documents[0].session, document, PDF)


async def test_the_session_life_is_the_vendors(practice: Practice) -> None:
    assert await practice.client.service.session_life() == practice.vendor.settings.session_expiration
    assert await practice.client.service.file_max_length() == practice.vendor.settings.file_max_length
