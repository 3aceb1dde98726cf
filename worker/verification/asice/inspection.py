"""One sealed container held against what was approved, from the archive inwards to its archive timestamps."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path

from lxml import etree

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile, SealFormat
from jobs.model.errors import Rejected
from jobs.model.levels import Form
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation
from worker.verification.asice.algorithms import read_signing_hash, require_signing
from worker.verification.asice.container import Container, read_container
from worker.verification.asice.contents import hash_whole, read_pieces, require_files
from worker.verification.asice.proofs import canonical_properties, read_proofs
from worker.verification.asice.signature import XadesSignature, read_signature
from worker.verification.asice.signed_properties import read_media_types, require_signer
from worker.verification.inspected import Inspected
from worker.verification.keys import canonical, from_plain, key_of, verifies
from worker.verification.refusal import refused, require


def inspect(path: Path, document: Document, expectation: Expectation) -> Inspected:
    """Check entries, manifest, references, digests, signature value and timestamps. Raises Rejected or ValueError.

    A parser's own error (of struct, zlib) means as much as Rejected does.
    """
    with _opened(path, document) as (content, container, signature):
        require_files(content, container.files, document.files, signature.info.files)
        reference = signature.info.properties.digest
        properties = hashlib.new(reference.hash_name, canonical_properties(signature)).digest()
        require(properties == reference.value, "the seal's signed properties were changed")
        stated = read_media_types(signature.signed, signature.info.files)
        require(stated == container.media_types, "the manifest states other media types than the seal")
        _require_approved(signature, expectation)
        proofs = read_proofs(signature, lambda name: read_pieces(content, container.files[name]))
        return Inspected(
            form=Form.XADES,
            whole=hash_whole(content),
            size=len(content),
            certificate=signature.certificates[0],
            timestamp=proofs.timestamp,
            archives=proofs.archives,
            evidence=proofs.evidence,
        )


def read_expectation(path: Path, document: Document) -> Expectation:
    """What was approved by the container's own word: its seal's digest, value and certificate. Raises as `inspect`."""
    with _opened(path, document) as (_, _, signature):
        hash_name = read_signing_hash(signature.info.method)
        return Expectation(
            digest=Digest.of(hashlib.new(hash_name, signature.info.canonical).digest()),
            value=SignatureValue.of(signature.value),
            certificate=b64encode(signature.certificates[0]).decode(),
            profile=Profile(format=SealFormat.EDOC),
        )


@contextmanager
def _opened(path: Path, document: Document) -> Iterator[tuple[mmap, Container, XadesSignature]]:
    require(path.stat().st_size, "the sealed file is empty")
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        try:
            container = read_container(content, document.files)
            yield content, container, read_signature(container.signatures, [one.name for one in document.files])
        except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
            raise Rejected(Reason.CANNOT_TELL, f"the container cannot be understood: {error}") from error


def _require_approved(signature: XadesSignature, expectation: Expectation) -> None:
    """The signature holds what a person approved and what the platform signed for it."""
    algorithm, certificate = expectation.digest.algorithm, b64decode(expectation.certificate)
    try:
        key = key_of(expectation.certificate)
    except ValueError as error:
        raise refused(str(error)) from error
    require_signing(signature.info.method, key, algorithm)
    digest = hashlib.new(algorithm, signature.info.canonical).digest()
    require(digest == expectation.digest.value, "what was signed is not what was approved")
    require(signature.certificates[0] == certificate, "the seal was made with another certificate")
    require_signer(signature.signed, certificate)
    value = from_plain(key, signature.value)
    require(value == canonical(key, expectation.value.value), "the signature value is not the one that was verified")
    require(verifies(key, expectation.digest, value), "the seal's signature is wrong")
