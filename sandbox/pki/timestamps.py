"""The timestamping authority (RFC 3161): tokens that say a digest existed at a moment."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.pki.cms import DIGEST_ALGORITHM, signed_data, signer_of
from sandbox.pki.der import explicit, generalized_time, integer, octet_string, oid, sequence
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import compute_hash

TST_INFO = oid("1.2.840.113549.1.9.16.1.4")
BEST_PRACTICE_POLICY = oid("0.4.0.2023.1.1")  # ETSI EN 319 421 §5.2
ACCURACY = sequence(integer(1))  # one second
IMPRINTS = frozenset({"sha256", "sha384", "sha512"})
SERIAL_BITS = 127  # random, so that tokens stay unique over restarts


@dataclass(frozen=True, slots=True)
class TimeStampToken:
    """One token: a CMS ContentInfo in DER, and the number it is unique by."""

    der: bytes = field(repr=False)
    serial_number: int


def timestamp(
    unit: SigningIdentity, imprint: bytes, hash_name: str, now: datetime, issuers: tuple[bytes, ...] = ()
) -> TimeStampToken:
    """Return a token over a digest, signed by the timestamping unit, whose certificate it carries.

    With the certificates of its `issuers`, in DER, a verifier who knows the root alone can build the path.

    `hash_name` is `sha256`, `sha384` or `sha512`; an imprint of another length raises `ValueError`.
    """
    if hash_name not in IMPRINTS or len(imprint) != hashlib.new(hash_name).digest_size:
        raise ValueError(f"{len(imprint)} bytes are no {hash_name} digest")
    serial_number = secrets.randbits(SERIAL_BITS)
    signer = signer_of(unit.certificate)
    content = tst_info(imprint, hash_name, serial_number, now)
    attributes = signer.signed_attributes(TST_INFO, compute_hash(signer.hash_name, content))
    value = unit.sign_digest(compute_hash(signer.hash_name, attributes))
    der = signed_data(
        sequence(TST_INFO, explicit(0, octet_string(content))),
        signer.hash_name,
        (signer.certificate_der, *issuers),
        signer.signer_info(attributes, value),
    )
    return TimeStampToken(der, serial_number)


def tst_info(imprint: bytes, hash_name: str, serial_number: int, now: datetime) -> bytes:
    """Return TSTInfo (RFC 3161 §2.4.2): what a token says."""
    return sequence(
        integer(1),
        BEST_PRACTICE_POLICY,
        sequence(DIGEST_ALGORITHM[hash_name], octet_string(imprint)),
        integer(serial_number),
        generalized_time(now),
        ACCURACY,
    )
