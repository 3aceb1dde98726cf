"""One sealed file held against what was approved: prefix, structure, digests, signature value and timestamps."""

import hashlib
from base64 import b64decode, b64encode
from functools import partial
from pathlib import Path

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document, Profile
from jobs.model.errors import Rejected
from jobs.model.levels import Form
from jobs.model.reasons import Reason
from jobs.model.seals import Expectation
from worker.verification.cms import Signer, read_signed_data, read_signer
from worker.verification.inspected import ArchiveTimestamp, Inspected, ObservePath
from worker.verification.keys import canonical, key_of
from worker.verification.pades.covered import Hashes, hash_covered, hash_file
from worker.verification.pades.judging import judge_structure
from worker.verification.pades.structure import SealedPdf, Structure, opened
from worker.verification.refusal import require
from worker.verification.signed import is_signed
from worker.verification.timestamps import read_seal_timestamp, read_token

_SIGNED = b"/ByteRange"
"""What every signature in a PDF says (ISO 32000-2 §12.8.1)."""


def inspect(
    path: Path, document: Document, expectation: Expectation, observe: ObservePath, *, is_alone: bool = True
) -> Inspected:
    """Judge structure and cryptography of the sealed file. Raises Rejected, or whatever a parser stumbles over.

    Where it is not `is_alone`, NotUnderstood is raised instead of asking libraries.
    """
    with opened(path, document.size) as sealed:
        structure = _judge_structure(sealed, document, expectation, observe, is_alone=is_alone)
        signatures, stores = structure.signatures, structure.stores
        seal = read_signer(read_signed_data(signatures.seal.contents))
        hashes = hash_file(sealed.descriptor, sealed.size, signatures.seal, seal.hash_name)
        require(hashes.original == document.sha256.value, "the sealed file does not begin with the original")
        _require_approved(seal, hashes, expectation)
        newest = stores[-1].evidence.with_certificates(seal.certificates)
        return Inspected(
            form=Form.PADES,
            whole=hashes.whole,
            size=len(sealed.content),
            certificate=seal.party.certificate,
            timestamp=read_seal_timestamp(seal, newest.certificates),
            archives=tuple(
                # A document timestamp (ISO 32000-2 §12.8.5) covers all that stands before it.
                ArchiveTimestamp(
                    read_token(one.contents, newest.certificates, partial(hash_covered, sealed.descriptor, one)),
                    stores[one.index].evidence,
                )
                for one in signatures.timestamps
            ),
            evidence=newest,
            inherited=stores[-1].inherited,
            signed_before=sealed.head.find(_SIGNED) >= 0,
        )


def _judge_structure(
    sealed: SealedPdf, document: Document, expectation: Expectation, observe: ObservePath, *, is_alone: bool
) -> Structure:
    """The structure of the file. That nobody can tell is no answer about a file of which the beginning is another."""
    try:
        return judge_structure(sealed, expectation.profile, observe, is_alone=is_alone)
    except Rejected as error:
        if error.reason is Reason.CANNOT_TELL:
            same = hashlib.sha256(sealed.head).digest() == document.sha256.value
            require(same, "the sealed file does not begin with the original")
        raise


def read_expectation(path: Path, size: int, profile: Profile) -> Expectation:
    """What was approved by the file's own word: its seal's digest, value and certificate. Raises as `inspect`."""
    with opened(path, size) as sealed:
        contents = judge_structure(sealed, profile).signatures.seal.contents
        seal = read_signer(read_signed_data(contents))
        return Expectation(
            digest=Digest.of(hashlib.new(seal.hash_name, seal.attributes).digest()),
            value=SignatureValue.of(seal.value),
            certificate=b64encode(seal.party.certificate).decode(),
            profile=profile,
        )


def _require_approved(seal: Signer, hashes: Hashes, expectation: Expectation) -> None:
    """The CMS holds what a person approved and what the platform signed for it, and nothing else was signed."""
    require(seal.content_type == "data", "the seal's content type is not id-data")
    # Timestamping units may still name theirs so (RFC 3161 §2.4.2), a seal may not (ETSI EN 319 142-1 §6.3).
    require(not seal.is_named_by_sha1, "the seal names its certificate by SHA-1, which is too weak")
    require(seal.message_digest == hashes.covered, "the seal's message digest is not the hash of what it covers")
    digest = hashlib.new(expectation.digest.algorithm, seal.attributes).digest()
    require(digest == expectation.digest.value, "what was signed is not what was approved")
    require(seal.party.certificate == b64decode(expectation.certificate), "the seal was made with another certificate")
    key = key_of(expectation.certificate)
    same = canonical(key, seal.value) == canonical(key, expectation.value.value)
    require(same, "the signature value is not the one that was verified")
    require(is_signed(seal), "the seal's signature is wrong")
