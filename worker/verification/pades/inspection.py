"""One sealed file held against what was approved: the eight checks of PAdES as we need it, in the order of the file."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from mmap import ACCESS_READ, mmap
from pathlib import Path

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.levels import Form
from jobs.model.seals import Expectation
from worker.verification.cms import Signer, read_signed_data, read_signer
from worker.verification.evidence import Evidence
from worker.verification.inspected import ArchiveTimestamp, Inspected
from worker.verification.keys import canonical, key_of
from worker.verification.pades.changes import require_proving, require_sealing
from worker.verification.pades.covered import Hashes, covered_digest, hash_file
from worker.verification.pades.original import Original
from worker.verification.pades.signatures import Signature, Signatures, find_signatures
from worker.verification.pades.tail import Tail, read_tail
from worker.verification.refusal import require
from worker.verification.signed import is_signed
from worker.verification.timestamps import read_seal_timestamp, read_token


def inspect(path: Path, document: Document, expectation: Expectation) -> Inspected:
    """Check prefix, revisions, byte range, digests, signature value and timestamps. Raises Rejected or ValueError."""
    size = path.stat().st_size
    require(size > document.size, "the sealed file is not longer than the original")
    with _opened(path, document.size) as (descriptor, content, head):
        tail = read_tail(content, Original(head), document.size)
        signatures = find_signatures(tail)
        seal = read_signer(read_signed_data(signatures.seal.contents))
        hashes = hash_file(descriptor, document.size, signatures.seal, seal.hash_name)
        require(hashes.original == document.sha256.value, "the sealed file does not begin with the original")
        evidence = _clean(tail, signatures)
        _require_approved(seal, hashes, expectation)
        newest = evidence[-1].with_certificates(seal.certificates)
        return Inspected(
            form=Form.PADES,
            whole=hashes.whole,
            size=size,
            certificate=seal.party.certificate,
            timestamp=read_seal_timestamp(seal, newest.certificates),
            archives=tuple(_archive(one, evidence[one.index], newest, descriptor) for one in signatures.timestamps),
            evidence=newest,
        )


def read_expectation(path: Path, size: int) -> Expectation:
    """What was approved by the file's own word: its seal's digest, value and certificate. Raises as `inspect`."""
    require(path.stat().st_size > size, "the sealed file is not longer than the original")
    with _opened(path, size) as (_, content, head):
        signatures = find_signatures(read_tail(content, Original(head), size))
        seal = read_signer(read_signed_data(signatures.seal.contents))
        return Expectation(
            digest=Digest.of(hashlib.new(seal.hash_name, seal.attributes).digest()),
            value=SignatureValue.of(seal.value),
            certificate=b64encode(seal.party.certificate).decode(),
        )


@contextmanager
def _opened(path: Path, size: int) -> Iterator[tuple[int, mmap, mmap]]:
    """The file's descriptor, all of it, and its first `size` bytes; mapped, so that memory stays flat."""
    with path.open("rb") as file:
        descriptor = file.fileno()
        with mmap(descriptor, 0, access=ACCESS_READ) as content, mmap(descriptor, size, access=ACCESS_READ) as head:
            yield descriptor, content, head


def _clean(tail: Tail, signatures: Signatures) -> list[Evidence]:
    """Every revision changes only what it may; gives the evidence that lies in the store after each of them."""
    signing = {signatures.seal.index, *(one.index for one in signatures.timestamps)}
    found: list[Evidence] = []
    for index in range(len(tail.revisions)):
        if index <= signatures.seal.index or index in signing:
            require_sealing(tail, index)
            found.append(found[-1] if found else Evidence())
        else:
            found.append(require_proving(tail, index).evidence)
    return found


def _archive(signature: Signature, covered: Evidence, known: Evidence, descriptor: int) -> ArchiveTimestamp:
    """Check a document timestamp (ISO 32000-2 §12.8.5), which covers all that stands before it."""
    token = read_token(signature.contents, known.certificates, partial(covered_digest, descriptor, signature))
    return ArchiveTimestamp(token, covered)


def _require_approved(seal: Signer, hashes: Hashes, expectation: Expectation) -> None:
    """The CMS holds what a person approved and what the platform signed for it, and nothing else was signed."""
    require(seal.content_type == "data", "the seal's content type is not id-data")
    require(seal.message_digest == hashes.covered, "the seal's message digest is not the hash of what it covers")
    digest = hashlib.new(expectation.digest.algorithm, seal.attributes).digest()
    require(digest == expectation.digest.value, "what was signed is not what was approved")
    require(seal.party.certificate == b64decode(expectation.certificate), "the seal was made with another certificate")
    key = key_of(expectation.certificate)
    same = canonical(key, seal.value) == canonical(key, expectation.value.value)
    require(same, "the signature value is not the one that was verified")
    require(is_signed(seal), "the seal's signature is wrong")
