"""Hashes in place of documents: the container is sealed here, and completed by the client."""

import base64
from pathlib import Path

import pytest

from tests.sandbox.integration import Integration, a_pdf, b64, the_auth_certificate, the_seal
from tests.sandbox.sealing import (
    FILES,
    SIGNATURES,
    a_session,
    add_digests,
    calculate,
    download_sealed,
    hashed,
    list_files,
    names_in,
    seal_files,
    validate,
    with_files,
)
from tests.sandbox.xades_verifiers import xmlsec1_accepts


@pytest.fixture
async def client(integration: Integration) -> Integration:
    await integration.introspect()
    return integration


async def test_one_hash_is_described_as_a_file_would_be(client: Integration) -> None:
    session_id = await client.start()
    status, body = await add_digests(client, session_id, hashed()[:1])
    assert (status, body["data"]["name"], body["data"]["type"]) == (200, "līgums.xml", "hash")
    assert await list_files(client, session_id) == [body["data"]]


async def test_a_container_of_hashes_is_completed_by_the_client(client: Integration, tmp_path: Path) -> None:
    session_id = await client.start()
    status, body = await add_digests(client, session_id, hashed())
    assert (status, [one["name"] for one in body["data"]]) == (200, list(FILES))
    await seal_files(client, [session_id])
    bare = await download_sealed(client, session_id)
    assert names_in(bare) == ["mimetype", "META-INF/manifest.xml", SIGNATURES[0]]
    (entry,) = await list_files(client, session_id)
    assert [one["type"] for one in entry["includedDocuments"]] == ["hash", "hash"]
    path = tmp_path / "completed.edoc"
    path.write_bytes(with_files(bare, FILES))
    assert xmlsec1_accepts(path, client.sandbox.vendor.authority.root_pem, tmp_path)


async def test_a_container_of_hashes_is_left_open_until_it_is_complete(client: Integration) -> None:
    session_id = await client.start()
    await add_digests(client, session_id, hashed())
    await seal_files(client, [session_id])
    bare = await download_sealed(client, session_id)
    (_, before), (_, after) = await validate(client, bare), await validate(client, with_files(bare, FILES))
    (signature,) = before["data"]["signaturesExt"]
    assert (signature["indication"], signature["subIndication"]) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert after["data"]["validationConclusion"] == "POSITIVE"


@pytest.mark.parametrize(("index", "name"), [("0", SIGNATURES[0]), ("1", SIGNATURES[1]), (1, SIGNATURES[1])])
async def test_the_signature_index_names_the_signature_file(client: Integration, index: object, name: str) -> None:
    session_id = await client.start()
    await add_digests(client, session_id, hashed(), signatureIndex=index)
    await seal_files(client, [session_id])
    assert names_in(await download_sealed(client, session_id))[-1] == name


@pytest.mark.parametrize("index", ["-1", "x", "", "²", 1.5, -1, True, None, []])
async def test_a_senseless_signature_index_is_refused(client: Integration, index: object) -> None:
    status, _ = await add_digests(client, await client.start(), hashed(), signatureIndex=index)
    assert status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"digest_algorithm": "SHA-256"},
        {"digest_algorithm": "sha256"},
        {"digest_algorithm": "SHA512"},
        {"digest_algorithm": None},
        {"digest": b64(bytes(31))},
        {"digest": b64(bytes(48))},
        {"digest": "!"},
        {"digest": None},
        {"name": ""},
        {"name": "../x"},
        {"name": "META-INF/x"},
        {"name": None},
    ],
)
async def test_a_hash_that_is_not_sha_256_of_a_named_file_is_refused(
    client: Integration, change: dict[str, object]
) -> None:
    session_id = await client.start()
    status, body = await add_digests(client, session_id, [hashed()[0] | change])
    assert (status, body["error"]["code"]) == (400, "storage:addDocumentDigest")
    assert await list_files(client, session_id) == []


@pytest.mark.parametrize("files", [None, [], {}, ["x"], [[]]])
async def test_a_malformed_list_of_hashes_is_refused(client: Integration, files: object) -> None:
    status, _ = await add_digests(client, await client.start(), files)
    assert status == 400


async def test_duplicate_names_are_refused_within_a_call_and_across_calls(client: Integration) -> None:
    session_id = await a_session(client, {"tāme.txt": b"uploaded"})
    twice, _ = await add_digests(client, session_id, hashed()[:1] * 2)
    uploaded, _ = await add_digests(client, session_id, hashed()[1:])
    fresh, _ = await add_digests(client, session_id, hashed()[:1])
    again, _ = await add_digests(client, session_id, hashed()[:1])
    assert (twice, uploaded, fresh, again) == (400, 400, 200, 400)


async def test_hashes_cannot_be_sealed_as_pdf(client: Integration) -> None:
    session_id = await client.start()
    await add_digests(client, session_id, hashed({"x.pdf": a_pdf()}))
    certificate = b64(the_seal(client).credential.certificate_der)
    status, _ = await client.calculate([session_id], certificate)
    assert status == 400


async def test_a_hash_voids_the_digest_handed_out_before(client: Integration) -> None:
    session_id = await a_session(client)
    _, body = await calculate(client, [session_id])
    await add_digests(client, session_id, hashed({"cits.txt": b"x"}))
    digest = base64.b64decode(body["data"]["sessionDigests"][0]["digest"])
    value = b64(the_seal(client).credential.sign_digest(digest))
    status, _ = await client.finalize([session_id], [value], the_auth_certificate(client))
    assert status == 400


async def test_a_sealed_session_takes_no_hash(client: Integration) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    status, _ = await add_digests(client, session_id, hashed({"cits.txt": b"x"}))
    assert status == 400
