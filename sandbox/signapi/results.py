"""Results session by session: one that fails has an `error`, and the others go on (§4.8, §4.9)."""

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.refusals import SignApiRefusal
from sandbox.signapi.replies import data_response


def result(session_id: str, refusal: SignApiRefusal | None) -> dict[str, Any]:
    """Return a session's entry in `results`, with an `error` where it was refused."""
    if refusal is None:
        return {"sessionId": session_id}
    return {"sessionId": session_id, "error": {"code": refusal.code, "message": refusal.message}}


def results_response(results: Sequence[dict[str, Any]]) -> web.Response:
    """Answer the results, with 400 where every session failed."""
    any_done = any("error" not in result for result in results)
    return data_response({"results": results}, status=200 if any_done else 400)
