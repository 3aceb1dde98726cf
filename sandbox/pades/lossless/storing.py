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
        array = b"[%b]" % b" ".join([*known, *references])
        stands_alone = style.keys or style.packs
        store = store.with_entry(PLURAL[kind], _write(changes, array) if stands_alone else array)
    if style.keys and signature:
        entry = Dictionary(tuple((kind, b"[%b]" % b" ".join(references)) for kind, references in added.items()))
        # §12.8.4.4: under the SHA-1 of the contents. The standard names the hash; nobody relies on it.
        key = b"/" + hashlib.sha1(signature, usedforsecurity=False).hexdigest().upper().encode("ascii")
        keys = pdf.dictionary(earlier.get(b"/VRI")).with_entry(key, _write(changes, entry.to_bytes()))
        store = store.with_entry(b"/VRI", keys.to_bytes())
    changes.set(catalogue, b"/DSS", _write(changes, store.to_bytes()))
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
        number = changes.new_number()
        elsewhere = _write(changes, b"%d" % len(written)) if style.postpones else None
        changes.write(stream_object(number, written, shape, elsewhere))
        references.append(b"%d 0 R" % number)
    return references


def _write(changes: Changes, value: bytes) -> bytes:
    """Write the value as a new object, and return a reference to it."""
    number = changes.new_number()
    changes.write(PdfObject(number, 0, value))
    return b"%d 0 R" % number
