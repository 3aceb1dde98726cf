"""Bad weather on the wire: each kind at each call, and the error it becomes."""

import dataclasses
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs.model.documents import Profile
from jobs.model.errors import Permanent, Retryable, Uncertain
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import PDF, Practice, practising
from worker.eparaksts.failures import TokenRefused
from worker.eparaksts.operations import TERMS, CallOutcome, Operation

BROKEN = [
    pytest.param(Kind.STATUS, {"status": 500}, id="500"),
    pytest.param(Kind.STATUS, {"status": 502}, id="502"),
    pytest.param(Kind.STATUS, {"status": 503}, id="503"),
    pytest.param(Kind.STATUS, {"status": 504}, id="504"),
    pytest.param(Kind.RESET, {}, id="reset"),
    pytest.param(Kind.STATUS, {"status": 500, "after_work": True}, id="500-after"),
    pytest.param(Kind.STATUS, {"status": 504, "after_work": True}, id="504-after"),
    pytest.param(Kind.RESET, {"after_work": True}, id="reset-after"),
    pytest.param(Kind.HALF_BODY, {}, id="half-a-body"),
]
NOBODY_THERE = "http://127.0.0.1:1"
every_break = pytest.mark.parametrize(("kind", "rule"), BROKEN)


async def test_429_is_repeated_after_the_pause_the_vendor_asks_for(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=429, retry_after=7)
    assert len(await practice.client.service.open_sessions(1)) == 1
    assert len(practice.pauses) == 1
    assert practice.pauses[0] >= 7


async def test_429_without_a_pause_is_repeated_after_one_of_our_own(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=429)
    assert len(await practice.client.service.open_sessions(1)) == 1
    assert 0.5 <= practice.pauses[0] <= 2


async def test_429_for_long_is_left_to_the_caller_with_the_pause_it_asks_for(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=429, retry_after=3600, times=None)
    with pytest.raises(Retryable) as caught:
        await practice.client.service.open_sessions(1)
    assert caught.value.after is not None
    assert caught.value.after.total_seconds() == 3600
    assert (practice.calls(At.START), practice.pauses) == (1, [])


async def test_three_attempts_are_enough(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=503, times=None)
    with pytest.raises(Retryable, match="start: the vendor answered 503"):
        await practice.client.service.open_sessions(1)
    assert practice.calls(At.START) == 3
    assert practice.retried == [Operation.START, Operation.START]
    assert practice.outcomes(Operation.START) == [CallOutcome.RETRYABLE] * 3


@every_break
async def test_a_broken_start_is_repeated(practice: Practice, kind: Kind, rule: dict[str, object]) -> None:
    practice.order(At.START, kind, **rule)
    assert len(await practice.client.service.open_sessions(3)) == 3
    assert practice.calls(At.START) == 2


@every_break
async def test_a_broken_token_request_is_repeated(practice: Practice, kind: Kind, rule: dict[str, object]) -> None:
    practice.order(At.TOKEN, kind, **rule)
    assert await practice.client.service.session_life()
    assert practice.retried == [Operation.INTROSPECT]


@every_break
@pytest.mark.parametrize("at", [At.LIST, At.DOWNLOAD])
async def test_a_broken_download_is_repeated(practice: Practice, at: At, kind: Kind, rule: dict[str, object]) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    practice.order(at, kind, **rule)
    await practice.client.service.download(prepared.documents[0].session, document, PDF)
    original, sealed = practice.place(document)
    assert sealed.read_bytes().startswith(original.read_bytes())
    assert {path.name for path in practice.folder.iterdir()} == {original.name, sealed.name}


@pytest.mark.parametrize("status", [502, 503])
async def test_digests_are_asked_for_again_when_the_vendor_had_not_begun(practice: Practice, status: int) -> None:
    practice.order(At.CALCULATE_DIGEST, Kind.STATUS, status=status)
    await practice.prepare([practice.document()])
    assert practice.calls(At.CALCULATE_DIGEST) == 2


