"""`Expect: 100-continue` (RFC 9110 §10.1.1): whoever sends it learns of a refusal before it sends the body."""

from aiohttp import web

from worker.api.problems import ApiError, ProblemType, answer

_GO_ON = "100-continue"


async def overlook_or_refuse(request: web.Request) -> web.StreamResponse | None:
    """Promise nothing yet: whether a body is wanted turns out when key, route and size are known."""
    if request.headers["Expect"].lower() == _GO_ON:
        return None
    return answer(
        ApiError(ProblemType.EXPECTATION, f"Of expectations {_GO_ON} alone is known. Send it without `Expect`.")
    )


async def ask_to_go_on(request: web.Request) -> None:
    """Tell whoever waits for it that the body may come."""
    if request.headers.get("Expect", "").lower() == _GO_ON and request.version >= (1, 1):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The answer itself did not begin.
        request.writer.output_size = 0
