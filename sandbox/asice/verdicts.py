"""Judging the signatures of a container, from the file alone and the sandbox's root."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from zipfile import ZipFile

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from sandbox.asice.archive import archive_imprint
from sandbox.asice.container import DAMAGED, Container, pieces, read_container
from sandbox.asice.documents import hash_of
from sandbox.asice.integrity import DigestOf, check_integrity, document_names, signer_certificate
from sandbox.asice.layout import SignatureElement, only, signatures_in
from sandbox.asice.trust import PROVED, UNPROVED, CarriedProofs, UncheckedTimestamp, check_chain
from sandbox.asice.xml import C14N, Malformed, binary, canonicalise, ds, xades, xades141
from sandbox.pki import Authority
from sandbox.pki.keys import compute_hash
from sandbox.verdict import Indication, NotPassed, SignatureVerdict, SubIndication, stamped_imprint, time_of_answer

SIGNATURE_TIMESTAMP = xades("SignatureTimeStamp")
ARCHIVE_TIMESTAMP = xades141("ArchiveTimeStamp")


class NotSigned(ValueError):
    """The container holds no signature."""


def verdicts(path: Path, authority: Authority, now: datetime) -> list[SignatureVerdict]:
    """Return a verdict on each signature, in the order of their files; documents are read in pieces.

    Raises `NotAContainer` for what is no sound ASiC-E, and `NotSigned` where nothing can be judged.
    """
    container = read_container(path)
    if not container.signatures:
        raise NotSigned("the container holds no signature")
    root = authority.root.certificate.public_bytes(Encoding.DER)
    with container.opened() as archive:
        digest_of = cache(lambda name, hash_name: hash_of(pieces(archive, name), hash_name))
        judge = _Judge(container, archive, digest_of, root, now)
        return [verdict for content in container.signature_files().values() for verdict in judge.verdicts(content)]


@dataclass(frozen=True, slots=True)
class _Judge:
    """Judges every signature of one container."""

    container: Container
    archive: ZipFile
    digest_of: DigestOf
    root: bytes  # DER
    now: datetime

    def verdicts(self, content: bytes) -> list[SignatureVerdict]:
        """Judge the signatures of one file; one that cannot be read has failed."""
        try:
            return [self.verdict(signature) for signature in signatures_in(content)]
        except Malformed:
            return [SignatureVerdict(Indication.FAILED, "XAdES", "", "", "", None, (), SubIndication.FORMAT)]

    def verdict(self, signature: SignatureElement) -> SignatureVerdict:
        """Judge one signature, and tell of it what can be told even where it does not hold."""
        problem = self.problem(signature)
        try:
            scopes = document_names(signature)
        except Malformed:
            scopes = ()
        try:
            stamp = next((_timestamp(one) for one in _timestamps(signature, SIGNATURE_TIMESTAMP)), None)
        except Malformed:
            stamp = None
        return SignatureVerdict(
            indication=problem.indication if problem else Indication.PASSED,
            format=f"XAdES_BASELINE_{_level(signature)}",
            **_signer_names(signature),
            signed_at=stamp.at if stamp else None,
            scopes=scopes,
            sub_indication=problem.sub_indication if problem else "",
            imprint=stamped_imprint(stamp.signed) if stamp else b"",
            answered_at=self.time_of_answer(signature),
        )

    def time_of_answer(self, signature: SignatureElement) -> datetime | None:
        """Return when the responder answered for the signer's certificate, None where that cannot be told."""
        try:
            return time_of_answer(
                CarriedProofs.of(signature, self.root).responses, signer_certificate(signature).serial_number
            )
        except (Malformed, NotPassed):
            return None

    def problem(self, signature: SignatureElement) -> NotPassed | None:
        """Return why the signature does not hold, or None."""
        try:
            self.require_complete(document_names(signature))
            certificate = signer_certificate(signature)
            check_integrity(signature, certificate, self.digest_of)
            asyncio.run(self.require_trusted(signature, certificate))
        except NotPassed as problem:
            return problem
        except Malformed:
            return NotPassed(SubIndication.FORMAT)
        except DAMAGED:
            return NotPassed(SubIndication.HASH)
        return None

    def require_complete(self, names: tuple[str, ...]) -> None:
        """Raise `NotPassed` for anything in the container that is not covered, or a manifest that says otherwise."""
        held, listed = set(self.container.documents), set(self.container.media_types) - {"/"}
        if self.container.strangers or held - set(names) or (listed and (held - listed or listed - set(names))):
            raise NotPassed(SubIndication.FORMAT)

    async def require_trusted(self, signature: SignatureElement, certificate: x509.Certificate) -> None:
        """Raise `NotPassed` unless timestamps and certificate lead to the root, each at its own time."""
        proofs = CarriedProofs.of(signature, self.root)
        moment = self.now
        for element in _timestamps(signature, SIGNATURE_TIMESTAMP):
            stamp = _timestamp(element)
            await stamp.check(partial(_value_imprint, signature, element), proofs.at(stamp.at, PROVED))
            moment = min(moment, stamp.at)
        await check_chain(certificate.public_bytes(Encoding.DER), proofs.at(moment, PROVED))
        for element in _timestamps(signature, ARCHIVE_TIMESTAMP):
            # The last timestamp's own proofs are still to come, so none are asked of it.
            stamp = _timestamp(element)
            read = partial(pieces, self.archive)
            imprint = partial(archive_imprint, signature, read, method=_method(element), stamp=element)
            await stamp.check(imprint, proofs.at(stamp.at, UNPROVED))


def _value_imprint(signature: SignatureElement, stamp: etree._Element, hash_name: str) -> bytes:
    return compute_hash(hash_name, canonicalise(signature.value, _method(stamp)))


def _timestamps(signature: SignatureElement, name: str) -> Iterator[etree._Element]:
    return (one for one in signature.unsigned_properties if one.tag == name)


def _timestamp(element: etree._Element) -> UncheckedTimestamp:
    return UncheckedTimestamp.of(binary(only(element, xades("EncapsulatedTimeStamp"))))


def _method(stamp: etree._Element) -> str:
    """Return the canonicalization a timestamp names, or the standard one (EN 319 132-1 §5.1.4.3)."""
    method = stamp.find(ds("CanonicalizationMethod"))
    return C14N if method is None else method.get("Algorithm", "")


def _level(signature: SignatureElement) -> str:
    """Return the level by what is there: timestamp, revocation data, archive timestamp (EN 319 132-1 §6.3)."""
    present = {one.tag for one in signature.unsigned_properties}
    if SIGNATURE_TIMESTAMP not in present:
        return "B"
    if xades("RevocationValues") not in present:
        return "T"
    return "LTA" if ARCHIVE_TIMESTAMP in present else "LT"


def _signer_names(signature: SignatureElement) -> dict[str, str]:
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
