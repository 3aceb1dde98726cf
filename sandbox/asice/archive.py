"""Keeping a container verifiable beyond the life of its certificates: archive timestamps, which make level B-LTA."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import takewhile
from pathlib import Path

from lxml import etree

from sandbox.asice.container import DAMAGED, Container, pieces
from sandbox.asice.documents import name_of
from sandbox.asice.finish import append_revocations, fill_timestamp
from sandbox.asice.layout import SignatureElement, signatures_in
from sandbox.asice.packing import replace_signatures
from sandbox.asice.xml import C14N11, XADES141, Malformed, canonicalise, serialise, xades, xades141
from sandbox.pki import Authority, ValidationData

ARCHIVE_TIMESTAMP = xades141("ArchiveTimeStamp")
PREFIX = {"xades141": XADES141}
# CertificateValues may be left out: a verifier can have the certificates from elsewhere (EN 319 132-1 §6.3 table 2).
LT_PROPERTIES = {xades("SignatureTimeStamp"), xades("RevocationValues")}

ReadDocument = Callable[[str], Iterable[bytes]]
"""Gives a document's bytes in pieces by its name; raises `KeyError` where there is none."""


def archive_imprint(
    signature: SignatureElement,
    read: ReadDocument,
    hash_name: str = "sha256",
    *,
    method: str = C14N11,
    stamp: etree._Element | None = None,
) -> bytes:
    """Return the imprint of an archive timestamp that stands at `stamp`, or is to be appended.

    It is over everything that speaks for the signature (ETSI EN 319 132-1 §5.5.2.2). Raises `Malformed` for a
    canonicalization that is not known.
    """
    running = hashlib.new(hash_name)
    for piece in _parts(signature, read, method, stamp):
        running.update(piece)
    return running.digest()


def _parts(
    signature: SignatureElement, read: ReadDocument, method: str, stamp: etree._Element | None
) -> Iterator[bytes]:
    """Yield the parts in the order of the clause; there is never a ds:Object beside that of the properties."""
    for reference in signature.references:
        if signature.is_to_properties(reference):
            yield canonicalise(signature.signed_properties, method)
        else:
            yield from read(name_of(reference.get("URI", "")))
    for element in (signature.signed_info, signature.value, signature.key_info):
        yield canonicalise(element, method)
    for earlier in takewhile(lambda one: one is not stamp, signature.unsigned_properties):
        yield canonicalise(earlier, method)


class ContainerNotArchivable(ValueError):
    """This container cannot be raised to level B-LTA."""


def archive(container: Container, target: Path, authority: Authority, now: datetime) -> None:
    """Write the container with one more archive timestamp on each of its signatures (EN 319 132-1 §5.5.2).

    Raises `ContainerNotArchivable` for a container without signatures, with one below level B-LT, or without a
    document that is signed, as hash-only containers are before the client completes them.
    """
    if not container.signatures:
        raise ContainerNotArchivable("the container holds no signature")
    stamped: dict[str, bytes] = {}
    try:
        with container.opened() as entries:
            for name, content in container.signature_files().items():
                signatures = signatures_in(content)
                for signature in signatures:
                    append_archive_timestamp(signature, partial(pieces, entries), authority, now)
                stamped[name] = serialise(signatures[0].element.getroottree().getroot())
    except Malformed as cause:
        raise ContainerNotArchivable(str(cause)) from cause
    except KeyError as cause:
        raise ContainerNotArchivable("a document that is signed is not in the container") from cause
    except DAMAGED as cause:
        raise ContainerNotArchivable(f"a document in it is damaged: {cause}") from cause
    replace_signatures(container, target, stamped)


def append_archive_timestamp(
    signature: SignatureElement, read: ReadDocument, authority: Authority, now: datetime
) -> None:
    """Put one more archive timestamp behind the properties of one signature, as `archive` does for a container."""
    present = {one.tag for one in signature.unsigned_properties}
    # EN 319 132-1 §6.3: B-LTA is built upon B-LT; without proofs there would be nothing to keep.
    if not present >= LT_PROPERTIES:
        raise ContainerNotArchivable("a signature is not at level B-LT")
    properties = signature.unsigned_properties[0].getparent()
    assert properties is not None  # noqa: S101 - it has just been looked into
    if ARCHIVE_TIMESTAMP in present:
        # EN 319 132-1 §5.5.1, TimeStampValidationData: nothing else proves the timestamp before this one good.
        response = authority.ocsp_response(authority.timestamping.certificate, now)
        earlier = etree.SubElement(properties, xades141("TimeStampValidationData"), nsmap=PREFIX)
        append_revocations(earlier, ValidationData((), (response,), (authority.root_crl(now),)))
    imprint = archive_imprint(signature, read)
    fill_timestamp(etree.SubElement(properties, ARCHIVE_TIMESTAMP, nsmap=PREFIX), imprint, authority, now)
