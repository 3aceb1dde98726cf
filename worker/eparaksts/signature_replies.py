"""Reading answers that carry digests and signature values: whole, in order, or not at all. Pure; raises Unreadable."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jobs.model.digest import Digest, DigestSet, SessionDigest
from jobs.model.seals import Seal
from worker.eparaksts.certificates import parsed
from worker.eparaksts.judgement import Unreadable
from worker.eparaksts.replies import contained, content, field, identifier, objects, shape, text
from worker.eparaksts.wire import Reply

_URL_SAFE = str.maketrans("-_", "+/")
_VALUE_NAMES = ("value", "signature", "signature_value")


def signature_values(reply: Reply, count: int) -> tuple[bytes, ...]:
    """The values of a batch in request order (§3.9), decoded once; whether they fit is for verification to say."""
    answer = content(reply)
    entries = field(answer, "signatures") if isinstance(answer, dict) else answer
    if not isinstance(entries, list):
        raise Unreadable(f"a list of signature values was expected, not {shape(entries)}")
    if len(entries) != count:
        raise Unreadable(f"{count} digests were to be signed, {len(entries)} signature values came")
    return tuple(_value(entry) for entry in entries)


def digest_set(reply: Reply, sessions: Sequence[str], seal: Seal) -> DigestSet:
    """The digests in the vendor's order, which the summary depends on; every session exactly once (§2, §4.7)."""
    answer = contained(reply)
    entries = objects(field(answer, "sessionDigests"))
    digests = tuple(
        SessionDigest(session=identifier(entry, "sessionId"), digest=_digest(text(entry, "digest")))
        for entry in entries
    )
    if len(digests) != len(sessions) or {each.session for each in digests} != set(sessions):
        raise Unreadable(f"digests of {len(sessions)} sessions were asked for, {len(digests)} others or fewer came")
    return DigestSet(
        digests=digests,
        summary=text(answer, "digests_summary"),
        summary_algorithm=text(answer, "algorithm"),
        signature_algorithm=signature_algorithm(answer.get("signature_algorithm"), seal, digests[0].digest),
    )


def signature_algorithm(named: object, seal: Seal, digest: Digest) -> str:
    """The platform's name of the algorithm: from SignAPI's, or from the certificate's key and the digest (§4.7)."""
    name = named.lower() if isinstance(named, str) else ""
    if "ecdsa" in name:
        return "ecdsa"
    if found := re.fullmatch(r"rsa-sha-?(1|256|384|512)|sha-?(256|384|512)-?with-?rsa", name):
        return f"rsa-sha{found[1] or found[2]}"
    if isinstance(parsed(seal.certificate).public_key(), RSAPublicKey):
        return f"rsa-{digest.algorithm}"
    return "ecdsa"


def decoded(value: str) -> bytes:
    """Read base64, standard or URL-safe, padded or not."""
    standard = "".join(value.split()).rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise Unreadable("a value is not base64") from None


def _value(entry: Any) -> bytes:
    if isinstance(entry, dict):
        if entry.get("error"):
            raise Unreadable("a digest of the batch was not signed")
        entry = next((entry[name] for name in _VALUE_NAMES if entry.get(name)), None)
    value = decoded(entry) if isinstance(entry, str) else b""
    if not value:
        raise Unreadable(f"a signature value is {shape(entry) if not isinstance(entry, str) else 'empty'}")
    return value


def _digest(value: str) -> Digest:
    try:
        return Digest.of(decoded(value))
    except ValueError as error:
        raise Unreadable(f"a digest is unusable: {error}") from None
