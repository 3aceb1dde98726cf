"""What a verifier promises of containers: genuine ones pass, and an archive that leaves anything open is refused."""

import struct
import unicodedata
import zlib
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_LZMA

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import SealFormat
from jobs.model.errors import Rejected
from jobs.model.levels import Form, SealLevel
from jobs.model.reasons import Reason
from jobs.model.seals import Proof
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import Bench, refused
from tests.support import asice, pades
from tests.support.asice import FILES, SEVERAL, SIGNATURES, Sealed
from tests.support.pki import NOON, the_seal
from tests.support.xades import METHODS, Recipe, swap
from worker.verification.asice.zip_entries import require_harmless

NAME = b"invoice.txt"


def not_understood(why: str) -> "pytest.RaisesExc[Rejected]":
    """Refused, but not as altered: nothing says that it was."""
    return pytest.raises(Rejected, match=why, check=lambda error: error.reason is Reason.CANNOT_TELL)


def entry(name: str) -> str:
    return f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/plain"/>'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def verify(bench: Bench, sealed: Sealed, content: bytes | None = None) -> Proof:
    return await bench.verify_document(content or sealed.content, sealed.document, sealed.expectation)


async def refuse(bench: Bench, why: str, content: bytes, sealed: Sealed | None = None) -> None:
    with refused(why):
        await verify(bench, sealed or asice.sealed(), content)


async def cannot_tell(bench: Bench, why: str, content: bytes, sealed: Sealed | None = None) -> None:
    with not_understood(why):
        await verify(bench, sealed or asice.sealed(), content)


# --- genuine containers pass ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("files", [FILES, SEVERAL], ids=["one", "several"])
async def test_a_genuine_container_passes(bench: Bench, files: dict[str, bytes], kind: KeyKind, method: str) -> None:
    sealed = asice.sealed(files, Recipe(seal=the_seal(kind), method=method))
    assert await verify(bench, sealed) == Proof(
        sha256=Digest.sha256(sealed.content),
        size=len(sealed.content),
        form=Form.XADES,
        level=SealLevel.LT,
        sealed_at=NOON,
    )


@pytest.mark.parametrize("one_way", [False, True])
async def test_a_deflated_container_passes(bench: Bench, one_way: bool) -> None:  # noqa: FBT001
    sealed = asice.sealed(SEVERAL)
    await verify(bench, sealed, asice.deflated(sealed.content, one_way=one_way))


@pytest.mark.parametrize("comment", [b"mimetype=" + asice.MEDIA_TYPE.encode(), b"LIB libdigidocpp/4.2.1 OS Debian"])
async def test_a_container_that_names_its_type_or_its_maker_in_comments_passes(bench: Bench, comment: bytes) -> None:
    sealed = asice.sealed()
    await verify(bench, sealed, asice.archive(asice.entries_of(sealed.content), comment=comment))


async def test_a_container_whose_entries_tell_when_they_changed_passes(bench: Bench) -> None:
    sealed = asice.sealed()
    await verify(bench, sealed, with_extra(sealed.content, struct.pack("<HHBL", 0x5455, 5, 1, 1_772_452_800)))


async def test_a_large_file_passes(bench: Bench) -> None:
    sealed = asice.sealed({"large.bin": bytes(range(256)) * 8000})
    await verify(bench, sealed, asice.deflated(sealed.content))


@pytest.mark.parametrize("digest", ["sha384", "sha512"])
async def test_other_strong_digests_pass(bench: Bench, digest: str) -> None:
    await verify(bench, asice.sealed(SEVERAL, Recipe(digest=digest)))


# --- the archive: no byte is left unexplained -----------------------------------------------------------------------


async def test_bytes_before_the_container_are_refused(bench: Bench) -> None:
    await refuse(bench, "directory is not where it should be", b"MZ" + asice.sealed().content)


async def test_bytes_behind_the_container_are_refused(bench: Bench) -> None:
    await refuse(bench, "something follows the end", asice.sealed().content + b"\0")


async def test_bytes_between_entries_are_refused(bench: Bench) -> None:
    content = asice.sealed().content
    at = local(content, NAME)
    await refuse(bench, "belong to no entry", shifted(content, at, b"hidden"))


async def test_bytes_between_the_last_entry_and_the_directory_are_refused(bench: Bench) -> None:
    content = asice.sealed().content
    await refuse(bench, "belong to no entry", shifted(content, content.index(b"PK\1\2"), b"hidden"))


