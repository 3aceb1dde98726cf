"""Reading one value out of an answer, however it is quoted or wrapped (vendor §7). Pure; raises Unreadable."""

import base64
import re
from datetime import timedelta
from typing import Any

from worker.eparaksts.failures import Unreadable, load_json
from worker.eparaksts.wire import Reply

_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_LONGEST_DURATION = 10**9
MOST_ENTRIES = 6000
"""In any list that the vendor sends: more than a container has files, or a batch documents."""
_URL_SAFE = str.maketrans("-_", "+/")


def read_json(reply: Reply) -> Any:
    """The JSON in the body."""
    try:
        return load_json(reply.body)
    except ValueError:
        raise Unreadable("it is not JSON") from None


def read_data(reply: Reply) -> Any:
    """What stands in SignAPI's success envelope, `data`."""
    return require_field(read_json(reply), "data")


def require_field(value: Any, name: str) -> Any:
    """A field that must be there."""
    if not isinstance(value, dict) or value.get(name) is None:
        raise Unreadable(f"it has no {name!r}, but is {shape(value)}")
    return value[name]


def require_text(value: Any, name: str) -> str:
    """A field that must be a text and not empty."""
    content = require_field(value, name)
    if not isinstance(content, str) or not content.strip():
        raise Unreadable(f"{name!r} is {shape(content)}")
    return content


def require_number(value: Any, name: str) -> int:
    """A field that must be a whole number, not negative; the vendor sometimes quotes numbers."""
    content = require_field(value, name)
    # To Python a bool is an int too.
    if isinstance(content, bool) or not re.fullmatch(r"[0-9]{1,15}", str(content)):
        raise Unreadable(f"{name!r} is {shape(content)}")
    return int(content)


def require_duration(value: Any, name: str) -> timedelta:
    """A field that must be a duration in whole seconds; one too long for the calendar is cut."""
    return timedelta(seconds=min(require_number(value, name), _LONGEST_DURATION))


def require_id(value: Any, name: str) -> str:
    """A field that must be an id fit to stand in a path."""
    content = require_text(value, name)
    if not _ID.fullmatch(content):
        raise Unreadable(f"{name!r} is no id")
    return content


def require_objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects; one object alone counts as a list of one (vendor §4.3, §4.4)."""
    entries = [value] if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Unreadable(f"a list of objects was expected, not {shape(value)}")
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"it is a list of {len(entries)}; no answer has more than {MOST_ENTRIES} entries")
    return entries


def shape(value: Any) -> str:
    """Describe a value by its type and its first field names, never by its content."""
    if isinstance(value, dict):
        return f"an object with {', '.join(repr(name)[:40] for name in list(value)[:8]) or 'no fields'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return {str: "a text", bool: "a truth value", int: "a number", float: "a number"}.get(type(value), "nothing")


def decode_base64(value: str) -> bytes:
    """Read base64, standard or URL-safe (RFC 4648 §4, §5), padded or not."""
    standard = "".join(value.split()).rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        raise Unreadable("a value is not base64") from None