@pytest.mark.parametrize(("kind", "rule"), [case for case in BROKEN if case.id not in {"502", "503"}])
async def test_digests_that_may_have_been_calculated_are_uncertain(
    practice: Practice, kind: Kind, rule: dict[str, object]
) -> None:
    seal = await practice.seal()
    (session,) = await practice.client.service.open_sessions(1)
    await practice.client.service.upload(session, practice.document(), PDF)
    practice.order(At.CALCULATE_DIGEST, kind, **rule)
    with pytest.raises(Uncertain, match="calculate_digest"):
        await practice.client.service.digests((session,), seal, Profile())
    assert practice.calls(At.CALCULATE_DIGEST) == 1


@every_break
async def test_a_broken_upload_is_looked_into_and_never_repeated(
    practice: Practice, kind: Kind, rule: dict[str, object]
) -> None:
    (session,) = await practice.client.service.open_sessions(1)
    practice.order(At.UPLOAD, kind, **rule)
    if rule.get("after_work") or kind is Kind.HALF_BODY:
        await practice.client.service.upload(session, practice.document(), PDF)
    else:
        with pytest.raises(Uncertain, match="upload"):
            await practice.client.service.upload(session, practice.document(), PDF)
        assert practice.calls(At.CLOSE) == 0
    assert (practice.calls(At.UPLOAD), practice.calls(At.LIST)) == (1, 1)


async def test_an_upload_is_repeated_when_it_was_turned_away_unread(practice: Practice) -> None:
    (session,) = await practice.client.service.open_sessions(1)
    practice.order(At.UPLOAD, Kind.STATUS, status=429)
    await practice.client.service.upload(session, practice.document(), PDF)
    assert practice.calls(At.UPLOAD) == 2


@every_break
async def test_a_broken_exchange_is_uncertain_and_never_repeated(
    practice: Practice, kind: Kind, rule: dict[str, object]
) -> None:
    code = await practice.code(practice.client.platform.identification_url("state"))
    practice.order(At.TOKEN, kind, **rule)
    with pytest.raises(Uncertain, match="exchange"):
        await practice.client.platform.exchange(code)
    assert practice.calls(At.TOKEN) == 1


@every_break
async def test_a_broken_signature_call_is_uncertain_and_never_repeated(
    practice: Practice, kind: Kind, rule: dict[str, object]
) -> None:
    prepared = await practice.prepare([practice.document()])
    authorization = await practice.consent(prepared)
    practice.order(At.SIGN, kind, **rule)
    with pytest.raises(Uncertain, match="sign"):
        await practice.client.service.sign(prepared, authorization)
    assert practice.calls(At.SIGN) == 1
    assert practice.retried == []


@pytest.mark.parametrize("turned_away", [At.TOKEN, At.SIGN, At.FINALIZE])
async def test_a_person_consents_once_although_the_vendor_turns_a_call_away_that_is_repeated_after_nothing_else(
    practice: Practice, turned_away: At
) -> None:
    prepared = await practice.prepare([practice.document()])
    authorization = await practice.consent(prepared)
    before = practice.calls(turned_away)
    practice.order(turned_away, Kind.STATUS, status=429, retry_after=9)
    values = await practice.client.service.sign(prepared, authorization)
    sessions = [item.session for item in prepared.documents]
    results = await practice.client.service.finalize(dict(zip(sessions, values, strict=True)), prepared.seal)
    assert results == dict.fromkeys(sessions)
    assert practice.calls(turned_away) - before == 2
    assert len(practice.pauses) == 1
    assert practice.pauses[0] >= 9