@pytest.mark.parametrize("comment", [b"%PDF-1.7\n", b"PK\3\4", b"x" * 513])
async def test_a_comment_that_is_no_short_line_of_text_is_refused(bench: Bench, comment: bytes) -> None:
    sealed = asice.sealed()
    entries = asice.entries_of(sealed.content)
    await refuse(bench, "has a comment", asice.archive(entries, comment=comment), sealed)


async def test_an_entry_that_stands_twice_is_refused(bench: Bench) -> None:
    content = asice.archive([*asice.entries_of(asice.sealed().content), ("invoice.tx_", b"Invoice 1: 900.00 EUR")])
    await refuse(bench, "two entries of one name", content.replace(b"invoice.tx_", NAME))


async def test_headers_that_name_an_entry_differently_are_refused(bench: Bench) -> None:
    content = asice.sealed().content
    await refuse(bench, "described in two ways", patched(content, local(content, NAME) + 30, b"I"))


@pytest.mark.parametrize(("offset", "length"), [(4, 2), (10, 2), (12, 2), (14, 4), (18, 4), (22, 4)])
async def test_headers_that_disagree_are_refused(bench: Bench, offset: int, length: int) -> None:
    content = asice.sealed().content
    at = local(content, NAME) + offset
    await refuse(bench, "described in two ways", patched(content, at, bytes([content[at] ^ 1]) + b"\1" * (length - 1)))


async def test_a_description_behind_the_content_that_disagrees_is_refused(bench: Bench) -> None:
    sealed = asice.sealed()
    content = asice.deflated(sealed.content, one_way=True)
    at = content.index(b"PK\7\x08") + 4
    await refuse(bench, "described in two ways", patched(content, at, b"\0\0\0\0"), sealed)


async def test_a_wrong_checksum_is_refused(bench: Bench) -> None:
    content = asice.sealed().content
    for header in (local(content, NAME) + 14, central(content, NAME) + 16):
        content = patched(content, header, b"\0\0\0\0")
    await refuse(bench, "size or checksum", content)


@pytest.mark.parametrize(("offset", "value", "why"), [(8, b"\1\0", "is encrypted"), (34, b"\1\0", "unusual header")])
async def test_unusual_entries_are_refused(bench: Bench, offset: int, value: bytes, why: str) -> None:
    await refuse(bench, why, with_all_patched(asice.sealed().content, offset, value))


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [(8, b"\x10\0", "flags that nobody needs"), (6, b"\x2d\0", "newer kind of archive")],
)
async def test_entries_of_a_kind_that_is_not_known_cannot_be_judged(
    bench: Bench, offset: int, value: bytes, why: str
) -> None:
    await cannot_tell(bench, why, with_all_patched(asice.sealed().content, offset, value))


async def test_another_compression_cannot_be_judged(bench: Bench) -> None:
    content = asice.sealed().content
    for header in (local(content, NAME) + 8, central(content, NAME) + 10):
        content = patched(content, header, struct.pack("<H", ZIP_LZMA))
    await cannot_tell(bench, "neither stored nor deflated", content)


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o104755], ids=["link", "directory", "set user"])
async def test_an_entry_that_is_no_plain_file_is_refused(bench: Bench, mode: int) -> None:
    content = asice.sealed().content
    for name in (b"mimetype", NAME, b"META-INF/manifest.xml", SIGNATURES.encode()):
        content = patched(content, central(content, name) + 38, struct.pack("<L", mode << 16))
    await refuse(bench, "no plain file", content)


@pytest.mark.parametrize(("offset", "why"), [(4, "different programs"), (36, "attributes"), (38, "attributes")])
async def test_an_entry_that_differs_in_its_making_is_refused(bench: Bench, offset: int, why: str) -> None:
    content = asice.sealed().content
    at = central(content, NAME) + offset
    await refuse(bench, why, patched(content, at, bytes([content[at] ^ 1])))


async def test_a_folder_by_itself_cannot_be_judged_and_one_that_holds_something_is_refused(bench: Bench) -> None:
    entries = asice.entries_of(asice.sealed().content)
    await cannot_tell(bench, "is a folder", asice.archive([*entries, ("META-INF/", b"")]))
    content = asice.archive([*entries, ("META-INF/x", b"hidden")])
    await refuse(bench, "no plain file", content.replace(b"META-INF/x", b"META-INF//"))


async def test_an_extra_field_with_times_that_are_none_is_refused(bench: Bench) -> None:
    odd = with_extra(asice.sealed().content, struct.pack("<HHBL", 0x5455, 5, 3, 1))
    await refuse(bench, "may hide something", odd)


async def test_an_extra_field_of_another_kind_cannot_be_judged(bench: Bench) -> None:
    await cannot_tell(bench, "may hide something", with_extra(asice.sealed().content, b"\xfe\xca\4\0back"))


