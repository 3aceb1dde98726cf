"""One PDF: its revisions read by qpdf, its signatures checked by pyHanko, what was added since compared by value."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from pikepdf import Pdf, PdfError

from jobs.model.documents import SealFormat
from jobs.model.levels import Form
from worker.audit.assessment import ArchiveProof, SignatureAssessor, SignatureClaim
from worker.audit.cms import CmsSigner, find_faults, measure, read_signer, read_token
from worker.audit.pdf_additions import Permitted
from worker.audit.pdf_differences import RevisionComparison
from worker.audit.pdf_reading import (
    PdfSignature,
    hash_range,
    is_same_beginning,
    opened,
    read_pieces,
    read_signatures,
    read_store,
)
from worker.audit.report import AuditOutcome, FileReport, Problem, SignatureReport, unreadable

_ENDING = re.compile(rb"startxref\s+\d+\s+%%EOF[\x00\t\n\f\r ]*\Z")
_LONGEST_ENDING = 4096
_DETACHED = frozenset({"/ETSI.CAdES.detached", "/adbe.pkcs7.detached"})
_MAX_NAMED = 3


async def audit_pdf(path: Path, assessor: SignatureAssessor, original: Sequence[Path], *, visible: bool) -> FileReport:
    """Judge every signature of a PDF by itself. Raises OSError when it cannot be read."""
    with path.open("rb") as file:
        size = file.seek(0, SEEK_END)
        try:
            with opened(file, size) as pdf:
                auditor = _PdfAuditor(path, file, size, pdf, assessor, Permitted(seals=True, visible=visible))
                return await auditor.report(original)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - parsers stumble in many ways; each means that nobody can tell
            return unreadable(path, SealFormat.PDF, error)


@dataclass(frozen=True, slots=True)
class _PdfAuditor:
    path: Path
    file: BinaryIO
    size: int
    pdf: Pdf
    assessor: SignatureAssessor
    sealing: Permitted

    async def report(self, original: Sequence[Path]) -> FileReport:
        if self.pdf.is_encrypted:
            raise ValueError("it is encrypted")
        found = read_signatures(self.pdf)
        seals = [one for one in found if not one.is_timestamp]
        ours = seals[-1] if seals else None
        reports = [await self._signature(one, found, is_ours=one is ours) for one in seals]
        problems = [] if ours else [Problem(AuditOutcome.UNSEALED, "the file is not sealed")]
        begin = max(0, self.size - _LONGEST_ENDING)
        # The last revision ends the file; blanks behind it mean nothing (ISO 32000-2 §7.5.5).
        if not _ENDING.search(b"".join(read_pieces(self.file, begin, self.size - begin))):
            problems.append(Problem(AuditOutcome.ALTERED, "bytes behind the last revision belong to none"))
        if len(original) > 1:
            problems.append(Problem(AuditOutcome.ALTERED, "several files become a container, and this is a PDF"))
        elif original:
            problems += self._find_sealing_faults(original[0], seals)
        return FileReport(self.path, SealFormat.PDF, tuple(reports), problems=tuple(problems))

    def _find_sealing_faults(self, original: Path, seals: Sequence[PdfSignature]) -> Iterator[Problem]:
        """What the file is otherwise than a sealing of the original."""
        size = original.stat().st_size
        if not is_same_beginning(original, self.path):
            yield Problem(AuditOutcome.ALTERED, "it does not begin with the original")
            return
        with opened(self.file, size) as before:
            earlier = len([one for one in read_signatures(before) if not one.is_timestamp])
            if len(seals) != earlier + 1:
                yield Problem(AuditOutcome.ALTERED, f"{len(seals) - earlier} seals were added to the original, not one")
            comparison = RevisionComparison(before, self.pdf, self.sealing)
            yield from _find_additions(comparison, "something else than a seal was added to the original")

    async def _signature(
        self, signature: PdfSignature, found: Sequence[PdfSignature], *, is_ours: bool
    ) -> SignatureReport:
        try:
            claim = self._claim(signature, found, is_ours=is_ours)
        except Exception as error:  # noqa: BLE001 - one broken signature must not hide the others
            fault = Problem(AuditOutcome.CANNOT_TELL, f"the signature cannot be read: {error}")
            claim = SignatureClaim(Form.PADES, None, None, (fault,))
        return replace(await self.assessor.report(claim), is_ours=is_ours)

    def _claim(self, signature: PdfSignature, found: Sequence[PdfSignature], *, is_ours: bool) -> SignatureClaim:
        faults = [*self._find_range_faults(signature)]
        if signature.type not in _DETACHED:
            raise ValueError(f"it is of the kind {signature.type.removeprefix('/')}")
        signer = read_signer(signature.contents[: measure(signature.contents)])
        faults += find_faults(signer, lambda name: hash_range(self.file, signature, name))
        store = read_store(self.pdf).with_certificates(signer.certificates)
        value = signer.info["signature"].native
        return SignatureClaim(
            Form.PADES,
            signer.certificate,
            signer.signing_time,
            tuple(faults),
            tuple(self._find_later_changes(signature, is_ours=is_ours)),
            tuple(read_token(token, lambda name: hashlib.new(name, value).digest()) for token in signer.tokens),
            store,
            tuple(self._archives(signature, signer, found)),
        )

    def _find_range_faults(self, signature: PdfSignature) -> Iterator[Problem]:
        """The byte range leaves out the value and nothing else (§12.8.1), and zeros alone follow the CMS in it."""
        begin, before, after, _ = signature.byte_range if len(signature.byte_range) == 4 else (1, 0, 0, 0)  # noqa: PLR2004
        gap = b"".join(read_pieces(self.file, before, min(after - before, 4 * len(signature.contents) + 2)))
        hexadecimal = gap[1:-1].translate(None, b"\0\t\n\f\r ")
        exact = begin == 0 and gap[:1] + gap[-1:] == b"<>" and len(gap) == after - before and signature.end <= self.size
        if not exact or bytes.fromhex(hexadecimal.decode("ascii", "replace")) != signature.contents:
            yield Problem(AuditOutcome.ALTERED, "it does not cover all but its own value")
        if signature.contents[measure(signature.contents) :].strip(b"\0"):
            yield Problem(AuditOutcome.ALTERED, "something is hidden in the padding behind its value")

    def _find_later_changes(self, signature: PdfSignature, *, is_ours: bool) -> Iterator[Problem]:
        """What was added after the signature: proofs and document timestamps; to another's signature, seals too."""
        with opened(self.file, signature.end) as before:
            if all(one.byte_range != signature.byte_range for one in read_signatures(before)):
                yield Problem(AuditOutcome.ALTERED, "its own revision does not hold it")
                return
            if signature.end != self.size:
                allowed = Permitted(seals=not is_ours and not signature.is_final, visible=not is_ours)
                yield from _find_additions(
                    RevisionComparison(before, self.pdf, allowed), "something else than proofs was added after the seal"
                )

    def _archives(
        self, signature: PdfSignature, signer: CmsSigner, found: Sequence[PdfSignature]
    ) -> Iterator[ArchiveProof]:
        """Document timestamps behind the signature (§12.8.5), each with the proofs that it covers."""
        for one in found:
            if one.is_timestamp and one.end > signature.end:
                token = read_token(one.contents[: measure(one.contents)], partial(hash_range, self.file, one))
                faults = (*token.problems, *self._find_range_faults(one))
                with opened(self.file, one.end) as past:
                    material = read_store(past).with_certificates(signer.certificates)
                yield ArchiveProof(replace(token, problems=faults), material)


def _find_additions(comparison: RevisionComparison, what: str) -> Iterator[Problem]:
    try:
        found = list(comparison.differences())
    except (ValueError, PdfError) as error:
        yield Problem(AuditOutcome.CANNOT_TELL, f"what was added cannot be compared: {error}")
        return
    if found:
        named = "; ".join(found[:_MAX_NAMED]) + ("; …" if len(found) > _MAX_NAMED else "")
        yield Problem(AuditOutcome.ALTERED, f"{what}: {named}")
