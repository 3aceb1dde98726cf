"""What somebody may try with a sealed container that two readers would then see differently: neither judge takes it.

libdigidocpp takes several of these, since it looks at one reader's view alone.
"""

import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import asice
from tests.support.asice import FILES, SIGNATURES
from tests.support.judges import audited, delivered, write
from tests.support.xades import C14N_10, C14N_11, Recipe, swap
from worker.audit import AuditOutcome

NAME = "invoice.txt"
HELD = FILES[NAME]
GENUINE = asice.sealed().content
LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"
HEADERS = ((LOCAL, 30, 0), (CENTRAL, 46, 2))
"""Mark and length of both headers of an entry, and how much further their fields stand."""


def patched(content: bytes, field: int, value: bytes) -> bytes:
    """The archive with a field of the local header at this offset, and the same one in the directory, overwritten."""
    for mark, length, shift in HEADERS:
        begins = [one.start() for one in re.finditer(re.escape(mark), content)]
        (at,) = (one for one in begins if content[one + length :].startswith(NAME.encode()))
        content = content[: at + field + shift] + value + content[at + field + shift + len(value) :]
    return content


def deflated_as(stream: bytes) -> bytes:
    """The container with this as the compressed content of its file, whose size and checksum it states all the same."""
    content = asice.rewritten(GENUINE, {NAME: stream})
    for field, value in ((8, struct.pack("<H", 8)), (14, struct.pack("<L", zlib.crc32(HELD)))):
        content = patched(content, field, value)
    return patched(content, 22, struct.pack("<L", len(HELD)))


def deflate(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def counting(files: int) -> bytes:
    """The container whose directory says that it lists so many files."""
    return GENUINE[:-14] + struct.pack("<HH", files, files) + GENUINE[-10:]


def looking_elsewhere(shift: int = 1000) -> bytes:
    """The container all of whose offsets lie beyond what they mean: some programs go by them, some by its end."""
    content = bytearray(GENUINE)
    for at in [one.start() + 42 for one in re.finditer(re.escape(CENTRAL), GENUINE)] + [len(GENUINE) - 6]:
        struct.pack_into("<L", content, at, struct.unpack_from("<L", content, at)[0] + shift)
    return bytes(content)


def told_by_zip64() -> bytes:
    """The container with a second end of its directory, which some programs believe and some do not read."""
    end = len(GENUINE) - 22
    *_, files, size, begin, _ = struct.unpack("<4s4H2LH", GENUINE[end:])
    second = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, files, files, size, begin)
    return GENUINE[:end] + second + struct.pack("<4sLQL", b"PK\6\7", 0, end, 1) + GENUINE[end:]


