"""The slow, independent second opinion behind `zimogs verify`: pyHanko validates the whole file, offline.

It shares no code with the fast path, so that one does not repeat the other's mistakes. Revocation is proven by
the file's own security store or not at all. Tens of milliseconds for a signature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, PdfSignatureStatus
from pyhanko.sign.validation import async_validate_pdf_signature as validate
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from worker.verification.level import Form, Level

_CLOCK_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class SignatureReport:
    """What one signature is worth; `problems` are sentences for people, and empty when all is well."""

    sealed_by: str
    organisation: str | None
    sealed_at: datetime | None
    form: Form
    level: Level | None
    intact: bool
    trusted: bool
    covers_whole_file: bool
    """Nothing but proofs was added since (a security store, document timestamps)."""
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether there is nothing to complain about."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file and its signatures, oldest first; `problems` are those of the file itself."""

    file: Path
    signatures: tuple[SignatureReport, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file is sealed and every seal in it is in order."""
        return not self.problems and all(signature.ok for signature in self.signatures)


async def audit(path: Path, anchors: Sequence[x509.Certificate], now: datetime) -> FileReport:
    """Validate every signature of a PDF at the moment its timestamp names. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        try:
            reader = PdfFileReader(file, strict=False)
            found = reader.embedded_regular_signatures
            reports = [await _Auditor(reader, signature, anchors, now).report() for signature in found]
        except Exception as error:  # noqa: BLE001 - parsers stumble in many ways; each means the file is unreadable
            return FileReport(path, problems=(f"the file cannot be read as a PDF: {error}",))
    return FileReport(path, tuple(reports), () if reports else ("the file is not sealed",))


@dataclass(frozen=True, slots=True)
class _Auditor:
    reader: PdfFileReader
    signature: EmbeddedPdfSignature
    anchors: Sequence[x509.Certificate]
    now: datetime

    async def report(self) -> SignatureReport:
        try:
            return await self._judged()
        except Exception as error:  # noqa: BLE001 - one broken signature must not hide the others
            return self._report(None, None, (f"the signature cannot be validated: {error}",))

    async def _judged(self) -> SignatureReport:
        proven = await self._validated(self._proving)
        if proven.trusted and proven.timestamp_validity and _stamp_is_sound(proven):
            return self._report(proven, Level.LT, self._problems(proven, None))
        status = proven if _is_revoked(proven) else await self._validated(self._trusting)
        stamped = status.timestamp_validity is not None and _stamp_is_sound(status)
        lacks = (
            "nothing in the file proves that its certificates were not revoked" if stamped and status.trusted else None
        )
        return self._report(status, Level.T if stamped else Level.B, self._problems(status, lacks))

    def _report(
        self, status: PdfSignatureStatus | None, level: Level | None, problems: tuple[str, ...]
    ) -> SignatureReport:
        subject = self.signature.signer_cert.subject.native
        return SignatureReport(
            sealed_by=subject.get("common_name", "unknown"),
            organisation=subject.get("organization_identifier"),
            sealed_at=self._stamped_at() or self.signature.self_reported_timestamp,
            form=Form.PADES,
            level=level,
            intact=status is not None and status.intact and status.valid,
            trusted=status is not None and status.trusted,
            covers_whole_file=status is not None and _covers(status),
            problems=problems,
        )

    def _problems(self, status: PdfSignatureStatus, lacks: str | None) -> tuple[str, ...]:
        stamped_at = self._stamped_at()
        checks = (
            (status.intact and status.valid, "the content was changed after it was sealed"),
            (not _is_revoked(status), "a certificate was revoked"),
            (
                status.trusted or _is_revoked(status),
                "the certificate leads to no trust anchor, or was not valid at the time",
            ),
            (_covers(status), "something else than proofs was added after the seal"),
            (stamped_at, "there is no timestamp"),
            (_stamp_is_sound(status), "the timestamp is not to be trusted"),
            (not stamped_at or stamped_at <= self.now + _CLOCK_SKEW, "the timestamp lies in the future"),
            (lacks is None, lacks),
        )
        return tuple(str(sentence) for fine, sentence in checks if not fine)

    async def _validated(self, context: Callable[[], ValidationContext]) -> PdfSignatureStatus:
        return await validate(self.signature, context(), context())

    def _proving(self) -> ValidationContext:
        """Trust only what the file's security store proves to be good."""
        settings = self._settings() | {"revocation_mode": "require"}
        if self._store is None:
            return ValidationContext(**settings, ocsps=(), crls=())
        return self._store.as_validation_context(settings)

    def _trusting(self) -> ValidationContext:
        """Ask for a chain to an anchor only."""
        certificates = list(self._store.load_certs()) if self._store else []
        return ValidationContext(**self._settings(), other_certs=certificates, revocation_mode="soft-fail")

    def _settings(self) -> dict[str, Any]:
        return {
            "trust_roots": [Certificate.load(anchor.public_bytes(Encoding.DER)) for anchor in self.anchors],
            "moment": self._stamped_at() or self.now,
            "retroactive_revinfo": True,
            "allow_fetching": False,
        }

    @property
    def _store(self) -> DocumentSecurityStore | None:
        try:
            return DocumentSecurityStore.read_dss(self.reader)
        except ValidationInfoReadingError:
            return None

    def _stamped_at(self) -> datetime | None:
        """What the signature's timestamp says, whether or not it can be trusted."""
        for token in extract_tst_data_iter(self.signature.signer_info, signed=False):
            moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
            return moment
        return None


def _stamp_is_sound(status: PdfSignatureStatus) -> bool:
    stamp = status.timestamp_validity
    return stamp is None or (stamp.intact and stamp.valid and stamp.trusted)


def _is_revoked(status: PdfSignatureStatus) -> bool:
    stamp = status.timestamp_validity
    return status.revoked or (stamp is not None and stamp.revoked)


def _covers(status: PdfSignatureStatus) -> bool:
    whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    return whole and status.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
