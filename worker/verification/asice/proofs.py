"""What proves when and by whom a XAdES signature was made: its timestamps, what each covers, and the evidence."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from worker.verification.asice.markup import XmlElement
from worker.verification.asice.signature import XadesSignature
from worker.verification.asice.signed_info import FileReference
from worker.verification.asice.unsigned_properties import Stamp, read_evidence, read_stamps
from worker.verification.evidence import Evidence
from worker.verification.inspected import ArchiveTimestamp
from worker.verification.refusal import require
from worker.verification.timestamps import Imprint, Timestamp, read_token

Pieces = Callable[[str], Iterable[bytes]]
"""Gives the content of the data file of that name, in pieces."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """The seal's timestamp, None where there is none, archive timestamps in their order, and all evidence."""

    timestamp: Timestamp | None
    archives: tuple[ArchiveTimestamp, ...]
    evidence: Evidence


def read_proofs(signature: XadesSignature, pieces: Pieces) -> Proofs:
    """Check every timestamp and what it covers. Raises Rejected and ValueError."""
    evidence = _evidence_of(signature, signature.unsigned)
    stamps = read_stamps(signature.unsigned, "xades:SignatureTimeStamp")
    require(len(stamps) <= 1, "the seal has several timestamps")
    seal = [read_token(one.token, evidence.certificates, _signature_imprint(signature, one)) for one in stamps]
    archives = tuple(
        ArchiveTimestamp(
            read_token(one.token, evidence.certificates, _archive_imprint(signature, one, pieces)),
            _evidence_of(signature, one.preceding),
        )
        for one in read_stamps(signature.unsigned, "xades141:ArchiveTimeStamp")
    )
    return Proofs(seal[0] if seal else None, archives, evidence)


def canonical_properties(signature: XadesSignature) -> bytes:
    """The signed properties as their reference has them hashed."""
    return signature.info.properties.canonicalization.of(signature.signed)


def _evidence_of(signature: XadesSignature, properties: Sequence[XmlElement]) -> Evidence:
    """All that is told there: an answer may bring the issuing CA that stands nowhere else (RFC 6960 §4.2.1)."""
    evidence = read_evidence(properties).with_certificates(signature.certificates)
    return evidence.with_certificates(evidence.all_certificates)


def _signature_imprint(signature: XadesSignature, stamp: Stamp) -> Imprint:
    """A signature timestamp covers the ds:SignatureValue (ETSI EN 319 132-1 §5.3)."""
    return lambda name: hashlib.new(name, stamp.canonicalization.of(signature.value_element)).digest()


def _archive_imprint(signature: XadesSignature, stamp: Stamp, pieces: Pieces) -> Imprint:
    """An archive timestamp covers all that was signed, the signature, and what proves it (§5.5.2.2).

    That is, in this order: what each ds:Reference refers to, after its transforms; ds:SignedInfo, ds:SignatureValue,
    ds:KeyInfo; and the unsigned properties before the timestamp. There is no other ds:Object.
    """

    def imprint(name: str) -> bytes:
        digest = hashlib.new(name)
        for reference in signature.info.references:
            if isinstance(reference, FileReference):
                for piece in pieces(reference.name):
                    digest.update(piece)
            else:
                digest.update(canonical_properties(signature))
        for element in (signature.info_element, signature.value_element, signature.key_element, *stamp.preceding):
            digest.update(stamp.canonicalization.of(element))
        return digest.digest()

    return imprint
