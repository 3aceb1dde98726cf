"""Containers through SignAPI: wrapping files, adding a signature, and what is listed and said of them."""

import base64
import io
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from sandbox.pki import KeyKind
from sandbox.signapi.containers import seal_container, wrap
from sandbox.signapi.files import StoredFile
from tests.sandbox import practice
from tests.sandbox.integration import Clock, Integration, b64, summary, the_auth_certificate, the_seal
from tests.sandbox.sealing import (
    FILES,
    SIGNATURES,
    a_container,
    a_session,
    add_digests,
    calculate,
    download_sealed,
    hashed,
    list_files,
    names_in,
    report,
    seal_files,
    validate,
    with_files,
)
from tests.sandbox.xades_verifiers import signxml_accepts, xmlsec1_accepts


@pytest.fixture
async def client(integration: Integration) -> Integration:
    await integration.introspect()
    return integration


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("key", list(KeyKind))
async def test_plain_files_become_a_container_that_others_accept(
    client: Integration, key: KeyKind, anew: object, tmp_path: Path
) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id], anew=bool(anew), key=key)
    path = tmp_path / "sealed.edoc"
    path.write_bytes(await download_sealed(client, session_id))
    root = client.sandbox.vendor.authority.root_pem
    assert xmlsec1_accepts(path, root, tmp_path)
    assert signxml_accepts(path, root, tmp_path)


async def test_after_sealing_the_container_alone_is_listed_with_what_it_includes(client: Integration) -> None:
    session_id = await a_session(client)
    before = [entry["name"] for entry in await list_files(client, session_id)]
    await seal_files(client, [session_id])
    (entry,) = await list_files(client, session_id)
    assert before == list(FILES)
    assert (entry["name"], entry["type"]) == ("līgums.edoc", "file")
    assert entry["size"] == len(await download_sealed(client, session_id))
    included = [(one["name"], one["size"], one["type"]) for one in entry["includedDocuments"]]
    assert included == [(name, len(content), "file") for name, content in FILES.items()]


async def test_many_sessions_share_one_summary(client: Integration) -> None:
    session_ids = [await a_session(client, {f"{place}.txt": b"x"}) for place in range(3)]
    _, body = await calculate(client, session_ids)
    digests = [base64.b64decode(entry["digest"]) for entry in body["data"]["sessionDigests"]]
    assert body["data"]["digests_summary"] == summary(*digests)
    await seal_files(client, session_ids)
    assert [len(await list_files(client, session_id)) for session_id in session_ids] == [1, 1, 1]


async def test_a_later_call_voids_the_earlier_digest(client: Integration, clock: Clock) -> None:
    session_id = await a_session(client)
    _, first = await calculate(client, [session_id])
    clock.advance(timedelta(seconds=2))
    _, second = await calculate(client, [session_id])
    credential = the_seal(client).credential
    values = [
        b64(credential.sign_digest(base64.b64decode(body["data"]["sessionDigests"][0]["digest"])))
        for body in (first, second)
    ]
    old, _ = await client.finalize([session_id], values[:1], the_auth_certificate(client))
    new, _ = await client.finalize([session_id], values[1:], the_auth_certificate(client))
    assert (old, new) == (400, 200)


async def test_a_refused_value_leaves_the_container_waiting(client: Integration) -> None:
    session_id = await a_session(client)
    _, body = await calculate(client, [session_id])
    digest = base64.b64decode(body["data"]["sessionDigests"][0]["digest"])
    value = the_seal(client).credential.sign_digest(digest)
    wrong, _ = await client.finalize([session_id], [b64(value[:-1])], the_auth_certificate(client))
    right, _ = await client.finalize([session_id], [b64(value)], the_auth_certificate(client))
    again, _ = await client.finalize([session_id], [b64(value)], the_auth_certificate(client))
    assert (wrong, right, again) == (400, 200, 400)
    assert names_in(await download_sealed(client, session_id)) == [
        "mimetype",
        *FILES,
        "META-INF/manifest.xml",
        SIGNATURES[0],
    ]


