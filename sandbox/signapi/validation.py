"""Validating a sealed file (`api-validation/…/validate`), with a report in the style of SiVa (vendor §4.12)."""

from datetime import datetime
from functools import partial
from typing import Any

from aiohttp import web

from sandbox.asice import NotAContainer, NotSigned
from sandbox.asice import verdicts as container_verdicts
from sandbox.encoding import encode_base64
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
    if is_container(stored):
        judge = partial(container_verdicts, stored.path, vendor.authority, now)
    else:
        judge = partial(verdicts, stored.path, stored.name, vendor.authority, now)
    try:
        judged = await vendor.run_in_thread(judge)
    except (Unrecognised, NotAContainer, NotSigned) as cause:
        raise SignApiRefusal(400, NOT_RECOGNISED, str(cause)) from cause
    if "/v2.0/" not in request.path.lower():
        return data_response(_report(stored, judged, now, vendor.variants.first_report))
    report = _report(stored, judged, now, FirstReport.DETAILED)
    for signature, verdict in zip(report["signaturesExt"], judged, strict=True):
        number = verdict.organisation_id or verdict.serial_number
        signature["signerExt"] = {"commonName": verdict.common_name, "serialNumber": number}
        signature["signatureScopes"] = [{"name": name} for name in verdict.scopes]
    passed = report["validSignaturesCount"] == report["signaturesCount"]
    return data_response(report | {"validationConclusion": "POSITIVE" if passed else "NEGATIVE"})


def _report(stored: StoredFile, judged: list[SignatureVerdict], now: datetime, style: FirstReport) -> dict[str, Any]:
    """Return the report of v1.0, which v2.0 has all of; sources disagree whether it tells files and times."""
    is_detailed = style is FirstReport.DETAILED
    return {
        **(
            {"includedFiles": [{"filename": file.name} for file in stored.included or (stored,)]} if is_detailed else {}
        ),
        "signatureForm": SignatureForm.ASIC_E if is_container(stored) else SignatureForm.PADES,
        "signaturesExt": [_describe(place, one, is_detailed=is_detailed) for place, one in enumerate(judged)],
        "validationTime": _write_time(now),
        "signaturesCount": len(judged),
        "validationLevel": LEVEL,
        "validatedDocument": {"filename": stored.name},
        "validSignaturesCount": sum(one.has_passed for one in judged),
    }


def _describe(place: int, verdict: SignatureVerdict, *, is_detailed: bool) -> dict[str, Any]:
    why = f"{verdict.indication}: {verdict.sub_indication or 'the signature does not hold'}"
    signature = {
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
    if not is_detailed:
        return signature
    stamped_at = _write_time(verdict.signed_at)
    evidence: dict[str, Any] = {
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
    return signature | {"info": evidence}


def _write_time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
