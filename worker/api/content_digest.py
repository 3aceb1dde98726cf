"""Whether the bytes that came are those that were announced (RFC 9530)."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Self

from multidict import MultiMapping

from worker.api.problems import ApiError, ProblemType

_KNOWN = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_MEMBER = re.compile(r"\s*(?P<name>[a-z0-9*_.-]+)=:(?P<value>[A-Za-z0-9+/=]*):\s*")


class AnnouncedDigest:
    """The hashes of one Content-Digest, and what comes meanwhile. Without any that is known everything is fine."""

    def __init__(self, expected: Mapping[str, bytes]) -> None:
        self._expected = expected
        self._hashes = {name: _KNOWN[name]() for name in expected}

    @classmethod
    def of(cls, headers: MultiMapping[str]) -> Self:
        """Read the header; algorithms that are not known are overlooked (RFC 9530 §2). Raises ApiError."""
        expected: dict[str, bytes] = {}
        for member in ",".join(headers.getall("Content-Digest", [])).split(","):
            if not member.strip():
                continue
            match = _MEMBER.fullmatch(member)
            if match is None:
                raise ApiError(
                    ProblemType.BAD_REQUEST, "Content-Digest is written as `sha-256=:…:`, in base64 (RFC 9530)."
                )
            if match["name"] in _KNOWN:
                expected[match["name"]] = _decode(match["value"])
        return cls(expected)

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        for each in self._hashes.values():
            each.update(piece)

    def require_met(self) -> None:
        """Raise ApiError unless all that came is what was announced."""
        for name, value in self._expected.items():
            if not hmac.compare_digest(self._hashes[name].digest(), value):
                detail = f"What came does not have the {name} of Content-Digest. Nothing was taken in: send it again."
                raise ApiError(ProblemType.DIGEST, detail)


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise ApiError(ProblemType.BAD_REQUEST, "Content-Digest holds what is no base64.") from None