def test_sealing_a_container_can_be_done_again_until_the_session_holds_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"<a/>")
    file, seal = StoredFile("1", "a.xml", 4, tmp_path / "file"), practice.a_seal()
    pending = wrap([file], tmp_path / "prepared", seal.certificate, practice.the_authority(), practice.NOW)
    sealing = partial(
        seal_container, pending, value=seal.sign_digest(pending.digest), authority=practice.the_authority()
    )
    first, second = (sealing(document_id=name, target=tmp_path / name, now=practice.NOW) for name in ("one", "two"))
    assert names_in(first.path.read_bytes()) == names_in(second.path.read_bytes())


async def test_an_uploaded_container_tells_what_it_includes(client: Integration) -> None:
    _, body = await client.upload(await client.start(), await a_container(client), "x.edoc")
    assert [one["name"] for one in body["data"]["includedDocuments"]] == list(FILES)
    assert len({one["id"] for one in body["data"]["includedDocuments"]} | {body["data"]["id"]}) == 3


async def test_an_uploaded_container_gets_one_more_signature(client: Integration, tmp_path: Path) -> None:
    container = await a_container(client)
    session_id = await a_session(client, {"x.asice": container})
    await seal_files(client, [session_id], key=KeyKind.RSA2048)
    path = tmp_path / "twice.asice"
    path.write_bytes(await download_sealed(client, session_id))
    with ZipFile(io.BytesIO(container)) as archive:
        assert path.read_bytes()[: archive.start_dir] == container[: archive.start_dir]
    assert names_in(path.read_bytes())[-2:] == SIGNATURES
    assert all(xmlsec1_accepts(path, client.sandbox.vendor.authority.root_pem, tmp_path, number) for number in (0, 1))
    assert (await list_files(client, session_id))[0]["name"] == "x.asice"


async def test_with_create_new_edoc_a_container_is_wrapped_like_any_file(client: Integration) -> None:
    session_id = await a_session(client, {"x.edoc": await a_container(client)})
    await seal_files(client, [session_id], anew=True)
    content = await download_sealed(client, session_id)
    assert names_in(content) == ["mimetype", "x.edoc", "META-INF/manifest.xml", SIGNATURES[0]]


@pytest.mark.parametrize(
    "files",
    [{}, {"x.edoc": b"no container"}, {"x.edoc": b"", "y.txt": b"y"}, {"mimetype": b"x"}],
    ids=["empty", "no-container", "container-and-file", "unfit-name"],
)
async def test_what_cannot_be_a_container_is_refused(client: Integration, files: dict[str, bytes]) -> None:
    status, body = await calculate(client, [await a_session(client, files)])
    assert (status, body["error"]["code"]) == (400, "signing:calculateDigest")


async def test_two_files_of_one_name_are_refused(client: Integration) -> None:
    session_id = await a_session(client)
    await client.upload(session_id, b"other", "tāme.txt")
    status, body = await calculate(client, [session_id])
    assert status == 400
    assert "tāme.txt" in body["error"]["message"]


async def test_a_sealed_session_is_not_sealed_again(client: Integration) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    status, _ = await calculate(client, [session_id])
    assert status == 400


@pytest.mark.parametrize(("query", "name"), [("", "l%C4%ABgums.edoc"), ("?type=asice", "l%C4%ABgums.asice")])
async def test_a_container_is_downloaded_as_octets_and_may_be_renamed(
    client: Integration, query: str, name: str
) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    (entry,) = await list_files(client, session_id)
    headers = {"Authorization": f"Bearer {client.bearer}"}
    path = client.url(f"/api-storage/v1.0/{session_id}/{entry['id']}{query}")
    async with client.http.get(path, headers=headers) as reply:
        assert reply.content_type == "application/octet-stream"
        assert name in reply.headers["Content-Disposition"]
        assert await reply.read() == await download_sealed(client, session_id)


