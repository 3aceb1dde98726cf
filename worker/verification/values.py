"""Signature values as they came from the platform, each checked against its own document's digest."""

from collections.abc import Sequence

from jobs.model.digest import Digest, SignatureValue
from jobs.model.errors import Permanent
from worker.verification.keys import SealKey, canonical, key_of, verifies

Signed = Sequence[tuple[Digest, SignatureValue]]


def verify_values(certificate: str, signed: Signed) -> tuple[SignatureValue, ...]:
    """Check each value against its own digest; returns them in the form finalize wants, in the same order.

    `certificate` is the seal certificate in base64 DER. Raises Permanent, which names the document by its
    place (from 1) and never shows the value.
    """
    try:
        key = key_of(certificate)
    except ValueError as error:
        raise Permanent(f"the seal certificate cannot be used: {error}") from error
    return tuple(SignatureValue.of(_verify_value(key, signed, place)) for place in range(len(signed)))


def _verify_value(key: SealKey, signed: Signed, place: int) -> bytes:
    digest, received = signed[place]
    which = f"signature value {place + 1} of {len(signed)}"
    try:
        value = canonical(key, received.value)
    except ValueError as error:
        raise Permanent(f"{which} is not a signature of this seal's key: {error}") from error
    if not verifies(key, digest, value):
        raise Permanent(f"{which} {_why(key, signed, value)}")
    return value


def _why(key: SealKey, signed: Signed, value: bytes) -> str:
    for place, (digest, _) in enumerate(signed):
        if verifies(key, digest, value):
            return f"belongs to document {place + 1}: the values came back in another order"
    return "does not fit its document's digest, nor any other of the batch"
