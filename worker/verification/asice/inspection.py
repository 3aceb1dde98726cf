"""One sealed container held against what was approved, from the archive inwards to its archive timestamps."""

import hashlib
from base64 import b64decode
from collections.abc import Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path

from jobs.model.documents import Document
from jobs.model.levels import Form
from jobs.model.seals import Expectation
from worker.verification.asice.algorithms import require_signing
from worker.verification.asice.container import Container, read_container
from worker.verification.asice.data_files import hash_whole, require_files
from worker.verification.asice.imprints import archive_imprint, signature_imprint, signed_properties
from worker.verification.asice.markup import Element
from worker.verification.asice.signature import Signature, read_signature
from worker.verification.asice.signed_properties import read_media_types, require_signer
from worker.verification.asice.unsigned_properties import Stamp, read_evidence, read_stamps
from worker.verification.asice.zip_contents import read_pieces
from worker.verification.evidence import Evidence
from worker.verification.inspected import ArchiveTimestamp, Inspected
from worker.verification.keys import canonical, from_plain, key_of, verifies
from worker.verification.refusal import require
from worker.verification.timestamps import Imprint, Timestamp, read_token


def inspect(path: Path, document: Document, expectation: Expectation) -> Inspected:
    """Check entries, manifest, references, digests, signature value and timestamps. Raises Rejected or ValueError.

    A parser's own error (of struct, zlib, lxml) means as much as Rejected does.
    """
    require(path.stat().st_size, "the sealed file is empty")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        container = read_container(content, document.files)
        signature = read_signature(container.signatures)
        require_files(content, container.files, document.files, signature.info.files)
        _require_signed(signature, container)
        _require_approved(signature, expectation)
        return _Proving(signature, content, container).inspected()


def _require_signed(signature: Signature, container: Container) -> None:
    """The signed properties are those that were signed, and agree with the manifest."""
    reference = signature.info.properties.digest
    digest = hashlib.new(reference.hash_name, signed_properties(signature)).digest()
    require(digest == reference.value, "the seal's signed properties were changed")
    stated = read_media_types(signature.signed, signature.info.files)
    require(stated == container.media_types, "the manifest states other media types than the seal")


def _require_approved(signature: Signature, expectation: Expectation) -> None:
    """The signature holds what a person approved and what the platform signed for it."""
    algorithm, certificate = expectation.digest.algorithm, b64decode(expectation.certificate)
    key = key_of(expectation.certificate)
    require_signing(signature.info.method, key, algorithm)
    digest = hashlib.new(algorithm, signature.info.canonical).digest()
    require(digest == expectation.digest.value, "what was signed is not what was approved")
    require(signature.certificates[0] == certificate, "the seal was made with another certificate")
    require_signer(signature.signed, certificate)
    value = from_plain(key, signature.value)
    require(value == canonical(key, expectation.value.value), "the signature value is not the one that was verified")
    require(verifies(key, expectation.digest, value), "the seal's signature is wrong")


class _Proving:
    """A signature that was approved, and what proves when and by whom it was made."""

    def __init__(self, signature: Signature, content: mmap, container: Container) -> None:
        self._signature = signature
        self._content = content
        self._container = container
        self._evidence = self._evidence_of(signature.unsigned)

    def inspected(self) -> Inspected:
        unsigned = self._signature.unsigned
        return Inspected(
            form=Form.XADES,
            whole=hash_whole(self._content),
            size=len(self._content),
            certificate=self._signature.certificates[0],
            timestamp=self._timestamp(),
            archives=tuple(self._archive(one) for one in read_stamps(unsigned, "xades141:ArchiveTimeStamp")),
            evidence=self._evidence,
        )

    def _timestamp(self) -> Timestamp | None:
        stamps = read_stamps(self._signature.unsigned, "xades:SignatureTimeStamp")
        require(len(stamps) <= 1, "the seal has several timestamps")
        return self._read(stamps[0], signature_imprint(self._signature, stamps[0])) if stamps else None

    def _archive(self, stamp: Stamp) -> ArchiveTimestamp:
        imprint = archive_imprint(self._signature, stamp, self._pieces)
        return ArchiveTimestamp(self._read(stamp, imprint), self._evidence_of(stamp.preceding))

    def _read(self, stamp: Stamp, imprint: Imprint) -> Timestamp:
        return read_token(stamp.token, self._evidence.certificates, imprint)

    def _pieces(self, name: str) -> Iterator[bytes]:
        return read_pieces(self._content, self._container.files[name])

    def _evidence_of(self, properties: Sequence[Element]) -> Evidence:
        return read_evidence(properties).with_certificates(self._signature.certificates)
