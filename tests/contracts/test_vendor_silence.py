"""That the vendor is silent is told by probes and the doctor, and holds up neither."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from worker.app.serving import listen, served
from worker.doctor.finding import Severity
from worker.doctor.services import examine_vendor
from worker.eparaksts.operations import CallOutcome
from worker.metrics.health import add_probes
from worker.metrics.vendor_silence import VendorSilence


def after(*outcomes: CallOutcome) -> bool:
    """Whether there is a warning after calls that ended so."""
    silence = VendorSilence()
    for outcome in outcomes:
        silence.note(outcome)
    return silence.find_warning() is not None


def test_two_calls_without_an_answer_are_a_warning_until_there_is_one() -> None:
    assert not after()
    assert not after(CallOutcome.RETRYABLE)
    assert after(CallOutcome.RETRYABLE, CallOutcome.UNCERTAIN)
    assert after(CallOutcome.RETRYABLE, CallOutcome.ABANDONED, CallOutcome.RETRYABLE)


@pytest.mark.parametrize("answer", [CallOutcome.OK, CallOutcome.REJECTED, CallOutcome.UNAUTHORIZED])
def test_any_answer_ends_the_silence(answer: CallOutcome) -> None:
    assert not after(CallOutcome.RETRYABLE, CallOutcome.RETRYABLE, answer, CallOutcome.RETRYABLE)


@pytest.mark.parametrize("tells_why", [True, False])
async def test_a_silent_vendor_is_told_beside_readiness_and_never_to_strangers(*, tells_why: bool) -> None:
    silence, application, listener = VendorSilence(), web.Application(), listen("127.0.0.1", 0)
    add_probes(application, {}, {"vendor": silence.find_warning}, tells_why=tells_why)
    for _ in range(2):
        silence.note(CallOutcome.RETRYABLE)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/readyz"
    async with served(application, listener), aiohttp.ClientSession() as http, http.get(url) as reply:
        body = await reply.json()
    assert (reply.status, body["status"]) == (200, "ready")
    told = {"vendor": "eParaksts does not answer, or answers that it cannot work now."}
    assert body.get("warnings") == (told if tells_why else None)


async def test_the_doctor_does_not_wait_for_ever() -> None:
    async def never() -> int:
        await asyncio.Event().wait()
        return 0

    finding = await examine_vendor(never(), patience=0.01)
    assert finding.severity is Severity.FAULT
    assert "does not answer" in finding.found