async def test_an_archive_of_several_parts_is_refused(bench: Bench) -> None:
    content = asice.sealed().content
    await refuse(bench, "several parts", patched(content, len(content) - 18, b"\1\0"))


async def test_a_directory_that_lists_less_than_it_says_is_refused(bench: Bench) -> None:
    content = asice.sealed().content
    await refuse(bench, "directory holds something else", patched(content, len(content) - 14, b"\3\0\3\0"))


async def test_an_entry_that_inflates_to_more_than_it_says_is_refused(bench: Bench) -> None:
    sealed = asice.sealed()
    bomb = asice.archive(
        [(name, bytes(10_000_000) if name == NAME.decode() else old) for name, old in asice.entries_of(sealed.content)],
        method=ZIP_DEFLATED,
    )
    for header in (local(bomb, NAME) + 22, central(bomb, NAME) + 24):
        bomb = patched(bomb, header, struct.pack("<L", len(FILES[NAME.decode()])))
    await refuse(bench, "larger than it says", bomb, sealed)


@pytest.mark.parametrize("behind", [b"junk", bytes(600_000)], ids=["few", "many"])
async def test_bytes_behind_a_deflated_content_are_refused(bench: Bench, behind: bytes) -> None:
    sealed, held = asice.sealed(), FILES[NAME.decode()]
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    content = asice.rewritten(sealed.content, {NAME.decode(): deflater.compress(held) + deflater.flush() + behind})
    for header, shift in ((local(content, NAME), 0), (central(content, NAME), 2)):
        content = patched(content, header + 8 + shift, struct.pack("<H", ZIP_DEFLATED))
        content = patched(content, header + 14 + shift, struct.pack("<L", zlib.crc32(held)))
        content = patched(content, header + 22 + shift, struct.pack("<L", len(held)))
    await refuse(bench, "something follows the content", content, sealed)


@pytest.mark.parametrize(("find", "why"), [(True, "no entry of the container begins"), (False, "directory begins")])
async def test_headers_without_their_mark_are_refused(bench: Bench, find: bool, why: str) -> None:  # noqa: FBT001
    content = asice.sealed().content
    at = local(content, NAME) if find else central(content, NAME)
    await refuse(bench, why, patched(content, at, b"KP"))


def test_times_in_one_header_alone_are_refused() -> None:
    times = struct.pack("<HHBL", 0x5455, 5, 1, 1_772_452_800)
    for here, there in ((times, b""), (b"", times)):
        with refused("described in two ways"):
            require_harmless(here, there, "invoice.txt")


async def test_a_file_of_another_size_is_refused_before_it_is_read(bench: Bench) -> None:
    await refuse(bench, "size of what was approved", asice.rewritten(asice.sealed().content, {NAME.decode(): b"x"}))


# --- the container: it holds what was approved, and nothing extra ---------------------------------------------------


async def test_a_changed_data_file_is_refused(bench: Bench) -> None:
    changed = FILES[NAME.decode()].replace(b"100", b"900", 1)
    await refuse(bench, "is not what was approved", asice.rewritten(asice.sealed().content, {NAME.decode(): changed}))


async def test_files_under_each_others_names_are_refused(bench: Bench) -> None:
    sealed = asice.sealed({"a.txt": b"one", "b.txt": b"two"})
    swapped = asice.rewritten(sealed.content, {"a.txt": b"two", "b.txt": b"one"})
    await refuse(bench, "is not what was approved", swapped, sealed)


async def test_a_seal_over_other_files_than_those_approved_is_refused(bench: Bench) -> None:
    sealed, other = asice.sealed({"a.txt": b"one"}), asice.sealed({"a.txt": b"two"})
    content = asice.rewritten(sealed.content, {SIGNATURES: dict(asice.entries_of(other.content))[SIGNATURES]})
    await refuse(bench, "covers something else under the name", content, other_document(sealed, other))


@pytest.mark.parametrize("name", ["readme.txt", "META-INF/container.xml", "META-INF/ASiCManifest.xml", "a/invoice.txt"])
async def test_an_extra_file_is_refused(bench: Bench, name: str) -> None:
    content = asice.archive([*asice.entries_of(asice.sealed().content), (name, b"unapproved")])
    await refuse(bench, f"also holds {name}", content)


async def test_a_missing_file_is_refused(bench: Bench) -> None:
    sealed = asice.sealed(SEVERAL)
    kept = [one for one in asice.entries_of(sealed.content) if one[0] != "a.txt"]
    await refuse(bench, "lacks a.txt", asice.archive(kept), sealed)


