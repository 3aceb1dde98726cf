"""Validating a sealed file (`api-validation/…/validate`), with a report in the style of SiVa."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.asice import NotAContainer, NotSigned
from sandbox.asice import verdicts as container_verdicts
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


async def validate(request: web.Request) -> web.Response:
    """Answer the report on one file of the session; v2.0 adds the conclusion, the counts and the signers."""
    session = require_session(request)
    stored = session.find(request.match_info["document_id"])
    if not isinstance(stored, StoredFile):
        raise SignApiRefusal(400, NOT_RECOGNISED, "Document format not recognized")
    vendor = vendor_of(request)
    try:
        judged = await vendor.run_in_thread(_judge, stored, vendor.authority, vendor.now())
    except Unrecognised as cause:
        raise SignApiRefusal(400, NOT_RECOGNISED, str(cause)) from cause
    full = "/v2.0/" in request.path.lower()
    report = _report(stored, judged, full=full)
    if not full and vendor.variants.first_report is FirstReport.BRIEF:
        # Sources disagree whether the report of v1.0 tells files and times.
        del report["includedFiles"]
        for signature in report["signaturesExt"]:
            del signature["info"]
    return data_response(report)


def _judge(stored: StoredFile, authority: Authority, now: datetime) -> list[SignatureVerdict]:
    if not is_container(stored):
        return verdicts(stored.path.read_bytes(), stored.name, authority, now)
    try:
        return container_verdicts(stored.path, authority, now)
    except (NotAContainer, NotSigned) as cause:
        raise Unrecognised(str(cause)) from cause


def _report(stored: StoredFile, judged: list[SignatureVerdict], *, full: bool) -> dict[str, Any]:
    report: dict[str, Any] = {
        "signatureForm": SignatureForm.ASIC_E if is_container(stored) else SignatureForm.PADES,
        "includedFiles": [{"filename": file.name} for file in stored.included or (stored,)],
        "signaturesExt": [_signature(place, one, full=full) for place, one in enumerate(judged)],
    }
    passed = sum(one.has_passed for one in judged)
    if full:
        report["validationConclusion"] = "POSITIVE" if passed == len(judged) else "NEGATIVE"
        report["signaturesCount"] = len(judged)
        report["validSignaturesCount"] = passed
    return report


def _signature(place: int, verdict: SignatureVerdict, *, full: bool) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": f"S{place}",
        "indication": verdict.indication,
        **({"subIndication": verdict.sub_indication} if verdict.sub_indication else {}),
        "info": {"bestSignatureTime": verdict.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ") if verdict.signed_at else None},
    }
    if full:
        entry |= {
            "signatureFormat": verdict.format,
            "signatureLevel": "QESEAL" if verdict.organisation_id else "QESIG",
            "signerExt": {
                "commonName": verdict.common_name,
                "serialNumber": verdict.organisation_id or verdict.serial_number,
            },
            "signatureScopes": [{"name": name} for name in verdict.scopes],
        }
    return entry
