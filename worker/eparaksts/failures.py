"""What an answer, or the lack of one, means for the caller: one of three kinds of failure, or none (vendor §6, §8).

Everything unknown counts as the worse of what it may be.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from aiohttp import ClientConnectorError, ConnectionTimeoutError

from jobs.model.errors import CredentialsRefused, Permanent, Rejected, Retryable, SealingError, Uncertain
from jobs.model.reasons import Reason
from jobs.model.text import Text, quote
from worker.eparaksts.operations import TERMS, Operation, Repeat, Service

LONGEST_PAUSE = timedelta(days=1)

# Said by what stands in front of the vendor's servers, or before the request was complete: no work was begun.
_NOT_BEGUN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE})
# Calls that bring documents, and the answers by which one of these is blamed instead of the client (vendor §4.3, §4.7).
_OF_A_DOCUMENT = frozenset({Operation.UPLOAD, Operation.ADD_DIGESTS, Operation.CALCULATE_DIGEST})
_UNFIT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY})
# Calls about many that bring no documents: these answers blame the call, and perhaps its size.
_ABOUT_MANY = frozenset({Operation.SIGN, Operation.FINALIZE, Operation.ARCHIVE})
_TOO_MANY = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
# Their messages may repeat a code or a secret, so only the error's word is told (RFC 6749 §5.2).
_TOKEN_CALLS = frozenset({Operation.EXCHANGE, Operation.INTROSPECT})
_BY_SESSION = frozenset({Operation.FINALIZE, Operation.ARCHIVE})
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,60}")
_LONGEST_MESSAGE = 200
_HALF = re.compile(rb"\\u[dD][89a-fA-F]")


class TokenRefused(CredentialsRefused):
    """SignAPI refused the introspect token before doing anything: any call may be repeated once with a fresh one."""


class TurnedAway(Retryable):
    """The vendor was asked too often, and did no more than say so (RFC 6585 §4): any call may be made again."""


class Gone(Permanent):
    """The vendor does not know the session or document: it expired, or was closed."""


class PerhapsTooMany(Permanent):
    """A call about many things was refused as a whole; `said` is the vendor's own explanation, perhaps nothing.

    `is_of_size` where the status alone says that it was too large (RFC 9110 §15.5.14).
    """

    def __init__(self, message: str, said: str, *, is_of_size: bool) -> None:
        super().__init__(message)
        self.said = said
        self.is_of_size = is_of_size


class Unreadable(ValueError):
    """A success whose content makes no sense; it is worth no more than an answer that was lost."""


class TooLong(Unreadable):
    """An answer that goes on behind its bound."""


def classify_reply(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> SealingError | None:
    """Say what a reply means; None when its body can be read as an answer. `now` is for a Retry-After date."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or _tells_of_each_session(operation, status, body):
        return None
    said = _quote(operation, body)
    answer = f"{status}{said}"
    sentence = Text("{operation}: the vendor answered {answer}", operation=operation, answer=answer)
    repeat = TERMS[operation].repeat
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TurnedAway(sentence, after=retry_after(headers, now))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        is_repeatable = repeat is Repeat.FREELY or (repeat is Repeat.UNLESS_BEGUN and status in _NOT_BEGUN)
        return Retryable(sentence, after=retry_after(headers, now)) if is_repeatable else Uncertain(sentence)
    if status < HTTPStatus.BAD_REQUEST:
        # A redirect where none belongs: who sent it, and what became of the request before, nobody can tell.
        return Uncertain(sentence) if repeat in {Repeat.NEVER, Repeat.UNLESS_SENT} else Permanent(sentence)
    return _classify_refusal(operation, status, sentence, said)


def classify_loss(operation: Operation, cause: Exception) -> SealingError:
    """Say what it means that no readable answer came. The cause's text is told only where it holds no secret."""
    if isinstance(cause, ClientConnectorError | ConnectionTimeoutError):
        return Retryable(Text("{operation}: never reached the vendor ({why})", operation=operation, why=cause))
    if isinstance(cause, Unreadable):
        sentence = Text("{operation}: the vendor's answer cannot be used: {why}", operation=operation, why=cause)
    else:
        kind = type(cause).__name__
        sentence = Text("{operation}: lost the vendor mid-call ({kind})", operation=operation, kind=kind)
    return Retryable(sentence) if TERMS[operation].repeat is Repeat.FREELY else Uncertain(sentence)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read Retry-After, in seconds or as a date (RFC 9110 §10.2.3); None when absent or nonsense, a day at most.

    A date is one of the vendor's clock, which the same answer tells (§6.6.1): ours, which is `now`, may be wrong.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return min(timedelta(seconds=int(text)), LONGEST_PAUSE)
    at = _read_date(text)
    if at is None:
        return None
    pause = at - (_read_date(headers.get("Date", "")) or now)
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _read_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=at.tzinfo or UTC)


def _classify_refusal(operation: Operation, status: int, sentence: str, said: str) -> SealingError:
    if status == HTTPStatus.UNAUTHORIZED and TERMS[operation].service is Service.SIGNAPI:
        return TokenRefused(sentence)
    if _is_about_us(operation, status):
        return CredentialsRefused(sentence)
    is_of_size = status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if operation in {Operation.UPLOAD, Operation.CALCULATE_DIGEST} and is_of_size:
        return Rejected(Reason.TOO_LARGE, sentence)
    if operation in _ABOUT_MANY and status in _TOO_MANY:
        return PerhapsTooMany(sentence, said, is_of_size=is_of_size)
    if operation in _OF_A_DOCUMENT and status in _UNFIT:
        return Rejected(Reason.REFUSED_BY_VENDOR, sentence)
    return Gone(sentence) if status in _GONE else Permanent(sentence)


def _is_about_us(operation: Operation, status: int) -> bool:
    # A client that asks for a token of its own has nothing in the request but itself (RFC 6749 §4.4, §5.2). Wherever
    # the client identifies itself, 401 means that it was not believed; 403 from SignAPI, that it has no such right.
    if operation is Operation.INTROSPECT:
        return status not in _GONE
    if status == HTTPStatus.UNAUTHORIZED:
        return operation is Operation.EXCHANGE
    return status == HTTPStatus.FORBIDDEN and TERMS[operation].service is Service.SIGNAPI


def _tells_of_each_session(operation: Operation, status: int, body: bytes) -> bool:
    # Under any status of 4xx (vendor §4.8, §4.9); a 5xx stays what it is: nobody knows.
    if operation not in _BY_SESSION or not HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    answer = _json_object(body).get("data")
    return isinstance(answer, dict) and bool(answer.get("results"))


def _quote(operation: Operation, body: bytes) -> str:
    """The vendor's own words, in either service's shape (vendor §3.13, §4); of a token call only the error's word."""
    answer = _json_object(body)
    error = answer.get("error")
    code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (error, None)
    message = message or answer.get("error_description")
    words = [code] if isinstance(code, str) and _WORD.fullmatch(code) else []
    if isinstance(message, str) and operation not in _TOKEN_CALLS:
        words.append(quote(message, _LONGEST_MESSAGE))
    return f" ({': '.join(words)})" if words else ""


def load_json(body: bytes) -> Any:
    """Read JSON (RFC 8259), and nothing that passes for it. Raises ValueError.

    Refused are numbers that are none, brackets within brackets by the thousand, which is more than Python's reader can
    follow, and halves of a character (RFC 8259 §8.2), which could stand in no record and on no page.
    """
    try:
        value = json.loads(body, parse_constant=_refuse_constant)
        if _HALF.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("it is too deep") from None
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        answer = load_json(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
