"""What timestamps of a XAdES signature cover."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from worker.verification.asice.canonicalization import Canonicalization
from worker.verification.asice.signature import Signature
from worker.verification.asice.signed_info import FileReference
from worker.verification.asice.unsigned_properties import Stamp
from worker.verification.timestamps import Imprint

Pieces = Callable[[str], Iterable[bytes]]
"""Gives the content of the data file of that name, in pieces."""


def signature_imprint(signature: Signature, stamp: Stamp) -> Imprint:
    """A signature timestamp covers the ds:SignatureValue (ETSI EN 319 132-1 §5.3)."""
    return lambda name: hashlib.new(name, stamp.canonicalization.of(signature.value_element)).digest()


def archive_imprint(signature: Signature, stamp: Stamp, pieces: Pieces) -> Imprint:
    """An archive timestamp covers all that was signed, the signature, and what proves it (§5.5.2.2).

    That is, in this order: what each ds:Reference refers to, after its transforms; ds:SignedInfo, ds:SignatureValue,
    ds:KeyInfo; and the unsigned properties before the timestamp. There is no other ds:Object.
    """

    def imprint(name: str) -> bytes:
        digest = hashlib.new(name)
        for piece in chain(_referenced(signature, pieces), _canonical(signature, stamp)):
            digest.update(piece)
        return digest.digest()

    return imprint


def signed_properties(signature: Signature) -> bytes:
    """The signed properties as their reference has them hashed."""
    return signature.info.properties.canonicalization.of(signature.signed)


def _referenced(signature: Signature, pieces: Pieces) -> Iterator[bytes]:
    for reference in signature.info.references:
        if isinstance(reference, FileReference):
            yield from pieces(reference.name)
        else:
            yield signed_properties(signature)


def _canonical(signature: Signature, stamp: Stamp) -> Iterator[bytes]:
    canonicalization: Canonicalization = stamp.canonicalization
    elements = (signature.info_element, signature.value_element, signature.key_element, *stamp.preceding)
    return (canonicalization.of(element) for element in elements)
