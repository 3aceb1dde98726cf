"""Validating a sealed file (`api-validation/…/validate`), with a report in the style of SiVa (vendor §4.12)."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.asice import NotAContainer, NotSigned
from sandbox.asice import verdicts as container_verdicts
from sandbox.encoding import encode_base64
from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.containers import is_container
from sandbox.signapi.files import StoredFile
from sandbox.signapi.records import SignatureForm
from sandbox.signapi.replies import data_response, require_session
from sandbox.signapi.verdicts import Unrecognised, verdicts
from sandbox.variants.signapi import FirstReport
from sandbox.vendor import vendor_of
from sandbox.verdict import SignatureVerdict

NOT_RECOGNISED = "BSS-002"
LEVEL = "ARCHIVAL_DATA"
"""How far a validation goes: here always as far as it can, with the proofs that the file holds."""
NOWHERE = {"countryName": "", "stateOrProvince": "", "city": "", "postalCode": ""}


async def validate(request: web.Request) -> web.Response:
    """Answer the report on one file of the session; v2.0 adds the conclusion, the signers and what each covers."""
    session = require_session(request)
    stored = session.find(request.match_info["document_id"])
    if not isinstance(stored, StoredFile):
        raise SignApiRefusal(400, NOT_RECOGNISED, "Document format not recognized")
    vendor = vendor_of(request)
    now = vendor.now()
    try:
        judged = await vendor.run_in_thread(_judge, stored, vendor.authority, now)
    except Unrecognised as cause:
        raise SignApiRefusal(400, NOT_RECOGNISED, str(cause)) from cause
    if "/v2.0/" in request.path.lower():
        return data_response(_second_report(stored, judged, now))
    return data_response(_first_report(stored, judged, now, vendor.variants.first_report))


def _judge(stored: StoredFile, authority: Authority, now: datetime) -> list[SignatureVerdict]:
    if not is_container(stored):
        return verdicts(stored.path.read_bytes(), stored.name, authority, now)
    try:
        return container_verdicts(stored.path, authority, now)
    except (NotAContainer, NotSigned) as cause:
        raise Unrecognised(str(cause)) from cause


def _first_report(
    stored: StoredFile, judged: list[SignatureVerdict], now: datetime, style: FirstReport
) -> dict[str, Any]:
    """Return the report of v1.0; sources disagree whether it tells files and times."""
    is_detailed = style is FirstReport.DETAILED
    return {
        **(
            {"includedFiles": [{"filename": file.name} for file in stored.included or (stored,)]} if is_detailed else {}
        ),
        "signatureForm": SignatureForm.ASIC_E if is_container(stored) else SignatureForm.PADES,
        "signaturesExt": [
            _describe(place, one) | ({"info": _describe_evidence(one)} if is_detailed else {})
            for place, one in enumerate(judged)
        ],
        "validationTime": _write_time(now),
        "signaturesCount": len(judged),
        "validationLevel": LEVEL,
        "validatedDocument": {"filename": stored.name},
        "validSignaturesCount": sum(one.has_passed for one in judged),
    }


def _second_report(stored: StoredFile, judged: list[SignatureVerdict], now: datetime) -> dict[str, Any]:
    """Return the report of v2.0: all of v1.0, and of each signature its signer and what it covers."""
    report = _first_report(stored, judged, now, FirstReport.DETAILED)
    for signature, verdict in zip(report["signaturesExt"], judged, strict=True):
        number = verdict.organisation_id or verdict.serial_number
        signature["signerExt"] = {"commonName": verdict.common_name, "serialNumber": number}
        signature["signatureScopes"] = [{"name": name} for name in verdict.scopes]
    passed = report["validSignaturesCount"] == report["signaturesCount"]
    return report | {"validationConclusion": "POSITIVE" if passed else "NEGATIVE"}


def _describe(place: int, verdict: SignatureVerdict) -> dict[str, Any]:
    why = f"{verdict.indication}: {verdict.sub_indication or 'the signature does not hold'}"
    return {
        "id": f"S{place}",
        "signedBy": verdict.common_name,
        "indication": verdict.indication,
        "subIndication": verdict.sub_indication,
        "signatureLevel": "QESEAL" if verdict.organisation_id else "QESIG",
        "signatureFormat": verdict.format,
        "signerSerialNumber": verdict.serial_number,
        "registrationNumber": verdict.organisation_id,
        "errors": [] if verdict.has_passed else [{"content": why}],
        "warnings": [],
    }


def _describe_evidence(verdict: SignatureVerdict) -> dict[str, Any]:
    stamped_at = _write_time(verdict.signed_at)
    return {
        # The timestamp alone proves when there was a signature (EN 319 102-1 §5.6.2), so the best time is its own.
        "bestSignatureTime": stamped_at,
        "timestampCreationTime": stamped_at,
        "ocspResponseCreationTime": _write_time(verdict.answered_at),
        "timeAssertionMessageImprint": encode_base64(verdict.imprint),
        # Nothing that is sealed here claims a reason, a role or a place.
        "signingReason": "",
        "signerRole": [],
        "signatureProductionPlace": NOWHERE,
    }


def _write_time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
