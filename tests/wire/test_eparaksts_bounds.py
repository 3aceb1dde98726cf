"""What the vendor may send is bounded: bytes, seconds and entries, whatever it says of them itself."""

import asyncio
import dataclasses
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from jobs.model.errors import Permanent, Rejected, Retryable, Uncertain
from jobs.model.reasons import Reason
from jobs.model.records import Prepared
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import PDF, Practice, answering, practising
from worker.eparaksts.answers import BoundedAnswer
from worker.eparaksts.operations import TERMS
from worker.eparaksts.signapi import BYTES_PER_SECOND, download_seconds

HURRIED = {operation: dataclasses.replace(terms, patience=(0.3,)) for operation, terms in TERMS.items()}
"""Terms under which a drip is over soon."""


async def sealed(practice: Practice) -> Prepared:
    """A sealed document in its session."""
    prepared = await practice.prepare([practice.document()])
    await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    return prepared


@pytest.mark.parametrize(("kind", "why"), [(Kind.FLOOD, "longer than"), (Kind.BOMB, "compressed")])
async def test_an_answer_without_end_is_worth_no_more_than_a_lost_one(practice: Practice, kind: Kind, why: str) -> None:
    practice.order(At.START, kind, times=None)
    with pytest.raises(Retryable, match=why):
        await practice.client.service.open_sessions(1)
    practice.order(At.SIGN, kind)
    prepared = await practice.prepare([practice.document()])
    with pytest.raises(Uncertain, match=why):
        await practice.sign(prepared)


async def test_an_endless_drip_ends_with_the_calls_patience(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path) as practice:
        prepared = await sealed(practice)
        url = str(practice.client.platform._endpoints.signapi_url)
        practice.order(At.LIST, Kind.DRIP, seconds=0.02, times=None)
        async with practice.connected(url, terms=HURRIED, attempts=1) as client:
            with pytest.raises(Retryable, match="list: lost the vendor mid-call"):
                await client.service.is_sealed(prepared.documents[0].session, practice.document(), PDF)


async def test_a_sealed_file_that_goes_on_and_on_is_not_taken(practice: Practice) -> None:
    (item,) = (await sealed(practice)).documents
    practice.order(At.DOWNLOAD, Kind.FLOOD)
    with pytest.raises(Rejected) as caught:
        await practice.client.service.download(item.session, practice.document(), PDF)
    assert caught.value.reason is Reason.NOT_VERIFIED
    assert not practice.place(practice.document())[1].exists()
    assert practice.calls(At.DOWNLOAD) == 1


async def test_the_vendors_word_on_a_files_size_is_not_believed(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path) as practice:
        (item,) = (await sealed(practice)).documents
        practice.order(At.LIST, Kind.WRONG_VALUE, times=None)
        await practice.client.service.download(item.session, practice.document(), PDF)
        assert practice.place(practice.document())[1].stat().st_size < 10**6


def test_a_terabyte_is_waited_for_no_longer_than_a_seal_would_take() -> None:
    assert download_seconds(10**14, 10**6) == (8 * 1024 * 1024 + 10**6) / BYTES_PER_SECOND
    assert download_seconds(5000, 10**6) == 5000 / BYTES_PER_SECOND


ODD = {
    "nested": b'{"data":' + b"[" * 100_000,
    "a-number-without-end": b'{"data": {"sessionId": ' + b"1" * 100_000 + b"}}",
    "a-crowd": json.dumps({"data": [{"id": "a", "size": 1}] * 6001}).encode(),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_answer_that_no_reader_can_follow_is_unreadable_and_no_more(practice: Practice, name: str) -> None:
    async def odd(_: web.Request) -> web.Response:
        return web.Response(body=ODD[name], content_type="application/json")

    async with answering(with_token(odd)) as url, practice.connected(url, attempts=1) as client:
        with pytest.raises(Retryable, match="cannot be used"):
            await client.service.is_sealed("s", practice.document(), PDF)


async def test_a_refusal_of_any_length_is_a_refusal(practice: Practice) -> None:
    async def refusing(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 10_000_000, status=403)

    async with answering(with_token(refusing)) as url, practice.connected(url) as client:
        with pytest.raises(Permanent, match=r"the vendor answered 403$"):
            await client.service.open_sessions(1)


async def test_silence_in_the_middle_of_an_answer_is_not_waited_for() -> None:
    async with answering(drip) as url, aiohttp.ClientSession() as http, http.get(url) as response:
        with pytest.raises(TimeoutError):
            await BoundedAnswer(response, 10_000, silence=0.05).read()


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def with_token(handler: Handler) -> Handler:
    """Give tokens as the vendor does, and answer everything else by the handler."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path.endswith("/token"):
            return web.json_response({"access_token": "t", "expires_in": 600})
        return await handler(request)

    return handle


async def drip(request: web.Request) -> web.StreamResponse:
    """A byte, and nothing behind it for as long as anybody listens."""
    stream = web.StreamResponse()
    await stream.prepare(request)
    await stream.write(b"%")
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110  nobody is told of its end
        await asyncio.sleep(0.01)
    return stream


@pytest.mark.parametrize(
    "date", ["Mon, 01 Jan 2024 00:00:00 +99999999999999", "no date", "Mon, 01 Jan 99999 00:00:00 GMT"]
)
async def test_a_date_beyond_all_calendars_tells_nothing_and_breaks_nothing(practice: Practice, date: str) -> None:
    async def dated(_: web.Request) -> web.Response:
        return web.json_response({"data": {"sessionId": "a"}}, headers={"Date": date})

    async with answering(with_token(dated)) as url, practice.connected(url, attempts=1) as client:
        assert await client.service.open_sessions(1) == ("a",)
