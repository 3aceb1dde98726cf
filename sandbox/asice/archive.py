"""Keeping a container verifiable beyond the life of its certificates: archive timestamps, which make level B-LTA."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from lxml import etree

from sandbox.asice.container import Container, pieces
from sandbox.asice.finish import append_revocations, fill_timestamp
from sandbox.asice.imprint import Read, archive_imprint
from sandbox.asice.layout import Signature, signatures_in
from sandbox.asice.packing import replace_signatures
from sandbox.asice.vocabulary import XADES141, xades, xades141
from sandbox.asice.xml import Malformed, serialise
from sandbox.pki import Authority, ValidationData

ARCHIVE_TIMESTAMP = xades141("ArchiveTimeStamp")
PREFIX = {"xades141": XADES141}
LT_PROPERTIES = {xades("SignatureTimeStamp"), xades("CertificateValues"), xades("RevocationValues")}


class ContainerNotArchivable(ValueError):
    """This container cannot be raised to level B-LTA."""


def archive(container: Container, target: Path, authority: Authority, now: datetime) -> None:
    """Write the container with one more archive timestamp on each of its signatures (EN 319 132-1 §5.5.2).

    Raises `NotArchivable` for a container without signatures, with one below level B-LT, or without a document that
    is signed, as hash-only containers are before the client completes them.
    """
    if not container.signatures:
        raise ContainerNotArchivable("the container holds no signature")
    try:
        stamped = dict(_stamp_files(container, authority, now))
    except Malformed as cause:
        raise ContainerNotArchivable(str(cause)) from cause
    except KeyError as cause:
        raise ContainerNotArchivable("a document that is signed is not in the container") from cause
    replace_signatures(container, target, stamped)


def _stamp_files(container: Container, authority: Authority, now: datetime) -> Iterator[tuple[str, bytes]]:
    with container.opened() as archive_file:
        for name, content in container.signature_files().items():
            signatures = signatures_in(content)
            for signature in signatures:
                _stamp(signature, lambda document: pieces(archive_file, document), authority, now)
            yield name, serialise(signatures[0].element.getroottree().getroot())


def _stamp(signature: Signature, read: Read, authority: Authority, now: datetime) -> None:
    present = {one.tag for one in signature.unsigned_properties}
    if not present >= LT_PROPERTIES:
        raise ContainerNotArchivable("a signature is not at level B-LT")
    unsigned = signature.unsigned_properties[0].getparent()
    assert unsigned is not None  # noqa: S101 - it has just been looked into
    if ARCHIVE_TIMESTAMP in present:
        _prove_earlier(unsigned, authority, now)
    imprint = archive_imprint(signature, read)
    fill_timestamp(etree.SubElement(unsigned, ARCHIVE_TIMESTAMP, nsmap=PREFIX), imprint, authority, now)


def _prove_earlier(unsigned: etree._Element, authority: Authority, now: datetime) -> None:
    """Append what proves the timestamp before this one good at this moment (§5.5.1, TimeStampValidationData)."""
    response = authority.ocsp_response(authority.timestamping.certificate, now)
    earlier = etree.SubElement(unsigned, xades141("TimeStampValidationData"), nsmap=PREFIX)
    append_revocations(earlier, ValidationData((), (response,), (authority.root_crl(now),)))
