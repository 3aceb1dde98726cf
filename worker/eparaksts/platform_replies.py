"""Reading the platform's answers, in every shape that was ever seen (vendor §7). Pure; raises Unreadable."""

from datetime import datetime

from pydantic import SecretStr

from jobs.model.names import personal_code
from worker.eparaksts.certificates import normalise_certificate
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.fields import (
    decode_base64,
    read_json,
    require_duration,
    require_field,
    require_objects,
    require_text,
    shape,
)
from worker.eparaksts.identities import SignIdentity, User
from worker.eparaksts.tokens import Token
from worker.eparaksts.wire import Reply

_LONGEST_NAME = 200
"""Characters; what is longer would not fit into a cookie, and nobody could sign in with it."""
_VALUE_NAMES = ("value", "signature", "signature_value")


def read_token(reply: Reply, now: datetime) -> Token:
    """The token endpoint's answer (vendor §3.4); `expires_in` counts from `now`."""
    answer = read_json(reply)
    life = require_duration(answer, "expires_in")
    scope = str(answer.get("scope") or "")
    return Token(SecretStr(require_text(answer, "access_token")), issued_at=now, expires_at=now + life, scope=scope)


def read_user(reply: Reply) -> User:
    """Who the token belongs to (vendor §3.5)."""
    answer = read_json(reply)
    try:
        code = personal_code(require_text(answer, "serial_number"))
    except ValueError:
        raise Unreadable("the person's serial_number is no personal code") from None
    return User(require_text(answer, "name")[:_LONGEST_NAME], code)


def read_identities(reply: Reply) -> tuple[SignIdentity, ...]:
    """The person's sign identities (vendor §3.5, §3.6); none where the field is missing."""
    answer = read_json(reply)
    entries = answer.get("sign_identities") if isinstance(answer, dict) else None
    return tuple(SignIdentity.of(entry) for entry in require_objects(entries or []))


def read_certificate(reply: Reply) -> str:
    """An identity's certificate, base64 DER on one line (vendor §3.7)."""
    answer = read_json(reply)
    identity = answer.get("identity", answer) if isinstance(answer, dict) else answer
    return normalise_certificate(require_text(require_field(identity, "details"), "certificate"))


def read_signature_values(reply: Reply, count: int) -> tuple[bytes, ...]:
    """The values of a batch in request order (vendor §3.9), decoded; whether they fit is for verification to say."""
    answer = read_json(reply)
    entries = require_field(answer, "signatures") if isinstance(answer, dict) else answer
    if not isinstance(entries, list):
        raise Unreadable(f"a list of signature values was expected, not {shape(entries)}")
    if len(entries) != count:
        raise Unreadable(f"{count} digests were to be signed, {len(entries)} signature values came")
    values = []
    for entry in entries:
        is_object = isinstance(entry, dict)
        if is_object and entry.get("error"):
            raise Unreadable("a digest of the batch was not signed")
        text = next((entry[name] for name in _VALUE_NAMES if entry.get(name)), None) if is_object else entry
        value = decode_base64(text) if isinstance(text, str) else b""
        if not value:
            raise Unreadable(f"a signature value is {shape(text) if not isinstance(text, str) else 'empty'}")
        values.append(value)
    return tuple(values)
