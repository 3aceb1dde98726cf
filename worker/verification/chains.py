"""Certificate chains, from a seal or a timestamping unit up to a trust anchor, validated once and remembered.

Nothing is ever fetched: whatever proves that a certificate was good must lie in the file (level B-LT).
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import lru_cache
from threading import Lock

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InsufficientRevinfoError, PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from worker.verification.evidence import Evidence, read_certificate
from worker.verification.issuance import find_unissued
from worker.verification.refusal import refused, require

_MAX_REMEMBERED = 1024
_TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


class Purpose(Enum):
    """What a certificate is used for; the value is how a sentence names its holder."""

    SEALING = "the seal"
    TIMESTAMPING = "the timestamp"


@dataclass(frozen=True, slots=True)
class ChainStanding:
    """A trusted chain: the moments it holds for, and why revocation is not proven (None: it is)."""

    since: datetime
    until: datetime
    unproven: str | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether nothing in the chain, and no answer about it, was too young or too old then."""
        return self.since <= moment <= self.until


@dataclass(slots=True)
class _Memory:
    """What was found for one certificate and its evidence; empty until it was validated, by one thread at a time."""

    standing: ChainStanding | None = None
    validating: Lock = field(default_factory=Lock)


class Chains:
    """Validates chains to the given anchors, and remembers what it found for each certificate and its evidence."""

    def __init__(self, anchors: Iterable[x509.Certificate]) -> None:
        encoded = frozenset(anchor.public_bytes(Encoding.DER) for anchor in anchors)
        self._anchors = tuple(Certificate.load(anchor) for anchor in encoded)
        self._encoded = encoded
        self._memory = lru_cache(maxsize=_MAX_REMEMBERED)(lambda *_: _Memory())

    def require_issued(self, certificates: frozenset[bytes], known: frozenset[bytes] = frozenset()) -> None:
        """Each of these certificates (DER) was issued by another of them, a known one, an anchor or itself.

        Raises Rejected.
        """
        unissued = find_unissued(certificates, self._encoded | known)
        require(not unissued, f"the certificate of {unissued} was issued by none of the others")

    def find_standing(
        self, certificate: bytes, purpose: Purpose, evidence: Evidence, moment: datetime
    ) -> ChainStanding:
        """Where the certificate (DER) stands at that moment. Raises Rejected when it cannot be trusted.

        A validation takes some ten milliseconds; it is done anew only for a new certificate, new evidence about
        it, or a moment that the last one did not cover. Runs an event loop of its own: call it in a thread.
        """
        fitting = evidence.about(certificate)
        memory = self._memory(certificate, purpose, fitting)
        with memory.validating:
            if memory.standing is None or not memory.standing.holds_at(moment):
                memory.standing = asyncio.run(self._assess(certificate, purpose, fitting, moment))
            return memory.standing

    async def _assess(
        self, certificate: bytes, purpose: Purpose, evidence: Evidence, moment: datetime
    ) -> ChainStanding:
        _require_fit(certificate, purpose)
        require(
            not (who := evidence.find_revoked(certificate)),
            f"the certificate of {who}, above or of {purpose.value}, is revoked",
        )
        unproven = None
        try:
            try:
                path = await self._path(certificate, evidence, moment, "require")
            except InsufficientRevinfoError as error:
                # Only the proof that nothing is revoked is missing: the chain may hold without it.
                unproven = str(error)
                path = await self._path(certificate, Evidence(evidence.certificates), moment, "soft-fail")
        except (ValidationError, PathError) as error:
            raise refused(f"the certificate of {purpose.value} is not to be trusted: {error}") from error
        since = max(one.not_valid_before for one in path)
        until = min(one.not_valid_after for one in path)
        return ChainStanding(since, min(until, evidence.fresh_until(moment)), unproven)

    async def _path(self, certificate: bytes, evidence: Evidence, moment: datetime, revocation: str) -> ValidationPath:
        context = ValidationContext(
            trust_roots=list(self._anchors),
            other_certs=[Certificate.load(one) for one in evidence.certificates],
            ocsps=list(evidence.ocsp_responses),
            crls=list(evidence.crls),
            moment=moment,
            revocation_mode=revocation,
            # An answer given after the seal says even more about the moment of sealing (ETSI EN 319 102-1 §5.2.5).
            retroactive_revinfo=True,
            allow_fetching=False,
        )
        return await CertificateValidator(
            Certificate.load(certificate), validation_context=context
        ).async_validate_path()


def _require_fit(certificate: bytes, purpose: Purpose) -> None:
    """The certificate's extensions allow what it is used for (RFC 5280 §4.2.1.3, RFC 3161 §2.3)."""
    usage = {type(one.value): one for one in read_certificate(certificate).extensions}
    if purpose is Purpose.SEALING:
        key = usage.get(x509.KeyUsage)
        # A seal is meant to last: the bit says so, and one for logging in is none (ETSI EN 319 412-2 §4.3.2).
        fit = key is not None and key.value.content_commitment
    else:
        extended = usage.get(x509.ExtendedKeyUsage)
        fit = extended is not None and extended.critical and list(extended.value) == [_TIME_STAMPING]
    require(fit, f"the certificate of {purpose.value} was not issued for that")