async def test_a_signature_call_turned_away_for_longer_than_its_token_lives_is_not_repeated(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    authorization = await practice.consent(prepared)
    practice.order(At.SIGN, Kind.STATUS, status=429, retry_after=3600)
    with pytest.raises(Retryable, match="429"):
        await practice.client.service.sign(prepared, authorization)
    assert (practice.calls(At.SIGN), practice.pauses) == (1, [])


@every_break
async def test_a_broken_finalize_is_uncertain_and_looking_tells_what_happened(
    practice: Practice, kind: Kind, rule: dict[str, object]
) -> None:
    document = practice.document()
    prepared = await practice.prepare([document])
    values = await practice.sign(prepared)
    practice.order(At.FINALIZE, kind, **rule)
    with pytest.raises(Uncertain, match="finalize"):
        await practice.client.service.finalize(values, prepared.seal)
    assert practice.calls(At.FINALIZE) == 1
    was_done = bool(rule.get("after_work")) or kind is Kind.HALF_BODY
    assert await practice.client.service.is_sealed(prepared.documents[0].session, document, PDF) is was_done


async def test_a_refused_introspect_token_is_renewed_once_and_the_call_repeated(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=401)
    assert len(await practice.client.service.open_sessions(1)) == 1
    assert (practice.calls(At.START), practice.calls(At.TOKEN)) == (2, 2)
    assert practice.outcomes(Operation.START) == [CallOutcome.UNAUTHORIZED, CallOutcome.OK]


async def test_a_token_that_is_refused_again_is_permanent(practice: Practice) -> None:
    practice.order(At.START, Kind.STATUS, status=401, times=None)
    with pytest.raises(TokenRefused):
        await practice.client.service.open_sessions(1)
    assert practice.calls(At.START) == 2


@pytest.mark.parametrize("at", [At.UPLOAD, At.CALCULATE_DIGEST, At.FINALIZE])
async def test_a_refused_token_is_renewed_even_where_nothing_else_is_repeated(practice: Practice, at: At) -> None:
    seal = await practice.seal()
    practice.order(at, Kind.STATUS, status=401)
    prepared = await practice.prepare([practice.document()], seal)
    assert set((await practice.client.service.finalize(await practice.sign(prepared), seal)).values()) == {None}


async def test_a_refused_token_of_a_person_is_permanent(practice: Practice) -> None:
    token = await practice.login()
    practice.order(At.USERS_ME, Kind.STATUS, status=401)
    with pytest.raises(Permanent, match="user: the vendor answered 401"):
        await practice.client.platform.user(token)
    assert practice.calls(At.USERS_ME) == 1


async def test_a_start_that_hangs_is_given_up_soon_and_repeated(vendor_state: Path, tmp_path: Path) -> None:
    hasty = {**TERMS, Operation.START: dataclasses.replace(TERMS[Operation.START], patience=(0.2, 60.0))}
    async with practising(vendor_state, tmp_path, client={"terms": hasty}) as practice:
        practice.order(At.START, Kind.DELAY, seconds=30)
        assert len(await practice.client.service.open_sessions(1)) == 1
        assert practice.outcomes(Operation.START) == [CallOutcome.RETRYABLE, CallOutcome.OK]


async def test_a_signature_call_that_hangs_is_uncertain(vendor_state: Path, tmp_path: Path) -> None:
    hasty = {**TERMS, Operation.SIGN: dataclasses.replace(TERMS[Operation.SIGN], patience=(-1.8,))}
    async with practising(vendor_state, tmp_path, client={"terms": hasty}) as practice:
        prepared = await practice.prepare([practice.document()])
        authorization = await practice.consent(prepared)
        practice.order(At.SIGN, Kind.DELAY, seconds=30)
        with pytest.raises(Uncertain, match="lost the vendor mid-call"):
            await practice.client.service.sign(prepared, authorization)


async def test_a_vendor_that_cannot_be_reached_is_retryable(practice: Practice) -> None:
    async with practice.connected(NOBODY_THERE) as client:
        with pytest.raises(Retryable, match="never reached the vendor"):
            await client.service.open_sessions(1)
    assert practice.retried == [Operation.INTROSPECT] * 2


async def test_a_code_is_not_tried_again_even_when_nobody_was_reached(practice: Practice) -> None:
    async with practice.connected(NOBODY_THERE) as client:
        with pytest.raises(Retryable, match="never reached the vendor"):
            await client.platform.exchange(SecretStr("code"))
    assert practice.retried == []
