"""The one place that speaks HTTP to the vendor: timeouts, one judged attempt at a time. It logs nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from importlib.metadata import version
from time import perf_counter
from typing import Protocol, TypeVar

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
)
from aiohttp.client_middlewares import ClientHandlerType
from pydantic import SecretStr
from yarl import URL

from jobs.model.errors import Permanent, Rejected, Retryable, SealingError, Uncertain
from worker.clock import monotonic
from worker.eparaksts.answers import BoundedAnswer
from worker.eparaksts.failures import TokenRefused, Unreadable, classify_loss, classify_reply, retry_after
from worker.eparaksts.operations import TERMS, CallOutcome, Operation, Repeat, Terms
from worker.eparaksts.retry import RetryPolicy
from worker.eparaksts.slots import Slot, Slots

T = TypeVar("T")
Receiver = Callable[[BoundedAnswer], Awaitable[T]]
ObserveCall = Callable[[Operation, CallOutcome, float], None]

USER_AGENT = f"zimogs/{version('zimogs')}"
CONNECT_SECONDS = 10.0
_TOO_MUCH = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_OUTCOMES = (
    (TokenRefused, CallOutcome.UNAUTHORIZED),
    (Rejected, CallOutcome.REJECTED),
    (Permanent, CallOutcome.PERMANENT),
    (Retryable, CallOutcome.RETRYABLE),
    (Uncertain, CallOutcome.UNCERTAIN),
)


class Body(Protocol):
    """What a call sends: its type, its length in bytes, and its content, which may be asked for once per attempt."""

    @property
    def content_type(self) -> str:
        """The Content-Type header."""
        ...

    @property
    def length(self) -> int:
        """The Content-Length header."""
        ...

    async def content(self) -> bytes | AsyncIterator[bytes]:
        """The bytes, whole or in pieces."""
        ...


@dataclass(frozen=True, slots=True)
class VendorCall:
    """One call to the vendor.

    For large or many things `allowance` is seconds on top of the operation's patience, and `room` bytes on top of the
    largest answer.
    """

    operation: Operation
    url: str
    authorization: SecretStr
    body: Body | None = field(default=None, repr=False)
    allowance: float = 0.0
    room: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that was not classified as a failure."""

    status: int
    body: bytes = field(repr=False)


def observe_nothing(_operation: Operation, _outcome: CallOutcome, _seconds: float) -> None:
    """Measure nothing."""


class BrokenOff(ClientError):
    """A connection broke after it was made: the request may have arrived."""