async def test_a_name_in_another_unicode_form_is_another_name(bench: Bench) -> None:
    composed, decomposed = (asice.sealed({unicodedata.normalize(form, "rēķins.txt"): b"x"}) for form in ("NFC", "NFD"))
    await verify(bench, decomposed)
    await refuse(bench, "also holds", decomposed.content, composed)


QUOTED = {'SIA "Paraugs" līgums.txt': b"Contract 1"}
ECHOED = {"SIA %22Paraugs%22 līgums.txt": b"Contract 1"}


@pytest.mark.parametrize("files", [QUOTED, ECHOED], ids=["as they are", "with %22 in the name itself"])
async def test_quotes_in_a_name_pass(bench: Bench, files: dict[str, bytes]) -> None:
    await verify(bench, asice.sealed(files))


async def test_quotes_that_came_back_as_an_upload_escapes_them_pass(bench: Bench) -> None:
    handed_in, echoed = asice.sealed(QUOTED), asice.sealed(ECHOED)
    await verify(bench, Sealed(echoed.content, handed_in.document, echoed.expectation))


async def test_quotes_escaped_in_the_references_alone_pass(bench: Bench) -> None:
    sealed = asice.sealed(QUOTED, Recipe(edit_info=swap("SIA%20%22Paraugs%22", "SIA%20%2522Paraugs%2522")))
    await verify(bench, sealed)


async def test_a_name_with_and_without_escaped_quotes_beside_each_other_is_refused(bench: Bench) -> None:
    sealed = asice.sealed(QUOTED)
    content = asice.archive([*asice.entries_of(sealed.content), (next(iter(ECHOED)), b"another contract")])
    await refuse(bench, "two entries of one name", content, sealed)


async def test_a_name_that_was_approved_with_an_escape_is_no_quote(bench: Bench) -> None:
    handed_in, quoted = asice.sealed(ECHOED), asice.sealed(QUOTED)
    await refuse(bench, "also holds", quoted.content, handed_in)


async def test_a_second_file_of_signatures_is_refused(bench: Bench) -> None:
    entries = asice.entries_of(asice.sealed().content)
    content = asice.archive([*entries, ("META-INF/signatures1.xml", dict(entries)[SIGNATURES])])
    await refuse(bench, "2 files of signatures", content)


async def test_a_container_without_signatures_is_refused(bench: Bench) -> None:
    await refuse(bench, "0 files of signatures", asice.archive(asice.entries_of(asice.sealed().content)[:-1]))


@pytest.mark.parametrize("kind", [b"application/vnd.etsi.asic-s+zip", b"application/vnd.etsi.asic-e+zip\n"])
async def test_another_media_type_is_refused(bench: Bench, kind: bytes) -> None:
    content = asice.rewritten(asice.sealed().content, {"mimetype": kind})
    await refuse(bench, "begin with its media type|too large", content)


async def test_a_media_type_that_is_not_first_is_refused(bench: Bench) -> None:
    first, *others = asice.entries_of(asice.sealed().content)
    await refuse(bench, "begin with its media type", asice.archive([*others, first]))


async def test_a_deflated_media_type_is_refused_and_not_called_altered(bench: Bench) -> None:
    content = asice.archive(asice.entries_of(asice.sealed().content), method=ZIP_DEFLATED, first=ZIP_DEFLATED)
    await cannot_tell(bench, "media type is compressed", content)


@pytest.mark.parametrize("content", [b"", b"Dear customer", b"PK\5\6", b"%PDF-1.7\n" + b"\0" * 2000])
async def test_something_else_than_a_container_is_refused(bench: Bench, content: bytes) -> None:
    sealed = asice.sealed()
    with refused("."):
        await bench.verify_document(content, sealed.document, sealed.expectation)


async def test_a_pdf_is_no_container_and_a_container_no_pdf(bench: Bench) -> None:
    sealed = asice.sealed()
    with refused("no ZIP archive"):
        await verify(bench, sealed, await pades.sealed(pades.an_original(), the_seal()))
    as_pdf = sealed.expectation.profile.model_copy(update={"format": SealFormat.PDF})
    with refused("."):
        await bench.verify_document(
            sealed.content, sealed.document, sealed.expectation.model_copy(update={"profile": as_pdf})
        )


