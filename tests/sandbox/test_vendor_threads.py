"""Slow work is done in order in threads beside the event loop, in slices, so that nobody waits for another's batch."""

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sandbox.app import opened
from sandbox.settings import Settings
from sandbox.vendor import TIME_SLICE, Vendor
from tests.sandbox.integration import CLIENTS, Integration, a_pdf, b64, prepare_batch, the_seal


@pytest.fixture
async def vendor(sandbox_state: Path) -> AsyncIterator[Vendor]:
    """A vendor with one thread for slow work."""
    async with opened(Settings(clients=CLIENTS), sandbox_state) as usual:
        with ThreadPoolExecutor(1) as executor:
            yield replace(usual, executor=executor)


def take_half_a_slice(number: int, done: list[int]) -> int:
    end = time.monotonic() + TIME_SLICE / 2
    while time.monotonic() < end:
        pass
    done.append(number)
    return number


async def test_every_work_is_done_once_and_in_order(vendor: Vendor) -> None:
    done: list[int] = []
    results = await vendor.run_all_in_threads([partial(take_half_a_slice, number, done) for number in range(7)])
    assert results == done == list(range(7))


async def test_nothing_to_do_is_done_at_once(vendor: Vendor) -> None:
    assert await vendor.run_all_in_threads([]) == []


async def test_another_call_waits_for_a_slice_and_not_for_the_batch(vendor: Vendor) -> None:
    done: list[int] = []
    batch = asyncio.create_task(
        vendor.run_all_in_threads([partial(take_half_a_slice, number, done) for number in range(12)])
    )
    await asyncio.sleep(0)
    assert await vendor.run_in_thread(len, done) < 12
    assert await batch == list(range(12))


async def test_others_are_answered_while_a_large_batch_is_prepared(integration: Integration) -> None:
    batch = await prepare_batch(integration, [a_pdf(f"{number}") for number in range(60)], the_seal(integration))
    certificate = b64(batch.seal.credential.certificate_der)
    again = asyncio.create_task(integration.calculate(batch.session_ids, certificate))
    for _ in range(5):
        status, _ = await integration.call("GET", "/api-config/v1.0/")
        assert (status, again.done()) == (200, False)
    status, _ = await again
    assert status == 200
