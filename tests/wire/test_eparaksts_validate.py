"""The vendor's own validation, which is asked for where the settings say so."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jobs.errors import Rejected
from jobs.reasons import Reason
from sandbox.weather.rules import Kind
from sandbox.weather.rules import Operation as At
from tests.wire.practice import Practice, practising
from worker.eparaksts.judgement import Unreadable
from worker.eparaksts.verdicts import verdict
from worker.eparaksts.wire import Reply


@pytest.fixture
async def validating(vendor_state: Path, tmp_path: Path) -> AsyncIterator[Practice]:
    """A client that has the vendor validate each sealed file."""
    async with practising(vendor_state, tmp_path, client={"validates": True}) as opened:
        yield opened


def reported(body: bytes) -> Reply:
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
    read = verdict(reported(body))
    assert read.objections == objections
    assert read.passed is not bool(objections)


def test_a_report_without_signatures_is_no_pass() -> None:
    assert not verdict(reported(b'{"data":{"validationConclusion":"POSITIVE"}}')).passed


def test_a_report_that_is_none_cannot_be_used() -> None:
    with pytest.raises(Unreadable):
        verdict(reported(b'{"data":"fine"}'))


async def test_a_sound_file_is_fetched_after_the_vendor_validated_it(validating: Practice) -> None:
    document = validating.document()
    prepared = await validating.prepare([document])
    await validating.client.service.finalize(await validating.sign(prepared), prepared.seal)
    await validating.client.service.download(prepared.documents[0].session, document)
    assert validating.calls(At.VALIDATE) == 1
    assert validating.place(document)[1].exists()


async def test_a_file_that_the_vendor_objects_to_is_rejected(validating: Practice) -> None:
    document = validating.document()
    prepared = await validating.prepare([document])
    await validating.client.service.finalize(await validating.sign(prepared), prepared.seal)
    validating.order(At.VALIDATE, Kind.WRONG_VALUE)
    with pytest.raises(Rejected, match="TOTAL-FAILED") as caught:
        await validating.client.service.download(prepared.documents[0].session, document)
    assert caught.value.reason is Reason.NOT_VERIFIED


async def test_nobody_asks_the_vendor_unless_the_settings_say_so(practice: Practice) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    await practice.client.service.download(prepared.documents[0].session, document)
    assert practice.calls(At.VALIDATE) == 0
