"""What an archive timestamp stamps: everything that speaks for a signature (ETSI EN 319 132-1 §5.5.2.2)."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile

from lxml import etree

from sandbox.asice.documents import name_of
from sandbox.asice.layout import Signature
from sandbox.asice.vocabulary import C14N11
from sandbox.asice.xml import canonicalise

Read = Callable[[str], Iterable[bytes]]


def archive_imprint(
    signature: Signature,
    read: Read,
    hash_name: str = "sha256",
    *,
    method: str = C14N11,
    stamp: etree._Element | None = None,
) -> bytes:
    """Return the imprint of an archive timestamp that stands at `stamp`, or is to be appended.

    `read` gives a document's bytes in pieces by its name and raises `KeyError` where there is none. Raises `Malformed`
    for a canonicalization that is not known.
    """
    running = hashlib.new(hash_name)
    for piece in _parts(signature, read, method, stamp):
        running.update(piece)
    return running.digest()


def _parts(signature: Signature, read: Read, method: str, stamp: etree._Element | None) -> Iterator[bytes]:
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
