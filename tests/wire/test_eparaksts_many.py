"""What the vendor takes at once is found out against each way in which it may refuse more, and kept."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs.isolate import isolate
from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.errors import ConsentVoid, Permanent, TooMany
from jobs.model.records import Prepared
from jobs.model.vendor_limits import LimitKind
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import Practice, practising

HASHES = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)
COUNT = 13
"""More than the ten that the practice vendor takes at once here, in more than one part."""


def a_practice(state: Path, folder: Path, **variants: str) -> AbstractAsyncContextManager[Practice]:
    return practising(state, folder, variants=variants)


async def a_batch(practice: Practice) -> Prepared:
    return await practice.prepare([practice.document(number) for number in range(1, COUNT + 1)], profile=HASHES)


def known(practice: Practice) -> dict[LimitKind, int]:
    return {limit.kind: limit.most for limit in practice.limits.learned.met}


@pytest.mark.parametrize("style", ["counted", "wordless", "413", "422"])
async def test_a_digest_call_that_is_too_large_is_told_from_a_bad_document(
    vendor_state: Path, tmp_path: Path, style: str
) -> None:
    async with a_practice(vendor_state, tmp_path, calculate_limit="10", too_many=style) as practice:
        seal, service = await practice.seal(), practice.client.service
        sessions = await service.open_sessions(COUNT)
        for number, session in enumerate(sessions, start=1):
            await service.upload(session, practice.document(number), HASHES)
        with pytest.raises(TooMany) as caught:
            await isolate(sessions, partial(service.digests, seal=seal, profile=HASHES))
    assert caught.value.most == 10


async def test_one_token_signs_in_parts_where_the_platform_allows_it(vendor_state: Path, tmp_path: Path) -> None:
    async with a_practice(vendor_state, tmp_path, sign_limit="10", signing_parts="in_order") as practice:
        prepared = await a_batch(practice)
        values = await practice.sign(prepared)
        assert (len(values), known(practice)) == (COUNT, {LimitKind.SIGNATURE: 10})
        counters = practice.vendor.counters
        assert (counters.authorizations, counters.signature_calls, counters.signatures) == (1, 2, COUNT)
        # What is known is not tried again.
        await practice.sign(prepared)
        assert practice.calls(At.SIGN) == 3 + 2
        results = await practice.client.service.finalize(values, prepared.seal)
        assert set(results.values()) == {None}


@pytest.mark.parametrize("refused", ["keeps", "spends"])
@pytest.mark.parametrize("style", ["counted", "413"])
async def test_where_one_token_is_good_for_one_call_the_consent_is_void_and_what_it_is_good_for_is_known(
    vendor_state: Path, tmp_path: Path, style: str, refused: str
) -> None:
    variants = {"sign_limit": "10", "too_many": style, "refused_batch": refused}
    async with a_practice(vendor_state, tmp_path, **variants) as practice:
        prepared = await a_batch(practice)
        with pytest.raises(ConsentVoid):
            await practice.sign(prepared)
        # The figure that the vendor named, or else half of what it refused.
        assert known(practice) == {LimitKind.SIGNATURE: 10 if style == "counted" else 6, LimitKind.CALLS: 1}
        assert practice.vendor.counters.signatures == 0


async def test_nothing_is_learned_of_a_refusal_that_is_not_about_size(vendor_state: Path, tmp_path: Path) -> None:
    variants = {"sign_limit": "10", "too_many": "wordless"}
    async with a_practice(vendor_state, tmp_path, **variants) as practice:
        with pytest.raises(Permanent):
            await practice.sign(await a_batch(practice))
        assert known(practice) == {}
        assert practice.calls(At.SIGN) == 1


async def test_how_long_a_consent_can_be_used_is_known_from_its_token(vendor_state: Path, tmp_path: Path) -> None:
    async with a_practice(vendor_state, tmp_path) as practice:
        await practice.sign(await a_batch(practice))
        assert (practice.limits.learned.token_life, known(practice)) == (timedelta(minutes=10), {})


async def test_a_token_that_would_end_between_two_parts_makes_the_consent_void_and_nothing_uncertain(
    vendor_state: Path, tmp_path: Path
) -> None:
    variants = {"sign_limit": "10", "signing_parts": "in_order", "signing_token_life": "seconds"}
    async with a_practice(vendor_state, tmp_path, **variants) as practice:
        prepared = await a_batch(practice)
        # Of three seconds these leave too few for the second part, at the pace of the first.
        practice.order(At.SIGN, Kind.DELAY, seconds=2.5)
        with pytest.raises(ConsentVoid):
            await practice.sign(prepared)
        assert known(practice) == {LimitKind.SIGNATURE: 10, LimitKind.CALLS: 1}


@pytest.mark.parametrize("style", ["counted", "413"])
async def test_files_are_finalized_in_parts_each_once(vendor_state: Path, tmp_path: Path, style: str) -> None:
    async with a_practice(vendor_state, tmp_path, finalize_limit="10", too_many=style) as practice:
        prepared = await a_batch(practice)
        values = await practice.sign(prepared)
        results = await practice.client.service.finalize(values, prepared.seal)
        assert set(results.values()) == {None}
        assert practice.vendor.counters.finalizations == COUNT
        assert known(practice)[LimitKind.FINALIZE] == (10 if style == "counted" else 6)
