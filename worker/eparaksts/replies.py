"""Reading the platform's and SignAPI's answers, in every shape that was ever seen (§7). Pure; raises Unreadable."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import SecretStr

from worker.eparaksts.judgement import Unreadable
from worker.eparaksts.tokens import Token
from worker.eparaksts.wire import Reply

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An entry in a session: a file with its size in bytes, or a hash whose file never came (§4.6)."""

    id: str
    size: int
    name: str = ""
    is_hash: bool = False


@dataclass(frozen=True, slots=True)
class Configuration:
    """What SignAPI allows this client (§4.11): bytes in a file, and how long a session is kept."""

    file_max_length: int
    session_life: timedelta


def content(reply: Reply) -> Any:
    """The JSON in the body."""
    try:
        return json.loads(reply.body)
    except ValueError:
        raise Unreadable("it is not JSON") from None


def contained(reply: Reply) -> Any:
    """What stands in SignAPI's success envelope, `data`."""
    return field(content(reply), "data")


def field(value: Any, name: str) -> Any:
    """A field that must be there."""
    if not isinstance(value, dict) or value.get(name) is None:
        raise Unreadable(f"it has no {name!r}, but is {shape(value)}")
    return value[name]


def text(value: Any, name: str) -> str:
    """A field that must be a text and not empty."""
    found = field(value, name)
    if not isinstance(found, str) or not found.strip():
        raise Unreadable(f"{name!r} is {shape(found)}")
    return found


def whole(value: Any, name: str) -> int:
    """A field that must be a whole number, not negative; the vendor sometimes quotes numbers."""
    found = field(value, name)
    if isinstance(found, bool) or not re.fullmatch(r"[0-9]{1,15}", str(found)):
        raise Unreadable(f"{name!r} is {shape(found)}")
    return int(found)


def identifier(value: Any, name: str) -> str:
    """A field that must be an id fit to stand in a path."""
    found = text(value, name)
    if not _ID.fullmatch(found):
        raise Unreadable(f"{name!r} is no id")
    return found


def objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects; one object alone counts as a list of one (§4.3, §4.4)."""
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unreadable(f"a list of objects was expected, not {shape(value)}")
    return entries


def shape(value: Any) -> str:
    """Describe a value by its type and its first field names, never by its content."""
    if isinstance(value, dict):
        return f"an object with {', '.join(repr(name)[:40] for name in list(value)[:8]) or 'no fields'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "a truth value", int: "a number", float: "a number"}.get(type(value), "nothing")


def token(reply: Reply, now: datetime) -> Token:
    """The token endpoint's answer (§3.4); `expires_in` counts from `now`."""
    answer = content(reply)
    life = timedelta(seconds=min(whole(answer, "expires_in"), 10**9))
    scope = str(answer.get("scope") or "")
    return Token(SecretStr(text(answer, "access_token")), issued_at=now, expires_at=now + life, scope=scope)


def started(reply: Reply, amount: int) -> tuple[str, ...]:
    """Session ids, under either of their names (§4.1): as many as were asked for, each once."""
    answer = contained(reply)
    many = isinstance(answer, dict) and "sessionIds" in answer
    ids = field(answer, "sessionIds") if many else [field(answer, "sessionId")]
    if not isinstance(ids, list):
        raise Unreadable(f"'sessionIds' is {shape(ids)}")
    sessions = tuple(identifier({"sessionId": each}, "sessionId") for each in ids)
    if len(set(sessions)) != amount or len(sessions) != amount:
        raise Unreadable(f"{amount} sessions were asked for, {len(sessions)} came")
    return sessions


def listed(reply: Reply) -> tuple[StoredFile, ...]:
    """The files of a session (§4.4)."""
    return tuple(_stored(entry) for entry in objects(contained(reply)))


def _stored(entry: Mapping[str, Any]) -> StoredFile:
    is_hash = str(entry.get("type")).lower() == "hash"
    size = 0 if is_hash else whole(entry, "size")
    return StoredFile(identifier(entry, "id"), size, str(entry.get("name") or ""), is_hash)


def uploaded(reply: Reply, size: int) -> None:
    """Check that the vendor stored as many bytes as were sent (§4.3)."""
    for entry in objects(contained(reply)):
        if "size" in entry and whole(entry, "size") != size:
            raise Unreadable(f"{size} bytes were sent, {entry['size']} were stored")


def configuration(reply: Reply) -> Configuration:
    """The client's limits (§4.11)."""
    answer = contained(reply)
    life = min(whole(answer, "sessionExpirationTimeout"), 10**9)
    return Configuration(whole(answer, "fileMaxLength"), timedelta(seconds=life))


def results(reply: Reply, sessions: Sequence[str]) -> Mapping[str, str | None]:
    """What became of each session: None where the call succeeded, else the vendor's error (§4.8, §4.9)."""
    entries = objects(field(contained(reply), "results"))
    errors = {identifier(entry, "sessionId"): _error(entry) for entry in entries}
    if len(entries) != len(sessions) or errors.keys() != set(sessions):
        raise Unreadable(f"{len(sessions)} sessions were asked about, {len(entries)} results came")
    if reply.status >= HTTPStatus.BAD_REQUEST and None in errors.values():
        raise Unreadable(f"it is a refusal ({reply.status}), but not every session has an error")
    return errors


def _error(entry: Mapping[str, Any]) -> str | None:
    error = entry.get("error")
    if error is None:
        return None
    if isinstance(error, dict):
        words = [str(error[name]) for name in ("code", "message") if error.get(name)]
        return ": ".join(words)[:300] or "the vendor named no reason"
    return str(error)[:300]
