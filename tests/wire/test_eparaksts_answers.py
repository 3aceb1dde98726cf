"""Answers that came, but not as they should: what our client lets through, and what it makes of the rest."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from jobs.model.documents import Profile
from jobs.model.errors import Permanent, Rejected, Uncertain
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.sandbox.integration import Clock
from tests.wire.practice import P256, PDF, Practice, practising
from worker.clock import utc_now
from worker.verification.verifier import LocalVerifier


async def test_a_spent_code_is_permanent(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    authorization = await practice.consent(prepared)
    await practice.client.service.sign(prepared, authorization)
    with pytest.raises(Permanent, match="invalid_grant"):
        await practice.client.service.sign(prepared, authorization)
    assert practice.calls(At.SIGN) == 1


async def test_a_spent_signing_token_is_permanent(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    token = await practice.signing_token(prepared)
    order = (token, prepared.seal.identity, prepared.signature_algorithm, [item.digest for item in prepared.documents])
    await practice.client.platform.sign_batch(*order)
    with pytest.raises(Permanent, match="invalid_token"):
        await practice.client.platform.sign_batch(*order)


async def test_an_expired_signing_token_is_permanent(vendor_state: Path, tmp_path: Path) -> None:
    clock = Clock(datetime.now(UTC))
    async with practising(vendor_state, tmp_path, now=clock) as practice:
        prepared = await practice.prepare([practice.document()])
        token = await practice.signing_token(prepared)
        clock.advance(timedelta(minutes=11))
        digests = [item.digest for item in prepared.documents]
        with pytest.raises(Permanent, match="401"):
            await practice.client.platform.sign_batch(token, prepared.seal.identity, "ecdsa", digests)


async def test_an_introspect_token_is_renewed_before_it_expires(vendor_state: Path, tmp_path: Path) -> None:
    clock = Clock(datetime.now(UTC))
    async with practising(vendor_state, tmp_path, now=clock) as practice:
        await practice.client.service.open_sessions(1)
        clock.advance(timedelta(seconds=541))
        await practice.client.service.open_sessions(1)
        assert (practice.calls(At.TOKEN), practice.calls(At.START)) == (2, 2)


async def test_a_token_that_expires_early_at_the_vendor_costs_one_repetition(
    vendor_state: Path, tmp_path: Path
) -> None:
    theirs = Clock(datetime.now(UTC))
    ours = Clock(theirs())
    async with practising(vendor_state, tmp_path, now=theirs, client={"now": ours}) as practice:
        await practice.client.service.open_sessions(1)
        theirs.advance(timedelta(minutes=11))
        await practice.client.service.open_sessions(1)
        assert (practice.calls(At.TOKEN), practice.calls(At.START)) == (2, 3)


async def test_consent_to_other_digests_is_permanent(practice: Practice) -> None:
    seal = await practice.seal()
    practice.order(At.CALCULATE_DIGEST, Kind.WRONG_VALUE)
    prepared = await practice.prepare([practice.document()], seal)
    with pytest.raises(Permanent, match="access_denied"):
        await practice.sign(prepared)


async def test_digests_of_too_few_sessions_are_uncertain(practice: Practice) -> None:
    seal = await practice.seal()
    practice.order(At.CALCULATE_DIGEST, Kind.WRONG_COUNT)
    with pytest.raises(Uncertain, match="digests of 2 sessions"):
        await practice.prepare([practice.document(1), practice.document(2)], seal)


async def test_too_few_signature_values_are_uncertain(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document(1), practice.document(2)])
    practice.order(At.SIGN, Kind.WRONG_COUNT)
    with pytest.raises(Uncertain, match="2 digests were to be signed, 1 signature values came"):
        await practice.sign(prepared)


async def test_signature_values_inside_objects_are_read(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    practice.order(At.SIGN, Kind.OBJECTS)
    values = await practice.sign(prepared)
    assert set((await practice.client.service.finalize(values, prepared.seal)).values()) == {None}


async def test_p1363_values_are_handed_to_verification_as_they_came(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()], await practice.seal(P256))
    practice.order(At.SIGN, Kind.P1363)
    (value,) = (await practice.sign(prepared)).values()
    assert len(value.value) == 64


async def test_values_encoded_twice_are_decoded_once_and_left_to_verification(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()], await practice.seal(P256))
    practice.order(At.SIGN, Kind.DOUBLE_BASE64)
    (value,) = (await practice.sign(prepared)).values()
    assert base64.b64decode(value.value, validate=True)[:1] == b"\x30"


async def test_swapped_values_are_refused_by_session_at_finalize(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document(1), practice.document(2)])
    practice.order(At.SIGN, Kind.SWAPPED)
    results = await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    assert all("does not fit" in (error or "") for error in results.values())


async def test_a_partial_finalize_tells_which_session_failed(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document(1), practice.document(2)])
    values = await practice.sign(prepared)
    practice.order(At.FINALIZE, Kind.PARTIAL)
    results = await practice.client.service.finalize(values, prepared.seal)
    assert [error is None for error in results.values()] == [False, True]
    assert "signing:finalizeSigning" in (results[prepared.documents[0].session] or "")


async def test_a_finalize_that_fails_for_all_tells_so_by_session(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document(1), practice.document(2)])
    values = await practice.sign(prepared)
    practice.order(At.FINALIZE, Kind.REFUSED)
    results = await practice.client.service.finalize(values, prepared.seal)
    assert None not in results.values()


async def test_a_missing_finalize_result_is_uncertain(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document(1), practice.document(2)])
    values = await practice.sign(prepared)
    practice.order(At.FINALIZE, Kind.WRONG_COUNT)
    with pytest.raises(Uncertain, match="2 sessions were asked about, 1 results came"):
        await practice.client.service.finalize(values, prepared.seal)


async def test_the_seal_certificate_as_authentication_certificate_is_refused_whole(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    values = await practice.sign(prepared)
    wrong = prepared.seal.model_copy(update={"authentication_certificate": prepared.seal.certificate})
    with pytest.raises(Permanent, match="signing:timestamp"):
        await practice.client.service.finalize(values, wrong)


async def test_a_second_finalize_never_seals_again(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    values = await practice.sign(prepared)
    await practice.client.service.finalize(values, prepared.seal)
    results = await practice.client.service.finalize(values, prepared.seal)
    assert None not in results.values()
    assert practice.vendor.counters.finalizations == 1


async def test_another_document_than_ours_is_refused_and_kept_as_evidence(practice: Practice) -> None:
    first, second = practice.document(1), practice.document(2)
    prepared = await practice.prepare([first, second])
    values = await practice.sign(prepared)
    await practice.client.service.finalize(values, prepared.seal)
    practice.order(At.DOWNLOAD, Kind.SWAPPED)
    item = prepared.documents[0]
    await practice.client.service.download(item.session, first, PDF)
    expectation = Expectation(
        digest=item.digest, value=values[item.session], certificate=prepared.seal.certificate, profile=PDF
    )
    anchor = x509.load_pem_x509_certificate(practice.vendor.authority.root_pem)
    with pytest.raises(Rejected, match="original") as caught:
        await LocalVerifier(practice.place, [anchor], utc_now).verify_sealed(first, expectation)
    assert caught.value.reason is Reason.NOT_VERIFIED
    assert practice.place(first)[1].exists()


async def test_a_sealed_file_that_the_vendor_let_go_of_is_rejected(practice: Practice) -> None:
    document = practice.document()
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.close(session)
    with pytest.raises(Rejected) as caught:
        await practice.client.service.download(session, document, PDF)
    assert caught.value.reason is Reason.NOT_FINALIZED


async def test_a_file_over_the_limit_is_rejected_before_it_is_sent(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path, file_max_length=1000) as practice:
        (session,) = await practice.client.service.open_sessions(1)
        with pytest.raises(Rejected) as caught:
            await practice.client.service.upload(session, practice.document(), PDF)
        assert caught.value.reason is Reason.TOO_LARGE
        assert practice.calls(At.UPLOAD) == 0


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (413, Reason.TOO_LARGE),
        (400, Reason.REFUSED_BY_VENDOR),
        (415, Reason.REFUSED_BY_VENDOR),
        (422, Reason.REFUSED_BY_VENDOR),
    ],
)
async def test_a_refused_upload_rejects_the_document(practice: Practice, status: int, reason: Reason) -> None:
    (session,) = await practice.client.service.open_sessions(1)
    practice.order(At.UPLOAD, Kind.STATUS, status=status)
    with pytest.raises(Rejected) as caught:
        await practice.client.service.upload(session, practice.document(), PDF)
    assert caught.value.reason is reason


async def test_a_file_that_is_no_pdf_is_rejected_when_digests_are_calculated(practice: Practice) -> None:
    with pytest.raises(Rejected, match="calculate_digest") as caught:
        await practice.prepare([practice.document(content=b"plainly no PDF")])
    assert caught.value.reason is Reason.REFUSED_BY_VENDOR


async def test_an_upload_into_a_session_that_is_gone_is_permanent(practice: Practice) -> None:
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.close(session)
    with pytest.raises(Permanent, match="404"):
        await practice.client.service.upload(session, practice.document(), PDF)


async def test_digests_of_a_session_that_is_gone_are_permanent_and_blame_no_document(practice: Practice) -> None:
    seal = await practice.seal()
    with pytest.raises(Permanent) as caught:
        await practice.client.service.digests(("0" * 64,), seal, Profile())
    assert not isinstance(caught.value, Rejected)


async def test_an_original_that_shrank_on_the_shelf_is_rejected(practice: Practice) -> None:
    document = practice.document()
    practice.place(document)[0].write_bytes(b"%PDF-1.7 and no more")
    (session,) = await practice.client.service.open_sessions(1)
    with pytest.raises(Rejected) as caught:
        await practice.client.service.upload(session, document, PDF)
    assert caught.value.reason is Reason.LOST_ORIGINAL
