"""Validation: sealed files pass, tampered ones fail, and other things are not recognised."""

from typing import Any

import pytest

from tests.sandbox.integration import Integration, a_pdf, seal_documents


async def report(integration: Integration, session_id: str, document_id: str, version: str = "v2.0") -> tuple[int, Any]:
    return await integration.call("GET", f"/api-validation/{version}/{session_id}/{document_id}/validate")


async def a_sealed_file(integration: Integration) -> tuple[str, str, bytes]:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    document_id = body["data"][0]["id"]
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{document_id}")
    return session_id, document_id, content


async def upload_and_validate(integration: Integration, content: bytes) -> tuple[int, Any]:
    session_id = await integration.start()
    _, body = await integration.upload(session_id, content)
    return await report(integration, session_id, body["data"]["id"])


async def test_a_sealed_file_passes_with_its_signer_and_format(integration: Integration) -> None:
    session_id, document_id, _ = await a_sealed_file(integration)
    _, body = await report(integration, session_id, document_id)
    (signature,) = body["data"]["signaturesExt"]
    assert body["data"]["validationConclusion"] == "POSITIVE"
    assert (body["data"]["signaturesCount"], body["data"]["validSignaturesCount"]) == (1, 1)
    assert (signature["indication"], signature["signatureFormat"]) == ("TOTAL-PASSED", "PAdES_BASELINE_LT")
    assert signature["signatureLevel"] == "QESEAL"
    assert signature["signerExt"] == {
        "commonName": "SIA PARAUGS (P-256): eZīmogs",
        "serialNumber": "NTRLV-40000000000",
    }


async def test_version_one_tells_the_times_and_the_files(integration: Integration) -> None:
    session_id, document_id, _ = await a_sealed_file(integration)
    _, body = await report(integration, session_id, document_id, "v1.0")
    assert body["data"]["includedFiles"] == [{"filename": "rēķins.pdf"}]
    assert body["data"]["signaturesExt"][0]["info"]["bestSignatureTime"].endswith("Z")
    assert "validationConclusion" not in body["data"]


async def test_a_tampered_file_fails(integration: Integration) -> None:
    _, _, content = await a_sealed_file(integration)
    place = content.index(b"stream") + 12
    tampered = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    _, body = await upload_and_validate(integration, tampered)
    assert body["data"]["validationConclusion"] == "NEGATIVE"
    assert body["data"]["signaturesExt"][0]["indication"] == "TOTAL-FAILED"


async def test_a_sealed_file_passes_in_another_session_too(integration: Integration) -> None:
    _, _, content = await a_sealed_file(integration)
    _, body = await upload_and_validate(integration, content)
    assert body["data"]["signaturesExt"][0]["indication"] == "TOTAL-PASSED"


@pytest.mark.parametrize("content", [a_pdf(), b"no pdf at all", b""])
async def test_what_is_not_signed_is_not_recognised(integration: Integration, content: bytes) -> None:
    await integration.introspect()
    status, body = await upload_and_validate(integration, content)
    assert (status, body["error"]["code"]) == (400, "BSS-002")


async def test_an_unknown_document_is_not_recognised(integration: Integration) -> None:
    await integration.introspect()
    status, body = await report(integration, await integration.start(), "beef")
    assert (status, body["error"]["code"]) == (400, "BSS-002")
