"""Sealing containers through SignAPI, as an integration does."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sandbox.pki import KeyKind
from tests.sandbox.integration import (
    Integration,
    Prepared,
    approve_and_sign,
    b64,
    the_auth_certificate,
    the_seal,
)

FILES = {"līgums.xml": b"<contract/>", "tāme.txt": b"100 EUR"}
SIGNATURES = ["META-INF/signatures0.xml", "META-INF/signatures1.xml"]


async def a_session(client: Integration, files: Mapping[str, bytes] = FILES) -> str:
    session_id = await client.start()
    for name, content in files.items():
        status, body = await client.upload(session_id, content, name)
        assert status == 201, body
    return session_id


async def add_digests(client: Integration, session_id: str, files: Any, **more: Any) -> tuple[int, Any]:
    path = f"/api-storage/v1.0/{session_id}/addDocumentDigest"
    return await client.call("POST", path, json={"files": files, **more})


def hashed(files: Mapping[str, bytes] = FILES) -> list[dict[str, str]]:
    return [
        {"name": name, "digest": b64(hashlib.sha256(content).digest()), "digest_algorithm": "SHA256"}
        for name, content in files.items()
    ]


async def calculate(client: Integration, session_ids: Sequence[str], *, anew: bool = False, **how: Any) -> Any:
    certificate = b64(the_seal(client, how.pop("key", KeyKind.P256)).credential.certificate_der)
    return await client.calculate(session_ids, certificate, signAsPdf=False, createNewEdoc=anew, **how)


async def seal_files(
    client: Integration, session_ids: list[str], *, anew: bool = False, key: KeyKind = KeyKind.P256
) -> None:
    """Calculate, approve, sign and finalize these sessions as containers."""
    status, body = await calculate(client, session_ids, anew=anew, key=key)
    assert status == 200, body
    answer = body["data"]
    digests = [entry["digest"] for entry in answer["sessionDigests"]]
    seal = the_seal(client, key)
    batch = Prepared(seal, session_ids, digests, answer["digests_summary"], answer["signature_algorithm"])
    values = await approve_and_sign(client, batch)
    status, body = await client.finalize(session_ids, values, the_auth_certificate(client))
    assert status == 200, body


async def list_files(client: Integration, session_id: str) -> list[dict[str, Any]]:
    _, body = await client.call("GET", f"/api-storage/v1.0/{session_id}/list")
    return list(body["data"])


async def download_sealed(client: Integration, session_id: str) -> bytes:
    (entry,) = await list_files(client, session_id)
    _, content = await client.call("GET", f"/api-storage/v1.0/{session_id}/{entry['id']}")
    assert isinstance(content, bytes)
    return content


async def report(client: Integration, session_id: str, document_id: str, version: str = "v2.0") -> tuple[int, Any]:
    return await client.call("GET", f"/api-validation/{version}/{session_id}/{document_id}/validate")


async def validate(client: Integration, content: bytes, name: str = "x.edoc") -> tuple[int, Any]:
    session_id = await client.start()
    _, body = await client.upload(session_id, content, name)
    return await report(client, session_id, body["data"]["id"])


def names_in(content: bytes) -> list[str]:
    return ZipFile(io.BytesIO(content)).namelist()


def with_files(content: bytes, files: Mapping[str, bytes]) -> bytes:
    """The container with these files put in at its end, as a client completes it."""
    paper = io.BytesIO(content)
    with ZipFile(paper, "a", ZIP_DEFLATED) as archive:
        for name, each in files.items():
            archive.writestr(name, each)
    return paper.getvalue()


async def a_container(client: Integration) -> bytes:
    session_id = await a_session(client)
    await seal_files(client, [session_id])
    return await download_sealed(client, session_id)
