"""One suite for every sealing service: the vendor in memory, and the real client of the practice vendor."""

from datetime import timedelta

import pytest

from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.errors import ConsentRefused, Permanent, Rejected, SealRefused, Uncertain
from jobs.model.levels import SealLevel
from jobs.model.reasons import Reason
from jobs.ports import SessionState
from tests.contracts.vendors import VendorSide, prepare, seal_one, sign
from tests.support.builders import JANIS
from tests.wire.practice import PDF

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTAINER = Profile(format=SealFormat.EDOC)
BY_HASHES = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)

each_profile = pytest.mark.parametrize("profile", [PDF, CONTAINER, BY_HASHES], ids=["pdf", "edoc", "hash-only"])


async def test_every_session_is_another_one(side: VendorSide) -> None:
    sessions = (*await side.service.open_sessions(3), *await side.service.open_sessions(2))
    assert len(set(sessions)) == 5


async def test_no_session_can_be_asked_for(side: VendorSide) -> None:
    assert await side.service.open_sessions(0) == ()


@each_profile
async def test_every_session_gets_a_digest_of_its_own(side: VendorSide, profile: Profile) -> None:
    documents = [side.document(number) for number in (1, 2, 3)]
    prepared = await prepare(side, documents, profile)
    assert {item.document for item in prepared.documents} == {document.id for document in documents}
    assert len({item.digest for item in prepared.documents}) == len({item.session for item in prepared.documents}) == 3


async def test_a_value_stands_where_its_document_stands(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(number) for number in (1, 2, 3)])
    values = await sign(side, prepared)
    assert list(values) == [item.session for item in prepared.documents]


async def test_a_consent_can_be_used_once(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1)])
    consent = await side.consent(prepared)
    await side.service.sign(prepared, consent)
    with pytest.raises(Permanent):
        await side.service.sign(prepared, consent)


async def test_a_consent_to_other_digests_signs_nothing(side: VendorSide) -> None:
    prepared, other = await prepare(side, [side.document(1)]), await prepare(side, [side.document(2)])
    consent = await side.consent(other)
    with pytest.raises(Permanent):
        await side.service.sign(prepared, consent)


@each_profile
async def test_a_finalized_session_holds_a_sealed_file(side: VendorSide, profile: Profile) -> None:
    sealed = await seal_one(side, profile=profile)
    assert await side.service.is_sealed(sealed.session, sealed.document, profile)
    await side.service.download(sealed.session, sealed.document, profile)
    await side.verifier.verify_sealed(sealed.document, sealed.expectation)


async def test_a_session_without_values_holds_no_sealed_file(side: VendorSide) -> None:
    document = side.document(1)
    prepared = await prepare(side, [document])
    session = prepared.documents[0].session
    assert not await side.service.is_sealed(session, document, PDF)
    for call in (side.service.download, side.service.validation):
        with pytest.raises(Rejected) as caught:
            await call(session, document, PDF)
        assert caught.value.reason is Reason.NOT_FINALIZED
    assert (await side.service.archive([session], prepared.seal))[session] is not None


@each_profile
async def test_only_a_session_with_what_was_sent_and_nothing_else_is_untouched(
    side: VendorSide, profile: Profile
) -> None:
    document = side.document(1)
    prepared = await prepare(side, [document], profile)
    session = prepared.documents[0].session
    assert await side.service.is_untouched(session, document, profile)
    assert await side.service.finalize(await sign(side, prepared), prepared.seal) == {session: None}
    assert not await side.service.is_untouched(session, document, profile)
    await side.service.close(session)
    assert not await side.service.is_untouched(session, document, profile)


async def test_the_same_consents_values_finalize_what_an_earlier_call_left_untouched(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1), side.document(2)])
    values = await sign(side, prepared)
    for session in values:
        assert await side.service.finalize({session: values[session]}, prepared.seal) == {session: None}


async def test_the_vendors_clock_is_told(side: VendorSide) -> None:
    await side.service.session_life()
    offset = await side.service.clock_offset()
    assert offset is not None
    assert abs(offset) < timedelta(minutes=1)


async def test_values_that_changed_places_seal_nothing(side: VendorSide) -> None:
    documents = [side.document(1), side.document(2)]
    prepared = await prepare(side, documents)
    values = await sign(side, prepared)
    errors = await side.service.finalize(dict(zip(values, reversed(values.values()), strict=True)), prepared.seal)
    assert errors.keys() == values.keys()
    assert None not in errors.values()
    assert not await side.service.is_sealed(prepared.documents[0].session, documents[0], PDF)


async def test_a_session_is_finalized_once(side: VendorSide) -> None:
    sealed = await seal_one(side)
    again = await side.service.finalize({sealed.session: sealed.value}, sealed.prepared.seal)
    assert again[sealed.session] is not None
    assert await side.service.is_sealed(sealed.session, sealed.document, PDF)


async def test_a_sealed_session_takes_no_other_document(side: VendorSide) -> None:
    sealed = await seal_one(side)
    with pytest.raises(Rejected) as caught:
        await side.service.upload(sealed.session, side.document(2), PDF)
    assert caught.value.reason is Reason.REFUSED_BY_VENDOR
    with pytest.raises(Rejected):
        await side.service.digests([sealed.session], sealed.prepared.seal, PDF)


async def test_a_session_says_whether_it_waits_is_sealed_or_gone(side: VendorSide) -> None:
    document = side.document(1)
    prepared = await prepare(side, [document])
    (session,) = [item.session for item in prepared.documents]
    states = [await side.service.session_state(session, document, PDF)]
    await side.service.finalize(await sign(side, prepared), prepared.seal)
    states.append(await side.service.session_state(session, document, PDF))
    await side.service.close(session)
    states.append(await side.service.session_state(session, document, PDF))
    assert states == [SessionState.WAITS, SessionState.SEALED, SessionState.GONE]


