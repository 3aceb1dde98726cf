"""The vendor's own validation, which is asked for where a route says so."""

import json

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import PDF, Practice
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.signapi_replies import read_validation
from worker.eparaksts.wire import Reply


def reply_with(body: bytes) -> Reply:
    return Reply(200, body)


@pytest.mark.parametrize(
    ("body", "objections"),
    [
        (b'{"data":{"signaturesExt":[{"indication":"TOTAL-PASSED"}]}}', ()),
        (
            b'{"data":{"signaturesExt":[{"indication":"INDETERMINATE","subIndication":"NO_POE"}]}}',
            ("INDETERMINATE NO_POE",),
        ),
        (b'{"data":{"signaturesExt":[{}]}}', ("no indication",)),
    ],
)
def test_every_signature_must_pass(body: bytes, objections: tuple[str, ...]) -> None:
    report = read_validation(reply_with(body))
    assert report.objections == objections
    assert report.is_passed is not bool(objections)


def test_a_report_without_signatures_is_no_pass() -> None:
    assert not read_validation(reply_with(b'{"data":{"validationConclusion":"POSITIVE"}}')).is_passed


def test_a_report_that_is_none_cannot_be_used() -> None:
    with pytest.raises(Unreadable):
        read_validation(reply_with(b'{"data":"fine"}'))


async def test_a_sound_file_has_the_vendors_whole_report(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    report = json.loads(await practice.client.service.validation(prepared.documents[0].session, document, PDF))
    assert (report["validationConclusion"], report["validSignaturesCount"]) == ("POSITIVE", 1)
    assert report["signaturesExt"][0]["indication"] == "TOTAL-PASSED"


async def test_a_file_that_the_vendor_objects_to_is_rejected(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    practice.order(At.VALIDATE, Kind.WRONG_VALUE)
    with pytest.raises(Rejected, match="TOTAL-FAILED") as caught:
        await practice.client.service.validation(prepared.documents[0].session, document, PDF)
    assert caught.value.reason is Reason.NOT_VERIFIED
