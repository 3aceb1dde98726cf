"""ASiC-E containers: what lies in them, and every XAdES signature over it, whoever made them. Nothing is read whole."""

import hashlib
import re
import struct
import zlib
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from lxml import etree

from jobs.model.documents import SealFormat
from worker.audit.archive import MEDIA_TYPE, find_archive_faults, find_archive_remarks, open_archive
from worker.audit.assessment import SignatureAssessor
from worker.audit.markup import SIGNATURE_NAMESPACES, find_hidden_markup
from worker.audit.qualifying import find_name
from worker.audit.report import AuditOutcome, FileReport, Problem, unreadable
from worker.audit.xades import DataFiles, read_claim

MIMETYPE = "mimetype"
_MANIFEST = "META-INF/manifest.xml"
_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_UNREAD = re.compile(
    r"META-INF/(?:ASiC[^/]*Manifest[^/]*\.xml|[^/]*timestamp[^/]*\.tst|[^/]*signature[^/]*\.p7s|MANIFEST\.MF)"
)
"""What may stand in a container too, CAdES and timestamps (ETSI EN 319 162-1 §4.4.4), or in any that Java makes."""
_ROOT = "{http://uri.etsi.org/02918/v1.2.1#}XAdESSignatures"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_ENTRY, _PATH, _MEDIA = f"{_NAMESPACE}file-entry", f"{_NAMESPACE}full-path", f"{_NAMESPACE}media-type"
_REFERENCE_TO_DTD = re.compile(rb"<!DOCTYPE[^<>\[\]]*>")
"""A document type declaration without declarations of its own (XML 1.0 §2.8), as manifests of OpenOffice.org had it."""
_MAX_XML, _MAX_SIGNATURES = 16_000_000, 100
_PIECE = 1 << 20
_UNREADABLE = (
    BadZipFile,
    EOFError,
    LookupError,
    MemoryError,
    RuntimeError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def audit_container(path: Path, assessor: SignatureAssessor, original: Sequence[Path]) -> FileReport:
    """Judge every signature of a container by itself. Raises OSError when it cannot be read."""
    try:
        with open_archive(path) as archive:
            return await _ContainerAuditor(path, archive, assessor).report(original)
    except _UNREADABLE as error:
        return unreadable(path, SealFormat.EDOC, error)


@dataclass(slots=True)
class _ContainerAuditor:
    path: Path
    archive: ZipFile
    assessor: SignatureAssessor
    _hashes: dict[tuple[str, str], bytes] = field(default_factory=dict)
    _types: dict[str, str] = field(default_factory=dict)
    """The media type of each data file, by its name, as the manifest has it."""

    async def report(self, original: Sequence[Path]) -> FileReport:
        problems = list(find_archive_faults(self.archive, self.path))
        problems += self._find_strangers()
        elements = list(self._signatures(problems))
        files = DataFiles({name: self._types.get(name) for name in self._files}, self._hash, self._pieces)
        claims = (read_claim(one, files) for one in elements)
        reports = [await self.assessor.report(claim) for claim in claims]
        if not reports:
            problems.append(Problem(AuditOutcome.UNSEALED, "the file is not sealed"))
        if original:
            problems += self._find_other_files(original, len(reports))
        # Signatures in a container stand beside each other and have no order: the newest is ours, of those that lead to
        # an anchor. Anybody may put another beside them, of which ours says nothing.
        anchored = [one for one in reports if all(each.outcome is not AuditOutcome.UNTRUSTED for each in one.problems)]
        newest = max(anchored or reports, key=lambda one: one.sealed_at or _EPOCH, default=None)
        listed = tuple(replace(one, is_ours=one is newest) for one in reports)
        remarks = tuple(find_archive_remarks(self.archive))
        return FileReport(self.path, SealFormat.EDOC, listed, tuple(self._files), tuple(problems), remarks)

    @property
    def _files(self) -> list[str]:
        """The names of the data files, in their order."""
        names = self.archive.namelist()
        return [name for name in names if name != MIMETYPE and not name.startswith("META-INF/") and name[-1:] != "/"]

    def _signatures(self, problems: list[Problem]) -> Iterator[etree._Element]:
        """Yield the signatures of every file of signatures (ETSI EN 319 162-1 §4.4.3.2)."""
        count = 0
        for name in filter(_SIGNATURES.fullmatch, self.archive.namelist()):
            root = self._xml(name, problems, SIGNATURE_NAMESPACES)
            found = list(root.iterchildren(_SIGNATURE)) if root is not None and root.tag == _ROOT else []
            count += len(found)
            if count > _MAX_SIGNATURES:
                raise ValueError(f"it has more than {_MAX_SIGNATURES} signatures")
            if (root is not None and len(found) != len(list(root.iterchildren(tag=etree.Element)))) or not found:
                problems.append(Problem(AuditOutcome.ALTERED, f"{name} holds something else than signatures"))
            yield from found

    def _find_strangers(self) -> Iterator[Problem]:
        """Say what the container holds, or lists, that has no business there (§4.4.2, §A.1)."""
        names = self.archive.namelist()
        for name in names:
            is_read = name == _MANIFEST or _SIGNATURES.fullmatch(name)
            if name.startswith("META-INF/") and name[-1] != "/" and not is_read:
                outcome = AuditOutcome.CANNOT_TELL if _UNREAD.fullmatch(name) else AuditOutcome.ALTERED
                yield Problem(outcome, f"the container holds {name}, which is not validated here")
        if _MANIFEST not in names:
            yield Problem(AuditOutcome.CANNOT_TELL, "the container has no manifest")
            return
        faults: list[Problem] = []
        root = self._xml(_MANIFEST, faults, {_NAMESPACE.strip("{}")})
        yield from faults
        yield from self._compare_manifest(root.findall(_ENTRY) if root is not None else [])

    def _compare_manifest(self, entries: Iterable[etree._Element]) -> Iterator[Problem]:
        """Say where the manifest differs from what the container holds; folders in it are nobody's document."""
        listed = [(entry.get(_PATH, ""), entry.get(_MEDIA, "")) for entry in entries]
        files = [name for name, _ in listed if name[-1:] != "/"]
        inner = [name for name in files if name.startswith("META-INF/") and name in self.archive.namelist()]
        for name in inner:
            yield Problem(AuditOutcome.CANNOT_TELL, f"the container's manifest lists {name}, which is no data file")
        if sorted([*inner, *self._files]) != sorted(files):
            yield Problem(AuditOutcome.ALTERED, "the container's manifest lists other files than it holds")
        kinds = [kind for name, kind in listed if name == "/"]
        if not kinds:
            yield Problem(AuditOutcome.CANNOT_TELL, "the container's manifest does not say what container it is")
        elif kinds != [MEDIA_TYPE]:
            yield Problem(AuditOutcome.ALTERED, "the container's manifest calls it another kind of container")
        self._types |= listed

    def _find_other_files(self, original: Sequence[Path], signatures: int) -> Iterator[Problem]:
        """Say what the container is otherwise than a sealing of these files."""
        if signatures > 1:
            yield Problem(AuditOutcome.ALTERED, f"{signatures} signatures were made over the original, not one")
        sources = {one.name: one for one in original}
        held = {find_name(name, sources): name for name in self._files}
        for name in sorted(sources.keys() - held.keys()):
            yield Problem(AuditOutcome.ALTERED, f"{name} of the original is not in the container")
        for name in sorted(held.keys() - sources.keys()):
            yield Problem(AuditOutcome.ALTERED, f"{name} is in the container and not in the original")
        for name in sorted(held.keys() & sources.keys()):
            with sources[name].open("rb") as file:
                if hashlib.file_digest(file, "sha256").digest() != self._hash(held[name], "sha256"):
                    yield Problem(AuditOutcome.ALTERED, f"{name} is another file than the original")

    def _hash(self, name: str, algorithm: str) -> bytes:
        """The hash of a data file. Raises KeyError when there is none of that name."""
        if (name, algorithm) not in self._hashes:
            digest = hashlib.new(algorithm)
            for piece in self._pieces(name):
                digest.update(piece)
            self._hashes[name, algorithm] = digest.digest()
        return self._hashes[name, algorithm]

    def _pieces(self, name: str) -> Iterator[bytes]:
        if name not in self._files:
            raise KeyError(name)
        with self.archive.open(name) as file:
            yield from iter(partial(file.read, _PIECE), b"")

    def _xml(self, name: str, problems: list[Problem], namespaces: Container[str]) -> etree._Element | None:
        """Parse a small entry; None with a problem when it holds what could make two readers see two things."""
        if self.archive.getinfo(name).file_size > _MAX_XML:
            raise ValueError(f"{name} is too large")
        # Canonical forms leave comments out, so that one may stand in what is signed; it must not cut a text in two.
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
        )
        content = self.archive.read(name)
        root = etree.fromstring(content, parser)
        if root.getroottree().docinfo.doctype or root.getroottree().docinfo.internalDTD is not None:
            if not _REFERENCE_TO_DTD.search(content):
                problems.append(Problem(AuditOutcome.ALTERED, f"{name} holds a DTD"))
                return None
            problems.append(Problem(AuditOutcome.CANNOT_TELL, f"{name} names a DTD, which is not read here"))
        hidden = dict.fromkeys(find_hidden_markup(root, namespaces))
        problems += [Problem(AuditOutcome.CANNOT_TELL, f"{name} holds {what}") for what in hidden]
        return root
