"""Digests and signature values: the two kinds of bytes that travel between the vendor and us."""

import base64
import hashlib
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_serializer, model_validator

from jobs.model.frozen import Frozen, compact


class HashAlgorithm(StrEnum):
    """The hash functions of ETSI TS 119 312 that the vendor uses."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def size(self) -> int:
        """Length of a digest in bytes."""
        return hashlib.new(self).digest_size

    @classmethod
    def of_size(cls, size: int) -> "HashAlgorithm":
        """Find the algorithm by the length of its digest in bytes, which is all the vendor tells (vendor §2.2)."""
        for algorithm in cls:
            if algorithm.size == size:
                return algorithm
        raise ValueError(f"no known hash algorithm gives {size} bytes")


@compact
class Digest:
    """A hash together with the algorithm that made it: a bare digest never travels.

    In JSON it is one string, `sha256:` and lower-case hex.
    """

    algorithm: HashAlgorithm
    hex: str = Field(pattern=r"^[0-9a-f]+$")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        if isinstance(given, str):
            algorithm, _, digits = given.partition(":")
            return {"algorithm": algorithm, "hex": digits}
        return given

    @model_serializer
    def _to_text(self) -> str:
        return str(self)

    @model_validator(mode="after")
    def _has_its_length(self) -> Self:
        if len(self.hex) != 2 * self.algorithm.size:
            raise ValueError(f"a {self.algorithm} digest has {self.algorithm.size} bytes")
        return self

    @classmethod
    def of(cls, value: bytes) -> "Digest":
        """Wrap raw digest bytes; the algorithm follows from their length."""
        return cls(algorithm=HashAlgorithm.of_size(len(value)), hex=value.hex())

    @classmethod
    def sha256(cls, content: bytes) -> "Digest":
        """Hash the content with SHA-256."""
        return cls(algorithm=HashAlgorithm.SHA256, hex=hashlib.sha256(content).hexdigest())

    @property
    def value(self) -> bytes:
        """The raw digest bytes."""
        return bytes.fromhex(self.hex)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"


@compact
class SignatureValue:
    """The raw bytes of one signature in the form finalize wants: PKCS#1 v1.5 for RSA, DER for ECDSA (vendor §5)."""

    base64: str = Field(min_length=4, repr=False)

    @classmethod
    def of(cls, value: bytes) -> "SignatureValue":
        """Wrap raw signature bytes."""
        return cls(base64=base64.b64encode(value).decode())

    @property
    def value(self) -> bytes:
        """The raw signature bytes."""
        return base64.b64decode(self.base64)


@compact
class SessionDigest:
    """The digest to be signed for one session."""

    session: str
    digest: Digest


class DigestSet(Frozen):
    """What the vendor calculated for a whole batch, in its response order. `summary` is echoed, never computed."""

    digests: tuple[SessionDigest, ...]
    summary: str
    summary_algorithm: str
    signature_algorithm: str
