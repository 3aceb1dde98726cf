"""Results session by session: one that fails has an `error`, and the others go on (§4.8, §4.9)."""

from collections.abc import Awaitable, Sequence
from typing import Any

from aiohttp import web

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.replies import answered


async def result_of(session_id: str, work: Awaitable[None]) -> dict[str, Any]:
    """Do the work on one session and return its entry in `results`."""
    try:
        await work
    except SignApiRefusal as refusal:
        return {"sessionId": session_id, "error": {"code": refusal.code, "message": refusal.message}}
    return {"sessionId": session_id}


def answered_results(results: Sequence[dict[str, Any]]) -> web.Response:
    """Answer the results, with 400 where every session failed."""
    any_done = any("error" not in result for result in results)
    return answered({"results": results}, status=200 if any_done else 400)