class Wire:
    """Makes calls, each attempt when `slots` give it one, and reports it to `observe`.

    Calls that must not be repeated go over `fresh`, which connects anew for each: a kept connection may be closing
    at the far end at that very moment, and what then became of the request nobody could tell.
    """

    def __init__(
        self,
        kept: ClientSession,
        fresh: ClientSession,
        retry: RetryPolicy,
        slots: Slots,
        *,
        now: Callable[[], datetime],
        observe: ObserveCall = observe_nothing,
        terms: Mapping[Operation, Terms] = TERMS,
    ) -> None:
        self._kept = kept
        self._fresh = fresh
        self._retry = retry
        self._now = now
        self._slots = slots
        self._observe = observe
        self._terms = terms
        self._vendor_time: tuple[datetime, float] | None = None

    def clock_offset(self) -> timedelta | None:
        """How far our clock is ahead of the vendor's by its last answer; None before it told its time."""
        if self._vendor_time is None:
            return None
        told, at = self._vendor_time
        return self._now() - told - timedelta(seconds=monotonic() - at)

    async def ask(self, call: VendorCall, read: Callable[[Reply], T]) -> T:
        """Call, repeat as the table allows, and read the whole answer; `read` may raise Unreadable.

        Raises Retryable, Permanent (TokenRefused, Gone, Rejected) or Uncertain.
        """
        return await self.fetch(call, partial(read_whole, read))

    async def fetch(self, call: VendorCall, receive: Receiver[T]) -> T:
        """Like `ask`, for an answer that is received piece by piece, anew for each attempt."""
        return await self._retry(call.operation, partial(self._attempt, call, receive), until=call.until)

    async def _attempt(self, call: VendorCall, receive: Receiver[T], number: int) -> T:
        # How long an answer takes depends on what is asked, and on how much is sent (a power of two is near enough).
        kind = call.operation, call.body.length.bit_length() if call.body is not None else 0
        async with self._slots.hold(self._terms[call.operation].rank, kind) as slot:
            began, outcome = perf_counter(), CallOutcome.ABANDONED
            try:
                result = await self._exchange(call, receive, number, slot)
                outcome = CallOutcome.OK
            except SealingError as error:
                outcome = next(name for kind, name in _OUTCOMES if isinstance(error, kind))
                raise
            finally:
                self._observe(call.operation, outcome, perf_counter() - began)
            return result

    async def _exchange(self, call: VendorCall, receive: Receiver[T], number: int, slot: Slot) -> T:
        content = await call.body.content() if call.body is not None else None
        try:
            async with self._request(call, content, number) as response:
                self._note_load(response, slot)
                # The time of the answer (RFC 9110 §6.6.1); one that cannot be read, or of no calendar, tells nothing.
                with suppress(ValueError, OverflowError):
                    told = parsedate_to_datetime(response.headers.get("Date", ""))
                    if told.tzinfo is not None:
                        self._vendor_time = told, monotonic()
                answer = BoundedAnswer(response, self._terms[call.operation].largest + call.room)
                failure = await self._failure(call, answer)
                if failure is None:
                    return await receive(answer)
        except (ClientError, ConnectionError, TimeoutError, Unreadable) as cause:
            if isinstance(cause, TimeoutError):
                slot.note_silence()
            failure = classify_loss(call.operation, cause)
        # Raised out here, far from the headers, so that it has no context: aiohttp's errors hold the whole request.
        del content
        raise failure

    def _request(
        self, call: VendorCall, content: bytes | AsyncIterator[bytes] | None, number: int
    ) -> AbstractAsyncContextManager[ClientResponse]:
        # A function of its own, so that the bare token stands in no frame that an error's traceback goes through.
        headers = {"Authorization": call.authorization.get_secret_value()}
        if call.body is not None:
            headers |= {"Content-Type": call.body.content_type, "Content-Length": str(call.body.length)}
        terms = self._terms[call.operation]
        session = self._fresh if terms.repeat is Repeat.NEVER else self._kept
        timeout = ClientTimeout(total=terms.seconds(number) + call.allowance, sock_connect=CONNECT_SECONDS)
        return session.request(
            terms.method,
            URL(call.url, encoded=True),
            headers=headers,
            data=content,
            timeout=timeout,
            # A redirect would carry the token to wherever the answer says.
            allow_redirects=False,
        )

    def _note_load(self, response: ClientResponse, slot: Slot) -> None:
        """Tell what the answer, which has only begun, says of the vendor's load."""
        if response.status in _TOO_MUCH:
            rest = retry_after(response.headers, self._now()) or timedelta()
            slot.note_refusal(rest.total_seconds(), is_too_many=response.status == HTTPStatus.TOO_MANY_REQUESTS)
        elif response.ok:
            # A failure that comes at once says nothing of how long the work takes.
            slot.note_answer()

    async def _failure(self, call: VendorCall, answer: BoundedAnswer) -> SealingError | None:
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return None
        body = b""
        # A refusal is one by its status; words that cannot be read only leave it unexplained.
        with suppress(Unreadable):
            body = await answer.read()
        # An answer that quotes the token would bring it into our logs.
        _, _, secret = call.authorization.get_secret_value().partition(" ")
        body = body.replace(secret.encode(), b"...")
        return classify_reply(call.operation, answer.status, answer.headers, body, self._now())


async def send_once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """A middleware under which one attempt is one request.

    aiohttp quietly sends GET and PUT a second time when a kept connection breaks; a second PUT adds a second file.
    """
    try:
        return await handler(request)
    except ClientConnectorError:
        raise
    except (ClientOSError, ServerDisconnectedError) as cause:
        raise BrokenOff(type(cause).__name__) from None


async def read_whole(read: Callable[[Reply], T], answer: BoundedAnswer) -> T:
    """Receive the body in one piece and read it."""
    return read(Reply(answer.status, await answer.read()))
