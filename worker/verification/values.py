"""Signature values as they came from the platform, each checked against its own document's digest."""

from collections.abc import Sequence

from jobs.model.digest import Digest, SignatureValue
from jobs.model.errors import Permanent
from jobs.model.text import Text
from worker.verification.keys import canonical, key_of, verifies

SignedDigests = Sequence[tuple[Digest, SignatureValue]]


def verify_values(certificate: str, signed: SignedDigests) -> tuple[SignatureValue, ...]:
    """Check each value against its own digest; returns them in the form finalize wants, in the same order.

    `certificate` is the seal certificate in base64 DER. Raises Permanent, which names the document by its
    place (from 1) and never shows the value.
    """
    try:
        key = key_of(certificate)
    except ValueError as error:
        raise Permanent(Text("the seal certificate cannot be used: {why}", why=error)) from error
    verified = []
    for place, (digest, received) in enumerate(signed, start=1):
        which = Text("signature value {place} of {all}", place=place, all=len(signed))
        try:
            value = canonical(key, received.value)
        except ValueError as error:
            raise Permanent(
                Text("{which} is not a signature of this seal's key: {why}", which=which, why=error)
            ) from error
        if not verifies(key, digest, value):
            owners = (number for number, (other, _) in enumerate(signed, start=1) if verifies(key, other, value))
            if owner := next(owners, None):
                raise Permanent(
                    Text(
                        "{which} belongs to document {owner}: the values came back in another order",
                        which=which,
                        owner=owner,
                    )
                )
            raise Permanent(Text("{which} does not fit its document's digest, nor any other of the batch", which=which))
        verified.append(SignatureValue.of(value))
    return tuple(verified)