async def test_a_container_passes_with_its_files_and_scopes(client: Integration) -> None:
    _, body = await validate(client, await a_container(client))
    told = body["data"]
    (signature,) = told["signaturesExt"]
    assert (told["signatureForm"], told["validationConclusion"]) == ("ASiC-E", "POSITIVE")
    assert (told["signaturesCount"], told["validSignaturesCount"]) == (1, 1)
    assert [one["filename"] for one in told["includedFiles"]] == list(FILES)
    assert (signature["indication"], signature["signatureFormat"]) == ("TOTAL-PASSED", "XAdES_BASELINE_LT")
    assert (signature["signatureLevel"], [one["name"] for one in signature["signatureScopes"]]) == (
        "QESEAL",
        list(FILES),
    )


async def test_version_one_tells_the_files_and_times_of_a_container(client: Integration) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    (entry,) = await list_files(client, session_id)
    _, body = await report(client, session_id, entry["id"], "v1.0")
    assert [one["filename"] for one in body["data"]["includedFiles"]] == list(FILES)
    assert body["data"]["signaturesExt"][0]["info"]["bestSignatureTime"].endswith("Z")
    assert "validationConclusion" not in body["data"]


async def test_a_container_with_something_added_fails(client: Integration) -> None:
    _, body = await validate(client, with_files(await a_container(client), {"pievienots.txt": b"x"}))
    assert body["data"]["validationConclusion"] == "NEGATIVE"
    (signature,) = body["data"]["signaturesExt"]
    assert (signature["indication"], signature["subIndication"]) == ("TOTAL-FAILED", "FORMAT_FAILURE")


async def test_a_document_inside_cannot_be_validated_by_its_own_id(client: Integration) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    (entry,) = await list_files(client, session_id)
    status, body = await report(client, session_id, entry["includedDocuments"][0]["id"])
    assert (status, body["error"]["code"]) == (400, "BSS-002")


async def test_an_unsigned_container_is_not_recognised(client: Integration) -> None:
    paper = io.BytesIO()
    with ZipFile(paper, "w") as archive:
        archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        archive.writestr("x.txt", "x")
    for content in (paper.getvalue(), b"no container"):
        status, body = await validate(client, content)
        assert (status, body["error"]["code"]) == (400, "BSS-002")


# The archive level


async def add_archive(client: Integration, session_id: str) -> tuple[int, Any]:
    body = {"sessions": [{"sessionId": session_id}], "authCertificate": the_auth_certificate(client)}
    return await client.call("POST", "/api-sign/v1.0/addArchive", json=body)


async def formats(client: Integration, session_id: str) -> list[tuple[str, str]]:
    (entry,) = await list_files(client, session_id)
    _, body = await report(client, session_id, entry["id"])
    return [(one["signatureFormat"], one["indication"]) for one in body["data"]["signaturesExt"]]


async def test_a_sealed_container_reaches_the_archive_level_under_its_own_id(client: Integration) -> None:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    (before,) = await list_files(client, session_id)
    status, _ = await add_archive(client, session_id)
    (after,) = await list_files(client, session_id)
    assert (status, after["id"], after["includedDocuments"]) == (200, before["id"], before["includedDocuments"])
    assert await formats(client, session_id) == [("XAdES_BASELINE_LTA", "TOTAL-PASSED")]


async def test_a_container_of_hashes_is_archived_once_it_is_complete(client: Integration) -> None:
    session_id = await client.start()
    await add_digests(client, session_id, hashed())
    await seal_files(client, [session_id])
    status, body = await add_archive(client, session_id)
    assert (status, body["data"]["results"][0]["error"]["code"]) == (400, "signing:addArchive")
    again = await a_session(client, {"x.edoc": with_files(await download_sealed(client, session_id), FILES)})
    status, _ = await add_archive(client, again)
    assert (status, await formats(client, again)) == (200, [("XAdES_BASELINE_LTA", "TOTAL-PASSED")])


@pytest.mark.parametrize("content", [b"", b"no container"])
async def test_what_is_no_signed_container_is_not_archived(client: Integration, content: bytes) -> None:
    status, body = await add_archive(client, await a_session(client, {"x.asice": content}))
    assert (status, body["data"]["results"][0]["error"]["code"]) == (400, "signing:addArchive")
