"""The vendor's own validation, which is asked for where a route says so."""

import json

import pytest

from jobs.model.documents import Profile, SealFormat
from jobs.model.errors import Rejected
from jobs.model.levels import SealLevel
from jobs.model.reasons import Reason
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import PDF, Practice
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.validation_report import read_validation
from worker.eparaksts.wire import Reply


def reply_with(body: bytes) -> Reply:
    return Reply(200, body)


def a_report(**changes: object) -> bytes:
    """Return a report on one seal of ours in a PDF, as the vendor documents it, with some fields changed."""
    signature = {
        "indication": "TOTAL-PASSED",
        "subIndication": "",
        "signatureLevel": "QESEAL",
        "signatureFormat": "PAdES_BASELINE_LT",
    }
    told = {"signatureForm": "PAdES", "signaturesCount": 1, "validSignaturesCount": 1, "signaturesExt": [signature]}
    of_signature = {name: value for name, value in changes.items() if name in signature}
    told["signaturesExt"] = [signature | of_signature]
    return json.dumps({"data": told | {name: value for name, value in changes.items() if name in told}}).encode()


@pytest.mark.parametrize(
    ("body", "objections"),
    [
        (a_report(), ()),
        (b'{"data":{"signaturesExt":[{"indication":"TOTAL-PASSED"}]}}', ()),
        (
            b'{"data":{"signaturesExt":[{"indication":"INDETERMINATE","subIndication":"NO_POE"}]}}',
            ("INDETERMINATE NO_POE",),
        ),
        (b'{"data":{"signaturesExt":[{}]}}', ("no indication",)),
        (b'{"data":{"validationConclusion":"POSITIVE"}}', ("no signature found",)),
    ],
)
def test_every_signature_must_pass(body: bytes, objections: tuple[str, ...]) -> None:
    report = read_validation(reply_with(body), PDF)
    assert report.objections == objections
    assert report.is_passed is not bool(objections)


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"signaturesCount": 2}, "signaturesCount is 2, signatures told of are 1"),
        ({"validSignaturesCount": 0}, "validSignaturesCount is 0, signatures told of are 1"),
        ({"signatureForm": "ASiC-E"}, "signatureForm is ASiC-E, the route seals as pdf"),
        ({"signatureFormat": "XAdES_BASELINE_LT"}, "no pdf seal at level LT among: XAdES_BASELINE_LT QESEAL"),
        ({"signatureFormat": "PAdES_BASELINE_T"}, "no pdf seal at level LT among: PAdES_BASELINE_T QESEAL"),
        ({"signatureLevel": "QESIG"}, "no pdf seal at level LT among: PAdES_BASELINE_LT QESIG"),
    ],
)
def test_counts_form_format_and_level_must_be_those_of_our_seal(change: dict[str, object], objection: str) -> None:
    assert read_validation(reply_with(a_report(**change)), PDF).objections == (objection,)


@pytest.mark.parametrize(
    "change",
    [
        {"signaturesCount": "1", "validSignaturesCount": "1"},
        {"signatureForm": "PDF"},
        {"signatureFormat": "PAdES_BASELINE_LTA"},
        {"signatureLevel": "ADESEAL_QC"},
        {"signatureLevel": "NA"},
        {"signatureLevel": None, "signatureFormat": None, "signatureForm": None, "signaturesCount": None},
    ],
)
def test_other_spellings_better_seals_and_missing_fields_are_no_objection(change: dict[str, object]) -> None:
    assert read_validation(reply_with(a_report(**change)), PDF).is_passed


def test_an_archived_seal_must_be_told_of_as_such() -> None:
    archived = PDF.model_copy(update={"level": SealLevel.LTA})
    assert not read_validation(reply_with(a_report()), archived).is_passed
    assert read_validation(reply_with(a_report(signatureFormat="PAdES_BASELINE_LTA")), archived).is_passed


def test_beside_older_signatures_one_must_be_ours() -> None:
    theirs = {"indication": "TOTAL-PASSED", "signatureFormat": "PAdES_BASELINE_B", "signatureLevel": "QESIG"}
    ours = {"indication": "TOTAL-PASSED", "signatureFormat": "PAdES_BASELINE_LT", "signatureLevel": "QESEAL"}
    counts = {"signaturesCount": 2, "validSignaturesCount": 2}
    assert read_validation(reply_with(a_report(signaturesExt=[theirs, ours], **counts)), PDF).is_passed
    assert not read_validation(reply_with(a_report(signaturesExt=[theirs, theirs], **counts)), PDF).is_passed


def test_a_report_that_is_none_cannot_be_used() -> None:
    with pytest.raises(Unreadable):
        read_validation(reply_with(b'{"data":"fine"}'), PDF)


async def test_a_sound_file_has_the_vendors_whole_report(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    report = json.loads(await practice.client.service.validation(prepared.documents[0].session, document, PDF))
    assert (report["validationConclusion"], report["validSignaturesCount"]) == ("POSITIVE", 1)
    assert report["signaturesExt"][0]["indication"] == "TOTAL-PASSED"


async def test_a_container_has_the_vendors_whole_report(practice: Practice) -> None:
    document, profile = practice.document(), Profile(format=SealFormat.EDOC)
    prepared = await practice.prepare([document], profile=profile)
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    session = prepared.documents[0].session
    assert json.loads(await practice.client.service.validation(session, document, profile))["signaturesCount"] == 1


async def test_a_file_that_the_vendor_objects_to_is_rejected(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    practice.order(At.VALIDATE, Kind.WRONG_VALUE)
    with pytest.raises(Rejected, match="TOTAL-FAILED") as caught:
        await practice.client.service.validation(prepared.documents[0].session, document, PDF)
    assert caught.value.reason is Reason.NOT_VERIFIED
