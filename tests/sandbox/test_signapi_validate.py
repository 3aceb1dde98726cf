"""Validation: sealed files pass, tampered ones fail, and other things are not recognised."""

import base64
from typing import Any

import pytest
from asn1crypto import tsp

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


DOCUMENTED = {
    "includedFiles": [{"filename": ""}],
    "signatureForm": "",
    "signaturesExt": [
        {
            "id": "",
            "info": {
                "bestSignatureTime": "",
                "timestampCreationTime": "",
                "ocspResponseCreationTime": "",
                "timeAssertionMessageImprint": "",
                "signingReason": "",
                "signerRole": [],
                "signatureProductionPlace": {"countryName": "", "stateOrProvince": "", "city": "", "postalCode": ""},
            },
            "errors": [],
            "signedBy": "",
            "warnings": [],
            "indication": "",
            "subIndication": "",
            "signatureLevel": "",
            "signatureFormat": "",
            "signerSerialNumber": "",
            "registrationNumber": "",
        }
    ],
    "validationTime": "",
    "signaturesCount": 0,
    "validationLevel": "",
    "validatedDocument": {"filename": ""},
    "validSignaturesCount": 0,
}
"""The fields of the report in the vendor's documentation of the Validation API, version 1.0."""


def names_of(value: Any, place: str = "") -> set[str]:
    """Return the path of every field in some JSON."""
    if isinstance(value, list):
        return {name for one in value for name in names_of(one, place)}
    if not isinstance(value, dict):
        return {place}
    return {place} | {name for key, one in value.items() for name in names_of(one, f"{place}.{key}")}


async def test_version_one_has_exactly_the_documented_fields(integration: Integration) -> None:
    session_id, document_id, _ = await a_sealed_file(integration)
    _, body = await report(integration, session_id, document_id, "v1.0")
    assert names_of(body["data"]) == names_of(DOCUMENTED)


async def test_version_two_tells_all_that_version_one_tells(integration: Integration) -> None:
    session_id, document_id, _ = await a_sealed_file(integration)
    answers = [await report(integration, session_id, document_id, version) for version in ("v1.0", "v2.0")]
    first, second = (names_of(body["data"]) for _, body in answers)
    assert first < second


async def test_version_one_tells_who_sealed_and_when_it_was_proved(integration: Integration) -> None:
    session_id, document_id, _ = await a_sealed_file(integration)
    _, body = await report(integration, session_id, document_id, "v1.0")
    (signature,) = body["data"]["signaturesExt"]
    info, moment = signature["info"], f"{integration.sandbox.vendor.now():%Y-%m-%dT%H:%M:%SZ}"
    assert (body["data"]["validatedDocument"], body["data"]["validSignaturesCount"]) == ({"filename": "rēķins.pdf"}, 1)
    assert (signature["signedBy"], signature["registrationNumber"]) == (
        "SIA PARAUGS (P-256): eZīmogs",
        "NTRLV-40000000000",
    )
    assert {info["bestSignatureTime"], info["timestampCreationTime"], info["ocspResponseCreationTime"]} == {moment}
    imprint = tsp.MessageImprint.load(base64.b64decode(info["timeAssertionMessageImprint"]), strict=True)
    assert imprint["hash_algorithm"]["algorithm"].native == "sha256"
    assert len(imprint["hashed_message"].native) == 32


async def test_a_tampered_file_fails(integration: Integration) -> None:
    _, _, content = await a_sealed_file(integration)
    place = content.index(b"stream") + 12
    tampered = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
    _, body = await upload_and_validate(integration, tampered)
    assert body["data"]["validationConclusion"] == "NEGATIVE"
    (signature,) = body["data"]["signaturesExt"]
    assert signature["indication"] == "TOTAL-FAILED"
    assert signature["errors"][0]["content"].startswith("TOTAL-FAILED")
    assert (body["data"]["signaturesCount"], body["data"]["validSignaturesCount"]) == (1, 0)


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
