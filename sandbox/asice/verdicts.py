"""Judging the signatures of a container, from the file alone and the sandbox's root."""

import asyncio
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from sandbox.asice.container import Container, pieces, read_container
from sandbox.asice.documents import hash_of
from sandbox.asice.faults import NotPassed, SubIndication
from sandbox.asice.imprint import archive_imprint
from sandbox.asice.integrity import DigestOf, check_integrity, document_names, signer_certificate
from sandbox.asice.layout import Signature, only, signatures_in
from sandbox.asice.trust import PROVED, UNPROVED, Proofs, Timestamp, check_chain
from sandbox.asice.vocabulary import C14N, ds, xades, xades141
from sandbox.asice.xml import Malformed, binary, canonicalise
from sandbox.pki import Authority
from sandbox.pki.keys import compute_hash
from sandbox.verdict import Indication, Verdict

SIGNATURE_TIMESTAMP = xades("SignatureTimeStamp")
ARCHIVE_TIMESTAMP = xades141("ArchiveTimeStamp")


class NotSigned(ValueError):
    """The container holds no signature."""


def verdicts(path: Path, authority: Authority, now: datetime) -> list[Verdict]:
    """Return a verdict on each signature, in the order of their files; documents are read in pieces.

    Raises `NotAContainer` for what is no sound ASiC-E, and `NotSigned` where nothing can be judged.
    """
    container = read_container(path)
    if not container.signatures:
        raise NotSigned("the container holds no signature")
    root = authority.root.certificate.public_bytes(Encoding.DER)
    with container.opened() as archive:
        judge = _Judge(container, archive, cache(_digests(archive)), root, now)
        return [verdict for content in container.signature_files().values() for verdict in judge.verdicts(content)]


def _digests(archive: ZipFile) -> DigestOf:
    return lambda name, hash_name: hash_of(pieces(archive, name), hash_name)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges every signature of one container."""

    container: Container
    archive: ZipFile
    digest_of: DigestOf
    root: bytes  # DER
    now: datetime

    def verdicts(self, content: bytes) -> list[Verdict]:
        """Judge the signatures of one file; one that cannot be read has failed."""
        try:
            return [self._verdict(signature) for signature in signatures_in(content)]
        except Malformed:
            return [Verdict(Indication.FAILED, "XAdES", "", "", "", None, (), SubIndication.FORMAT)]

    def _verdict(self, signature: Signature) -> Verdict:
        fault = self._fault(signature)
        return Verdict(
            indication=fault.indication if fault else Indication.PASSED,
            format=_format(signature),
            **_names(signature),
            signed_at=_signed_at(signature),
            scopes=_scopes(signature),
            sub_indication=fault.sub_indication if fault else "",
        )

    def _fault(self, signature: Signature) -> NotPassed | None:
        try:
            self._check(signature)
        except NotPassed as fault:
            return fault
        except Malformed:
            return NotPassed(SubIndication.FORMAT)
        except (BadZipFile, zlib.error):
            return NotPassed(SubIndication.HASH)
        return None

    def _check(self, signature: Signature) -> None:
        self._check_contents(document_names(signature))
        certificate = signer_certificate(signature)
        check_integrity(signature, certificate, self.digest_of)
        asyncio.run(self._check_trust(signature, certificate))

    def _check_contents(self, names: tuple[str, ...]) -> None:
        """Want nothing in the container that the signature does not cover, and a manifest that says the same."""
        held, listed = set(self.container.documents), set(self.container.media_types) - {"/"}
        if self.container.strangers or held - set(names) or (listed and (held - listed or listed - set(names))):
            raise NotPassed(SubIndication.FORMAT)

    async def _check_trust(self, signature: Signature, certificate: x509.Certificate) -> None:
        proofs = Proofs.of(signature, self.root)
        moment = self.now
        for element in _timestamps(signature, SIGNATURE_TIMESTAMP):
            stamp = _stamp(element)
            await stamp.check(_imprint_of_value(signature, element), proofs.at(stamp.at, PROVED))
            moment = min(moment, stamp.at)
        await check_chain(certificate.public_bytes(Encoding.DER), proofs.at(moment, PROVED))
        for element in _timestamps(signature, ARCHIVE_TIMESTAMP):
            # The last timestamp's own proofs are still to come, so none are asked of it.
            stamp = _stamp(element)
            await stamp.check(self._imprint_of_archive(signature, element), proofs.at(stamp.at, UNPROVED))

    def _imprint_of_archive(self, signature: Signature, stamp: etree._Element) -> Callable[[str], bytes]:
        read = partial(pieces, self.archive)
        return lambda name: archive_imprint(signature, read, name, method=_method(stamp), stamp=stamp)


def _imprint_of_value(signature: Signature, stamp: etree._Element) -> Callable[[str], bytes]:
    return lambda name: compute_hash(name, canonicalise(signature.value, _method(stamp)))


def _timestamps(signature: Signature, name: str) -> Iterator[etree._Element]:
    return (one for one in signature.unsigned_properties if one.tag == name)


def _stamp(element: etree._Element) -> Timestamp:
    return Timestamp.of(binary(only(element, xades("EncapsulatedTimeStamp"))))


def _method(stamp: etree._Element) -> str:
    """Return the canonicalization a timestamp names, or the standard one (EN 319 132-1 §5.1.4.3)."""
    method = stamp.find(ds("CanonicalizationMethod"))
    return C14N if method is None else method.get("Algorithm", "")


def _format(signature: Signature) -> str:
    present = {one.tag for one in signature.unsigned_properties}
    level = "B"
    if SIGNATURE_TIMESTAMP in present:
        level = "LT" if xades("RevocationValues") in present else "T"
    if level == "LT" and ARCHIVE_TIMESTAMP in present:
        level = "LTA"
    return f"XAdES_BASELINE_{level}"


def _names(signature: Signature) -> dict[str, str]:
    wanted = {
        "common_name": NameOID.COMMON_NAME,
        "organisation_id": NameOID.ORGANIZATION_IDENTIFIER,
        "serial_number": NameOID.SERIAL_NUMBER,
    }
    try:
        subject = signer_certificate(signature).subject
    except (NotPassed, Malformed):
        return dict.fromkeys(wanted, "")
    found = {name: subject.get_attributes_for_oid(oid) for name, oid in wanted.items()}
    return {name: str(attributes[0].value) if attributes else "" for name, attributes in found.items()}


def _signed_at(signature: Signature) -> datetime | None:
    """Return the time in the signature's first timestamp, whoever stamped it."""
    for element in _timestamps(signature, SIGNATURE_TIMESTAMP):
        try:
            return _stamp(element).at
        except Malformed:
            return None
    return None


def _scopes(signature: Signature) -> tuple[str, ...]:
    try:
        return document_names(signature)
    except Malformed:
        return ()
