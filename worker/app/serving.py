"""Serving an aiohttp application for the time of a block, on a socket that may be bound beforehand.

Whoever connects is a stranger: connections are counted, slow ones are ended, and what makes no sense is answered in
two words, without a traceback, a version or anything of the request.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.web_protocol import RequestHandler

log = structlog.get_logger()

IDLE = 15.0
"""Seconds from connecting, or from an answer, in which the head of the next request must have come."""
SENDING = 60.0
"""Seconds in which an answer must have been taken."""
_SERVER = "zimogs"


def listen(host: str, port: int) -> socket.socket:
    """Bind and listen; port 0 takes a free one. Raises OSError with the address when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
    listener.listen(128)
    return listener


@asynccontextmanager
async def served(
    application: web.Application,
    listener: socket.socket,
    *,
    connections: int = 500,
    idle: float = IDLE,
    sending: float = SENDING,
) -> AsyncIterator[None]:
    """Serve at most so many `connections` at once until the block ends.

    The access log stays off: callback URLs hold one-time codes.
    """
    application.on_response_prepare.append(_name_server)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=5)
    await runner.setup()
    assert runner.server is not None  # noqa: S101  it is there from setup to cleanup
    accept = partial(_Connection, runner.server, most=connections, idle=idle, sending=sending)
    listening = await asyncio.get_running_loop().create_server(accept, sock=listener)
    try:
        yield
    finally:
        listening.close()
        await runner.cleanup()


async def _name_server(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = _SERVER


class _Connection(RequestHandler):
    """One connection. aiohttp itself ends one whose next request does not come within `idle` seconds."""

    def __init__(self, server: web.Server, *, most: int, idle: float, sending: float) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            # As aiohttp itself passes it where the log is off.
            access_log=None,  # type: ignore[arg-type]
            keepalive_timeout=idle,
            lingering_time=2,
        )
        self._server = server
        self._most = most
        self._sending = sending

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve, unless there are too many already."""
        super().connection_made(transport)
        if len(self._server.connections) > self._most:
            log.warning("connection refused", why="too many at once", most=self._most)
            self.force_close()

    async def start(self) -> None:
        """Serve to the end of the connection. What is not taken by then is not kept for ever."""
        transport = self.transport
        try:
            await super().start()
        finally:
            # Closed, it still waits for somebody to take the rest.
            if isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():
                asyncio.get_running_loop().call_later(self._sending, transport.abort)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Send the answer, to whoever takes it in time."""
        try:
            async with asyncio.timeout(self._sending):
                return await super().finish_response(request, resp, start_time)
        except TimeoutError:
            self.force_close()
            return resp, True

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  it quotes the request
    ) -> web.StreamResponse:
        """Answer what is no request, or broke outside of all pages."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request broke", exc_info=exc)
        if request.writer.output_size > 0:
            raise ConnectionError("half of another answer is sent already")
        answer = web.Response(status=status, text=HTTPStatus(status).phrase, headers={"Server": _SERVER})
        answer.force_close()
        return answer