# --- the manifest ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('full-path="invoice.txt"', 'full-path="another.txt"', "exactly the files"),
        ("</manifest:manifest>", entry("another.txt") + "</manifest:manifest>", "exactly the files"),
        ("</manifest:manifest>", entry("invoice.txt") + "</manifest:manifest>", "a file twice"),
        ("text/plain", "text/html", "other media types than the seal"),
        (asice.MEDIA_TYPE, "application/zip", "another media type for the container"),
        ("<manifest:manifest", '<!DOCTYPE x [<!ENTITY y "z">]><manifest:manifest', "DTD"),
        ("</manifest:manifest>", "hidden</manifest:manifest>", "holds text"),
        ('"text/plain"/>', '"text/plain">hidden</manifest:file-entry>', "entry of the manifest holds something"),
        ("<manifest:file-entry", "<manifest:file", "does not hold what it should"),
    ],
)
async def test_a_manifest_that_says_something_else_is_refused(bench: Bench, old: str, new: str, why: str) -> None:
    sealed = asice.sealed(edit_manifest=swap(old, new))
    with refused(why):
        await verify(bench, sealed)


async def test_a_manifest_that_says_more_than_types_cannot_be_judged(bench: Bench) -> None:
    more = asice.sealed(edit_manifest=swap('full-path="invoice', 'size="440" manifest:full-path="invoice'))
    await cannot_tell(bench, "says more than types", more.content, more)


async def test_a_media_type_that_an_extra_field_moves_cannot_be_judged(bench: Bench) -> None:
    times = struct.pack("<HHBL", 0x5455, 5, 1, 1_772_452_800)
    await cannot_tell(bench, "from its place", with_extra(asice.sealed().content, times, b"mimetype"))


async def test_a_manifest_that_is_no_xml_cannot_be_judged(bench: Bench) -> None:
    broken = asice.sealed(edit_manifest=swap("</manifest:manifest>", ""))
    await cannot_tell(bench, "cannot be understood", broken.content, broken)


async def test_a_container_without_a_manifest_is_refused(bench: Bench) -> None:
    kept = [one for one in asice.entries_of(asice.sealed().content) if one[0] != "META-INF/manifest.xml"]
    await refuse(bench, "has no manifest", asice.archive(kept))


async def test_a_manifest_that_is_too_large_is_refused(bench: Bench) -> None:
    huge = asice.manifest(["invoice.txt"]).replace("?>", "?>" + " " * 4_000_000).encode()
    await refuse(bench, "too large", asice.rewritten(asice.sealed().content, {"META-INF/manifest.xml": huge}))


def local(content: bytes, name: bytes) -> int:
    """Offset of the entry's local header."""
    return content.index(name) - 30


def central(content: bytes, name: bytes) -> int:
    """Offset of the entry's header in the directory."""
    return content.rindex(name) - 46


def patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def with_all_patched(content: bytes, offset: int, value: bytes) -> bytes:
    """The archive with these bytes at that place of every header in its directory."""
    for name in (b"mimetype", NAME, b"META-INF/manifest.xml", SIGNATURES.encode()):
        content = patched(content, central(content, name) + offset, value)
    return content


def shifted(content: bytes, at: int, hidden: bytes) -> bytes:
    """The archive with bytes put in there, and every offset behind them set right."""
    grown = content[:at] + hidden + content[at:]
    ending = len(grown) - 22
    (directory,) = struct.unpack_from("<L", content, ending - len(hidden) + 16)
    grown = patched(grown, ending + 16, struct.pack("<L", directory + len(hidden)))
    position = directory + len(hidden)
    while grown[position : position + 4] == b"PK\1\2":
        name, extra, comment = struct.unpack_from("<3H", grown, position + 28)
        (begin,) = struct.unpack_from("<L", grown, position + 42)
        grown = patched(grown, position + 42, struct.pack("<L", begin + len(hidden) * (begin >= at)))
        position += 46 + name + extra + comment
    return grown


def with_extra(content: bytes, extra: bytes, name: bytes = NAME) -> bytes:
    """The archive with this extra field in both headers of the data file, or another one."""
    at = central(content, name)
    grown = patched(content, at + 30, struct.pack("<H", len(extra)))
    grown = grown[: at + 46 + len(name)] + extra + grown[at + 46 + len(name) :]
    ending = len(grown) - 22
    (size,) = struct.unpack_from("<L", grown, ending + 12)
    grown = patched(grown, ending + 12, struct.pack("<L", size + len(extra)))
    at = local(grown, name)
    grown = patched(grown, at + 28, struct.pack("<H", len(extra)))
    return shifted(grown, at + 30 + len(name), extra)


def other_document(sealed: Sealed, other: Sealed) -> Sealed:
    """The document of one container, with what was approved for another."""
    return Sealed(sealed.content, sealed.document, other.expectation)