def sizes_in_zip64() -> bytes:
    """The container whose file tells its sizes in an extra field of the local header (APPNOTE §4.5.3)."""
    at = GENUINE.index(NAME.encode()) - 30
    field = struct.pack("<HHQQ", 1, 16, len(HELD), len(HELD))
    header = bytearray(GENUINE[at : at + 30 + len(NAME)])
    struct.pack_into("<LL", header, 18, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", header, 28, len(field))
    content = bytearray(GENUINE[:at] + header + field + GENUINE[at + len(header) :])
    for one in re.finditer(re.escape(CENTRAL), bytes(content)):
        begin = struct.unpack_from("<L", content, one.start() + 42)[0]
        struct.pack_into("<L", content, one.start() + 42, begin + len(field) * (begin > at))
    struct.pack_into(
        "<L", content, len(content) - 6, struct.unpack_from("<L", content, len(content) - 6)[0] + len(field)
    )
    return bytes(content)


def named_twice(name: bytes) -> bytes:
    """The container with an entry to which some programs give this name (APPNOTE §4.6.9)."""
    field = struct.pack("<HHBL", 0x7075, 5 + len(name), 1, zlib.crc32(NAME.encode())) + name
    return asice.archive(asice.entries_of(GENUINE), extra=field)


def edited(old: str, new: str) -> bytes:
    """Signatures changed after everything was signed."""
    return asice.sealed(recipe=Recipe(edit_all=swap(old, new))).content


def stating(old: str, new: str) -> bytes:
    """Signed properties that were something else before they were signed."""
    return asice.sealed(recipe=Recipe(edit_signed=swap(old, new))).content


def listing(old: str, new: str) -> bytes:
    """A manifest that says something else; nobody signs it."""
    return asice.sealed(edit_manifest=swap(old, new)).content


def transformed() -> bytes:
    """A file that is signed in another form than it is held."""
    transforms = f'<ds:Transforms><ds:Transform Algorithm="{C14N_11}"></ds:Transform></ds:Transforms>'
    uri = f'URI="{NAME}">'
    return asice.sealed(recipe=Recipe(edit_info=swap(uri, uri + transforms))).content


def elsewhere(folder: str) -> bytes:
    """A second file of signatures in a folder where only some look for one."""
    entries = asice.entries_of(GENUINE)
    return asice.archive([*entries, (f"{folder}/signatures1.xml", dict(entries)[SIGNATURES])])


def referring(uri: str) -> bytes:
    """A seal over the file by another reference."""
    return asice.sealed(recipe=Recipe(edit_info=swap(f'URI="{NAME}"', f'URI="{uri}"'))).content


ALTERED, CANNOT_TELL = AuditOutcome.ALTERED, AuditOutcome.CANNOT_TELL
END = "</ds:Signature>"
OBJECTS = "</xades:UnsignedProperties>"
OTHERS = "<xades:UnsignedDataObjectProperties></xades:UnsignedDataObjectProperties>"

FORGERIES: dict[str, tuple[Callable[[], bytes], AuditOutcome]] = {
    "directory-counts-less": (lambda: counting(3), ALTERED),
    "directory-counts-more": (lambda: counting(5), ALTERED),
    "directory-stated-elsewhere": (looking_elsewhere, ALTERED),
    "directory-told-twice": (told_by_zip64, CANNOT_TELL),
    "sizes-told-twice": (sizes_in_zip64, CANNOT_TELL),
    "hidden-behind-a-stream": (lambda: deflated_as(deflate(HELD) + b"hidden"), ALTERED),
    "much-hidden-behind-a-stream": (lambda: deflated_as(deflate(HELD) + bytes(3_000_000)), ALTERED),
    "stream-longer-than-it-says": (lambda: deflated_as(deflate(HELD + b"900.00 EUR")), ALTERED),
    "stream-cut-off": (lambda: deflated_as(deflate(HELD)[:-1]), ALTERED),
    "another-name-in-an-extra-field": (lambda: named_twice(b"invoice.exe"), ALTERED),
    "manifest-with-another-kind-of-file": (lambda: listing("text/plain", "text/html"), ALTERED),
    "manifest-with-another-kind-of-container": (lambda: listing(asice.MEDIA_TYPE, "application/zip"), ALTERED),
    "kind-of-file-not-signed": (lambda: stating("<xades:MimeType>text/plain</xades:MimeType>", ""), CANNOT_TELL),
    "kind-of-another-file": (lambda: stating('ObjectReference="#S0-r0"', 'ObjectReference="#S0-r9"'), CANNOT_TELL),
    "second-object": (lambda: edited(END, f"<ds:Object>hidden</ds:Object>{END}"), CANNOT_TELL),
    "element-in-the-signature": (lambda: edited(END, f"<x>hidden</x>{END}"), CANNOT_TELL),
    "text-in-the-signature": (lambda: edited("<ds:Object>", "hidden<ds:Object>"), CANNOT_TELL),
    "text-in-the-object": (lambda: edited("<ds:Object>", "<ds:Object>hidden"), CANNOT_TELL),
    "text-among-the-properties": (
        lambda: edited("<xades:CertificateValues>", "x<xades:CertificateValues>"),
        CANNOT_TELL,
    ),
    "element-of-another-schema": (
        lambda: edited("<xades:CertificateValues>", '<x xmlns="urn:x"></x><xades:CertificateValues>'),
        CANNOT_TELL,
    ),
    "text-in-the-manifest": (lambda: listing("</manifest:manifest>", "x</manifest:manifest>"), CANNOT_TELL),
    "element-in-the-manifest": (lambda: listing("</manifest:manifest>", "<x/></manifest:manifest>"), CANNOT_TELL),
    "timestamp-over-an-unknown-form": (
        lambda: edited(
            f'{C14N_10}"></ds:CanonicalizationMethod><xades:Enc', f'{C14N_10}x"></ds:CanonicalizationMethod><xades:Enc'
        ),
        CANNOT_TELL,
    ),
    "properties-of-data-objects": (lambda: edited(OBJECTS, f"{OTHERS}{OBJECTS}"), CANNOT_TELL),
    "properties-of-another-signature": (lambda: edited('Target="#S0"', 'Target="#S1"'), ALTERED),
    "identifier-of-another-kind": (lambda: edited("<ds:Object>", '<ds:Object xml:id="S0-signed">'), ALTERED),
    "identifier-in-another-namespace": (
        lambda: edited("<ds:Object>", '<ds:Object xmlns:z="urn:z" z:Id="S0-signed">'),
        CANNOT_TELL,
    ),
    "second-signed-info": (
        lambda: edited("<ds:SignatureValue", "<ds:SignedInfo></ds:SignedInfo><ds:SignatureValue"),
        ALTERED,
    ),
    "file-in-another-form": (transformed, CANNOT_TELL),
    "signatures-in-a-folder-below": (lambda: elsewhere("META-INF/x"), ALTERED),
    "signatures-in-a-folder-of-other-case": (lambda: elsewhere("meta-inf"), ALTERED),
    "reference-by-a-path": (lambda: referring("./invoice.txt"), ALTERED),
    "reference-with-a-fragment": (lambda: referring("invoice.txt#x"), ALTERED),
    "reference-to-everything": (lambda: referring(""), ALTERED),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_container_is_neither_delivered_nor_called_sound(tmp_path: Path, forgery: str) -> None:
    forge, outcome = FORGERIES[forgery]
    container = write(tmp_path, forge())
    assert not delivered(tmp_path, container).startswith("XAdES")
    report = audited(container)
    assert report.outcome is outcome, (report.sentences, [one.sentences for one in report.signatures])


def test_what_a_comment_splits_is_read_whole(tmp_path: Path) -> None:
    """Canonical forms leave comments out (Canonical XML 1.0 §2.1): one may be added to what is signed."""
    split = edited("<xades:MimeType>text/plain", "<xades:MimeType>text/<!-- -->plain")
    container = write(tmp_path, split)
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).ok


def test_an_unsigned_property_that_is_not_validated_is_told(tmp_path: Path) -> None:
    recipe = Recipe(edit_unsigned=lambda all_: [*all_, "<xades:CounterSignature></xades:CounterSignature>"])
    (seal,) = audited(write(tmp_path, asice.sealed(recipe=recipe).content)).signatures
    assert (seal.ok, seal.remarks) == (
        True,
        ("it has the unsigned property CounterSignature, which is not validated here",),
    )