@each_profile
async def test_a_closed_session_holds_nothing_and_takes_nothing(side: VendorSide, profile: Profile) -> None:
    sealed = await seal_one(side, profile=profile)
    await side.service.close(sealed.session)
    await side.service.close(sealed.session)
    for call in (side.service.download, side.service.validation):
        with pytest.raises(Rejected) as caught:
            await call(sealed.session, sealed.document, profile)
        assert caught.value.reason is Reason.NOT_FINALIZED
    with pytest.raises(Permanent) as gone:
        await side.service.upload(sealed.session, sealed.document, profile)
    assert not isinstance(gone.value, Rejected)
    with pytest.raises(Permanent) as gone:
        await side.service.digests([sealed.session], sealed.prepared.seal, profile)
    assert not isinstance(gone.value, Rejected)
    assert not await side.service.is_sealed(sealed.session, sealed.document, profile)


async def test_a_closed_session_among_others_spoils_only_itself(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1), side.document(2)])
    values = await sign(side, prepared)
    gone, here = values
    await side.service.close(gone)
    finalized = await side.service.finalize(values, prepared.seal)
    assert (finalized[gone] is None, finalized[here] is None) == (False, True)
    archived = await side.service.archive(tuple(values), prepared.seal)
    assert (archived[gone] is None, archived[here] is None) == (False, True)


async def test_a_document_that_is_too_large_is_refused_at_the_door(side: VendorSide) -> None:
    (session,) = await side.service.open_sessions(1)
    with pytest.raises(Rejected) as caught:
        await side.service.upload(session, side.too_large(10), PDF)
    assert caught.value.reason is Reason.TOO_LARGE


async def test_a_document_that_cannot_be_sealed_spoils_its_set_and_no_other(side: VendorSide) -> None:
    good, bad = await side.service.open_sessions(2)
    await side.service.upload(good, side.document(1), PDF)
    await side.service.upload(bad, side.unsealable(11), PDF)
    seal = await side.seal()
    with pytest.raises(Rejected) as caught:
        await side.service.digests([good, bad], seal, PDF)
    assert caught.value.reason is Reason.REFUSED_BY_VENDOR
    assert [each.session for each in (await side.service.digests([good], seal, PDF)).digests] == [good]


@pytest.mark.parametrize("documents", [0, 2])
async def test_a_session_must_hold_exactly_one_pdf(side: VendorSide, documents: int) -> None:
    (session,) = await side.service.open_sessions(1)
    for number in range(documents):
        await side.service.upload(session, side.document(number + 1), PDF)
    with pytest.raises(Rejected):
        await side.service.digests([session], await side.seal(), PDF)


async def test_no_sessions_have_no_digests(side: VendorSide) -> None:
    with pytest.raises(Rejected):
        await side.service.digests([], await side.seal(), PDF)


@pytest.mark.parametrize("profile", [PDF, CONTAINER], ids=["pdf", "edoc"])
async def test_an_archive_timestamp_can_be_added_more_than_once(side: VendorSide, profile: Profile) -> None:
    sealed = await seal_one(side, profile=profile)
    for _ in range(2):
        assert await side.service.archive([sealed.session], sealed.prepared.seal) == {sealed.session: None}
    assert await side.service.is_sealed(sealed.session, sealed.document, profile)


async def test_the_vendors_own_report_is_there_for_a_sealed_file(side: VendorSide) -> None:
    sealed = await seal_one(side)
    assert (await side.service.validation(sealed.session, sealed.document, PDF)).startswith("{")


async def test_a_finalize_whose_answer_is_lost_was_done(side: VendorSide) -> None:
    document = side.document(1)
    prepared = await prepare(side, [document])
    values = await sign(side, prepared)
    with side.lost_answer("finalize"), pytest.raises(Uncertain):
        await side.service.finalize(values, prepared.seal)
    assert await side.service.is_sealed(prepared.documents[0].session, document, PDF)


async def test_an_archive_whose_answer_is_lost_was_done(side: VendorSide) -> None:
    sealed = await seal_one(side)
    with side.lost_answer("archive"), pytest.raises(Uncertain):
        await side.service.archive([sealed.session], sealed.prepared.seal)
    await side.service.download(sealed.session, sealed.document, PDF)
    proof = await side.verifier.verify_sealed(sealed.document, sealed.expectation)
    assert proof.level is SealLevel.LTA


async def test_a_signature_whose_answer_is_lost_spent_the_consent(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1)])
    consent = await side.consent(prepared)
    with side.lost_answer("sign"), pytest.raises(Uncertain):
        await side.service.sign(prepared, consent)
    with pytest.raises(Permanent):
        await side.service.sign(prepared, consent)


async def test_a_session_lives_for_a_while(side: VendorSide) -> None:
    assert (await side.service.session_life()).total_seconds() > 0


async def test_a_consent_of_another_person_than_the_approver_signs_nothing(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1)])
    consent = await side.consent(prepared)
    with pytest.raises(ConsentRefused):
        await side.service.sign(prepared, consent.model_copy(update={"approver": JANIS}))


async def test_a_seal_that_is_refused_whatever_the_document_is_told_from_a_document_that_is(side: VendorSide) -> None:
    await side.service.require_accepted(await side.seal())
    revoked, (session,) = await side.revoked_seal(), await side.service.open_sessions(1)
    await side.service.upload(session, side.document(1), PDF)
    with pytest.raises(Rejected):
        await side.service.digests([session], revoked, PDF)
    with pytest.raises(SealRefused):
        await side.service.require_accepted(revoked)
