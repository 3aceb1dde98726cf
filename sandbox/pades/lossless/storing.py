"""The document security store (ISO 32000-2 §12.8.4.3) as one more revision in a library's style."""

import hashlib
import zlib
from collections.abc import Sequence

from sandbox.pades.lossless.changes import Changes
from sandbox.pades.lossless.layout import stream_object
from sandbox.pades.lossless.signing import FOR_STORES, raise_level, repeat_untouched, version_of
from sandbox.pades.lossless.style import Style
from sandbox.pades.lossless.syntax import Dictionary
from sandbox.pades.revision import PdfObject
from sandbox.pki import ValidationData

VERSION = b"/1.7"
PLURAL = {b"/Cert": b"/Certs", b"/OCSP": b"/OCSPs", b"/CRL": b"/CRLs"}


def add_store(changes: Changes, proofs: ValidationData, signature: bytes, style: Style) -> None:
    """Add proofs to the store; `signature` is the `/Contents` they are for, or nothing where they are for no one."""
    pdf = changes.pdf
    catalogue = pdf.catalogue
    earlier = pdf.dictionary(catalogue.dictionary.get(b"/DSS"))
    kinds = zip(PLURAL, (proofs.certificates, proofs.ocsp_responses, proofs.crls), strict=True)
    added = {kind: _streams(changes, contents, style) for kind, contents in kinds}
    store = earlier.with_entry(b"/Type", b"/DSS")
    for kind, references in added.items():
        known = pdf.items(earlier.get(PLURAL[kind]))
        store = store.with_entry(PLURAL[kind], _array(changes, [*known, *references], style))
    if style.keys and signature:
        store = store.with_entry(b"/VRI", _add_keys(changes, pdf.dictionary(earlier.get(b"/VRI")), signature, added))
    number = changes.new_number()
    changes.write(PdfObject(number, 0, store.to_bytes()))
    changes.set(catalogue, b"/DSS", b"%d 0 R" % number)
    if style.raises:
        raise_level(changes, FOR_STORES)
        if version_of(changes) < VERSION:
            changes.set(catalogue, b"/Version", VERSION)
    if style.rewrites:
        repeat_untouched(changes)


def _streams(changes: Changes, contents: Sequence[bytes], style: Style) -> list[bytes]:
    """Write each proof as a stream, and return references to them."""
    references = []
    for content in contents:
        written = zlib.compress(content) if style.deflates else content
        shape = b"/Filter /FlateDecode" if style.deflates else b""
        number, elsewhere = changes.new_number(), None
        if style.postpones:
            length = changes.new_number()
            changes.write(PdfObject(length, 0, b"%d" % len(written)))
            elsewhere = b"%d 0 R" % length
        changes.write(stream_object(number, written, shape, elsewhere))
        references.append(b"%d 0 R" % number)
    return references


def _array(changes: Changes, references: Sequence[bytes], style: Style) -> bytes:
    """Return the array, or a reference to it where the style has arrays as objects of their own."""
    array = b"[%b]" % b" ".join(references)
    if not (style.keys or style.packs):
        return array
    number = changes.new_number()
    changes.write(PdfObject(number, 0, array))
    return b"%d 0 R" % number


def _add_keys(changes: Changes, earlier: Dictionary, signature: bytes, added: dict[bytes, list[bytes]]) -> bytes:
    """Return VRI with an entry for the signature, under the SHA-1 of its contents (§12.8.4.4)."""
    entry = Dictionary(tuple((kind, b"[%b]" % b" ".join(references)) for kind, references in added.items()))
    # The standard names the hash; nobody relies on it.
    key = b"/" + hashlib.sha1(signature, usedforsecurity=False).hexdigest().upper().encode("ascii")
    number = changes.new_number()
    changes.write(PdfObject(number, 0, entry.to_bytes()))
    return earlier.with_entry(key, b"%d 0 R" % number).to_bytes()
