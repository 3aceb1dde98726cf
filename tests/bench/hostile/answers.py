"""Hostile answers of the vendor: each hits one batch, a call of its for each document, and goes by."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import aiohttp

from jobs.model.documents import SealFormat
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import BatchId, batch_id
from sandbox.weather.acts import HostileAct
from sandbox.weather.operations import Operation
from sandbox.weather.rules import SPECIAL, Kind
from tests.bench.hostile.running import BATCHES, TOGETHER, Bench, Cost
from tests.support.pdfs import a_pdf
from worker.demo.driver import drop
from worker.demo.person import LostOnPage

_LONGEST = 240.0
"""Seconds after which a batch is reported as it stands."""
_BEGIN = 20.0
"""Seconds in which the calls must have been made at which the vendor is hostile."""
_PAUSE = 0.05
_EACH = frozenset({Operation.UPLOAD, Operation.LIST, Operation.DOWNLOAD})
"""Called for each document; the others once for a batch."""
_CALLS = (
    Operation.START,
    Operation.UPLOAD,
    Operation.CALCULATE_DIGEST,
    Operation.SIGN,
    Operation.FINALIZE,
    Operation.LIST,
    Operation.DOWNLOAD,
)
_AFTER_APPROVAL = frozenset({Operation.SIGN, Operation.FINALIZE, Operation.LIST, Operation.DOWNLOAD})
_KINDS = (Kind.FLOOD, Kind.BOMB, Kind.DRIP, Kind.HALF_BODY, Kind.WRONG_VALUE)


@dataclass(frozen=True, slots=True)
class HostileAnswer:
    """What the vendor does at which call, to documents of which format."""

    operation: Operation
    kind: Kind
    act: HostileAct | None = None
    format: SealFormat = SealFormat.PDF

    @property
    def name(self) -> str:
        """Name it as in the table."""
        return f"vendor, {self.operation}: {self.act or self.kind}".replace("_", " ")

    @property
    def times(self) -> int:
        """How many calls are answered so."""
        return TOGETHER if self.operation in _EACH else 1

    def weather(self) -> dict[str, Any]:
        """The practice vendor's weather."""
        rule = {"operation": self.operation, "kind": self.kind, "act": self.act, "times": self.times}
        return {"rules": [rule]}


def answers() -> Iterator[HostileAnswer]:
    """Every kind at every call that it can happen to, and every hostile act."""
    for operation in _CALLS:
        for kind in _KINDS:
            if operation in SPECIAL.get(kind, frozenset(Operation)):
                yield HostileAnswer(operation, kind)
    for act in HostileAct:
        is_container = (act.__doc__ or "").startswith("container")
        yield HostileAnswer(act.operation, Kind.HOSTILE, act, SealFormat.EDOC if is_container else SealFormat.PDF)


async def measure_answer(bench: Bench, answer: HostileAnswer) -> Cost:
    """Have a batch sealed by a vendor that is hostile once, and an ordinary document prepared beside it."""
    route, ledger = BATCHES[answer.format], bench.app.disk.ledger
    batch = batch_id(route, await ledger.latest(route) + 1)
    folder = bench.app.config.parent / "answered"
    await asyncio.to_thread(folder.mkdir, exist_ok=True)
    files = [folder / f"{batch}-{number}.pdf" for number in range(TOGETHER)]
    for path in files:
        path.write_bytes(a_pdf(path.stem))
    approving: asyncio.Task[int] | None = None

    async def begin() -> None:
        nonlocal approving
        await _set_weather(bench, answer.weather())
        before = await _calls(bench, answer.operation)
        await asyncio.to_thread(drop, files, bench.app.settings.folders.inbox / route)
        approving = asyncio.create_task(_approve_until_over(bench, batch))
        # Only when the hostile answers are all given away is the other document's call an ordinary one.
        with suppress(TimeoutError):
            async with asyncio.timeout(_BEGIN):
                while await _calls(bench, answer.operation) < before + answer.times:  # noqa: ASYNC110
                    await asyncio.sleep(_PAUSE)

    async def end() -> str:
        assert approving is not None
        asked = await approving
        return await _end(bench, batch, asked)

    cost = await bench.measure_beside(answer.name, begin, end)
    await _set_weather(bench, {"rules": []})
    return cost


async def _approve_until_over(bench: Bench, batch: BatchId) -> int:
    """Approve the batch whenever it asks; gives how often that was."""
    approved, began = set(), time.monotonic()
    while time.monotonic() - began < _LONGEST:
        await asyncio.sleep(_PAUSE)
        history = await _history(bench, batch)
        if history is None:
            continue
        if history.is_stopped or batch not in await bench.app.disk.ledger.open_batches():
            break
        if history.state is State.PREPARED and history.since not in approved:
            with suppress(LostOnPage):
                await bench.app.person.approve(batch)
                approved.add(history.since)
    return len(approved)


async def _end(bench: Bench, batch: BatchId, asked: int) -> str:
    history = await _history(bench, batch)
    outbox = bench.app.settings.folders.outbox / batch.rpartition("-")[0]
    sealed = len([path for path in outbox.glob(f"{batch}*") if path.suffix != ".json"])
    entries = await bench.app.disk.quarantine.entries()
    reasons = [entry.explanation.reason for entry in entries if entry.explanation.batch == batch]
    parts = [f"{sealed} sealed"] * bool(sealed)
    parts += [f"{reasons.count(reason)} {reason}" for reason in sorted(set(reasons))]
    if history is None or batch in await bench.app.disk.ledger.open_batches():
        parts.append("stopped" if history and history.is_stopped else f"still {history.state if history else 'waits'}")
    # Once is what every batch asks.
    parts += [f"asked {asked} times"] * (asked > 1)
    return ", ".join(parts)


async def _history(bench: Bench, batch: BatchId) -> History | None:
    ledger = bench.app.disk.ledger
    return await ledger.read(batch) if batch in await ledger.batches() else None


async def _calls(bench: Bench, operation: Operation) -> int:
    return int((await bench.app.vendor.counters())["calls"].get(operation, 0))


async def _set_weather(bench: Bench, weather: dict[str, Any]) -> None:
    url = f"{bench.app.vendor.platform_url}/sandbox/weather"
    async with aiohttp.ClientSession() as http, http.post(url, data=json.dumps(weather)) as reply:
        assert reply.ok, await reply.text()
