"""PDFs, validated by pyHanko."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import DocumentSecurityStore, EmbeddedPdfSignature, PdfSignatureStatus
from pyhanko.sign.validation import async_validate_pdf_signature as validate
from pyhanko.sign.validation import async_validate_pdf_timestamp as validate_timestamp
from pyhanko.sign.validation.errors import ValidationInfoReadingError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from jobs.model.documents import SealFormat
from jobs.model.levels import Form, Level
from worker.audit.report import FileReport, SignatureReport, Verdict, complaints, unproven
from worker.audit.trust import Material, proving, settings, trusting


async def audit_pdf(path: Path, anchors: Sequence[x509.Certificate], now: datetime) -> FileReport:
    """Validate every signature of a PDF. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        try:
            reader = PdfFileReader(file, strict=False)
            found = reader.embedded_regular_signatures
            reports = [await _Auditor(reader, signature, anchors, now).report() for signature in found]
        except Exception as error:  # noqa: BLE001 - parsers stumble in many ways; each means the file is unreadable
            return FileReport(path, SealFormat.PDF, problems=(f"the file cannot be read as a PDF: {error}",))
    problems = () if reports else ("the file is not sealed",)
    return FileReport(path, SealFormat.PDF, tuple(reports), problems=problems)


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
        proven = await self._verdict(self._proving(self.reader))
        if proven.trusted and proven.stamped_at and proven.stamp_is_sound:
            return await self._proven(proven)
        verdict = proven if proven.revoked else await self._verdict(self._trusting)
        level = Level.T if verdict.stamped_at and verdict.stamp_is_sound else Level.B
        return self._report(verdict, level, self._complaints(verdict, unproven(verdict)))

    async def _proven(self, verdict: Verdict) -> SignatureReport:
        """Whether document timestamps behind the proofs archive them, too."""
        archives = [archive async for archive in self._archives()]
        verdict = replace(verdict, archives_are_sound=all(sound for sound, _ in archives))
        level = Level.LTA if any(sound and covers for sound, covers in archives) else Level.LT
        return self._report(verdict, level, self._complaints(verdict, None))

    async def _archives(self) -> AsyncIterator[tuple[bool, bool]]:
        """Of each later document timestamp, whether it is sound and whether it covers what proves the seal."""
        for stamp in self.reader.embedded_timestamp_signatures:
            if stamp.signed_revision > self.signature.signed_revision:
                moment = stamp.signed_data["encap_content_info"]["content"].parsed["gen_time"].native
                status = await validate_timestamp(stamp, self._trusting(moment), skip_diff=True)
                whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
                past = self.reader.get_historical_resolver(stamp.signed_revision)
                covered = await self._verdict(self._proving(past))
                yield status.intact and status.valid and status.trusted and whole, covered.trusted

    async def _verdict(self, context: Callable[[], ValidationContext]) -> Verdict:
        status = await validate(self.signature, context(), context())
        stamp = status.timestamp_validity
        return Verdict(
            intact=status.intact and status.valid,
            trusted=status.trusted,
            revoked=status.revoked or (stamp is not None and stamp.revoked),
            covers=_covers(status),
            stamped_at=self._stamped_at(),
            stamp_is_sound=stamp is None or (stamp.intact and stamp.valid and stamp.trusted),
        )

    def _report(self, verdict: Verdict | None, level: Level | None, problems: tuple[str, ...]) -> SignatureReport:
        subject = self.signature.signer_cert.subject.native
        return SignatureReport(
            sealed_by=subject.get("common_name", "unknown"),
            organisation=subject.get("organization_identifier"),
            sealed_at=self._stamped_at() or self.signature.self_reported_timestamp,
            form=Form.PADES,
            level=level,
            intact=verdict is not None and verdict.intact,
            trusted=verdict is not None and verdict.trusted,
            covers_whole_file=verdict is not None and verdict.covers,
            problems=problems,
        )

    def _complaints(self, verdict: Verdict, lacks: str | None) -> tuple[str, ...]:
        return complaints(verdict, "something else than proofs was added after the seal", lacks, self.now)

    def _proving(self, handler: PdfHandler) -> Callable[[], ValidationContext]:
        """Trust only what the security store proves to be good, as the file or a part of it has it."""
        store, moment = _store(handler), self._stamped_at() or self.now
        if store is None:
            return lambda: proving(Material(), self.anchors, moment)
        return lambda: store.as_validation_context(settings(self.anchors, moment) | {"revocation_mode": "require"})

    def _trusting(self, moment: datetime | None = None) -> ValidationContext:
        """Ask for a chain to an anchor only."""
        store = _store(self.reader)
        material = Material(tuple(store.load_certs()) if store else ())
        return trusting(material, self.anchors, moment or self._stamped_at() or self.now)

    def _stamped_at(self) -> datetime | None:
        """What the signature's timestamp says, whether or not it can be trusted."""
        for token in extract_tst_data_iter(self.signature.signer_info, signed=False):
            moment: datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
            return moment
        return None


def _store(handler: PdfHandler) -> DocumentSecurityStore | None:
    try:
        return DocumentSecurityStore.read_dss(handler)
    except ValidationInfoReadingError:
        return None


def _covers(status: PdfSignatureStatus) -> bool:
    whole = status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    return whole and status.modification_level in (ModificationLevel.NONE, ModificationLevel.LTA_UPDATES)
