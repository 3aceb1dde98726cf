"""Containers as ETSI EN 319 162-1 and every reader of ZIP want them."""

import hashlib
import struct
from pathlib import Path
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest
from lxml import etree

from sandbox.asice import Document, NotAContainer, UnfitDocument, media_type_of, read_container
from tests.sandbox.containers import FILES, a_container, hash_only, rewritten, with_another_signature, write_files
from tests.sandbox.practice import the_authority
from tests.sandbox.xades_verifiers import xmlsec1_accepts
from tests.support.programs import run

MIMETYPE = b"application/vnd.etsi.asic-e+zip"
MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"


def test_the_type_of_the_container_stands_at_a_fixed_place_in_the_file(tmp_path: Path) -> None:
    content = a_container(tmp_path).read_bytes()
    signature, _, _, method, *_, name_length, extra_length = struct.unpack("<IHHHHHIIIHH", content[:30])
    assert (signature, method, name_length, extra_length) == (0x04034B50, 0, 8, 0)
    assert content[30 : 38 + len(MIMETYPE)] == b"mimetype" + MIMETYPE


def test_the_entries_are_documents_manifest_and_signature_after_the_mimetype(tmp_path: Path) -> None:
    with ZipFile(a_container(tmp_path)) as archive:
        assert archive.namelist() == ["mimetype", *FILES, "META-INF/manifest.xml", "META-INF/signatures0.xml"]
        assert {name: archive.read(name) for name in FILES} == FILES


def test_unzip_finds_no_fault_and_the_names_as_they_are(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    assert run("unzip", "-t", container).stdout.count("OK") == 5
    assert all(name in run("unzip", "-v", container).stdout for name in FILES)


def test_names_beyond_ascii_are_marked_as_utf_8(tmp_path: Path) -> None:
    with ZipFile(a_container(tmp_path)) as archive:
        assert all(archive.getinfo(name).flag_bits & 0x800 for name in FILES)


def test_the_manifest_lists_every_document_with_its_media_type(tmp_path: Path) -> None:
    with ZipFile(a_container(tmp_path)) as archive:
        root = etree.fromstring(archive.read("META-INF/manifest.xml"))
    listed = {one.get(f"{MANIFEST}full-path"): one.get(f"{MANIFEST}media-type") for one in root}
    assert listed == {"/": MIMETYPE.decode()} | {name: media_type_of(name) for name in FILES}


def test_a_document_far_larger_than_a_piece_arrives_whole(tmp_path: Path) -> None:
    content = hashlib.shake_256(b"large").digest(3_000_001)
    container = a_container(tmp_path, {"liels.bin": content})
    with ZipFile(container) as archive:
        assert archive.read("liels.bin") == content
    assert read_container(container).hash_documents() == (Document("liels.bin", hashlib.sha256(content).digest()),)


def test_another_signature_leaves_every_earlier_byte_as_it_was(tmp_path: Path) -> None:
    once = a_container(tmp_path)
    twice = with_another_signature(once, tmp_path / "twice.asice")
    with ZipFile(once) as archive:
        entries_end = archive.start_dir
        before = archive.namelist()
    assert twice.read_bytes()[:entries_end] == once.read_bytes()[:entries_end]
    with ZipFile(twice) as archive:
        assert archive.namelist() == [*before, "META-INF/signatures1.xml"]


def test_a_signature_takes_the_lowest_free_number(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    renamed = rewritten(
        container, tmp_path / "renamed.asice", {"META-INF/signatures0.xml": None, "META-INF/signatures1.xml": b"<x/>"}
    )
    assert (read_container(container).next_number, read_container(renamed).next_number) == (1, 0)


def test_a_hash_only_container_holds_no_document_until_the_client_adds_it(tmp_path: Path) -> None:
    target = hash_only(tmp_path, FILES)
    with ZipFile(target) as archive:
        assert archive.namelist() == ["mimetype", "META-INF/manifest.xml", "META-INF/signatures0.xml"]
    completed = rewritten(target, tmp_path / "completed.asice", FILES)
    assert xmlsec1_accepts(completed, the_authority().root_pem, tmp_path)


def test_a_container_is_read_with_its_documents_and_signatures(tmp_path: Path) -> None:
    container = read_container(with_another_signature(a_container(tmp_path), tmp_path / "twice.asice"))
    assert list(container.documents.items()) == [(name, len(content)) for name, content in FILES.items()]
    assert container.signatures == ("META-INF/signatures0.xml", "META-INF/signatures1.xml")
    assert [one.digest for one in container.hash_documents()] == [
        hashlib.sha256(one).digest() for one in FILES.values()
    ]


def write_zip(folder: Path, *entries: tuple[str, bytes, int]) -> Path:
    path = folder / "made.asice"
    with ZipFile(path, "w") as archive:
        for name, content, method in entries:
            archive.writestr(ZipInfo(name), content, method)
    return path


FIRST = ("mimetype", MIMETYPE, ZIP_STORED)


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [("x.txt", b"x", ZIP_STORED)],
        [("x.txt", b"x", ZIP_STORED), FIRST],
        [("mimetype", MIMETYPE, ZIP_DEFLATED)],
        [("mimetype", b"application/vnd.etsi.asic-s+zip", ZIP_STORED)],
        [FIRST, ("../x.txt", b"x", ZIP_STORED)],
        [FIRST, ("/x.txt", b"x", ZIP_STORED)],
        [FIRST, ("x.txt", b"x", ZIP_BZIP2)],
        [FIRST, ("META-INF/manifest.xml", b"<manifest", ZIP_STORED)],
        [FIRST, ("META-INF/manifest.xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a/>', ZIP_STORED)],
    ],
    ids=[
        "empty",
        "no-mimetype",
        "mimetype-second",
        "packed",
        "other-type",
        "escaping",
        "absolute",
        "bzip2",
        "broken",
        "doctype",
    ],
)
def test_what_is_not_a_sound_container_is_refused(entries: list[tuple[str, bytes, int]], tmp_path: Path) -> None:
    with pytest.raises(NotAContainer):
        read_container(write_zip(tmp_path, *entries))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_container_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, FIRST, ("x.txt", b"one", ZIP_STORED), ("x.txt", b"other", ZIP_STORED))
    with pytest.raises(NotAContainer, match="twice"):
        read_container(path)


def test_a_container_of_a_later_version_of_zip_is_refused(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    content = bytearray(container.read_bytes())
    struct.pack_into("<H", content, content.index(b"PK\x01\x02") + 6, 99)  # version needed to extract, APPNOTE 4.4.3
    container.write_bytes(content)
    with pytest.raises(NotAContainer, match="not a ZIP archive"):
        read_container(container)


def set_flag(container: Path, place: int, change: int) -> Path:
    """The container with other flags in the central directory's entry at this place (APPNOTE 4.4.4)."""
    content = container.read_bytes()
    start = -1
    for _ in range(place + 1):
        start = content.index(b"PK\x01\x02", start + 1)
    (flags,) = struct.unpack_from("<H", content, start + 8)
    altered = bytearray(content)
    struct.pack_into("<H", altered, start + 8, flags ^ change)
    container.write_bytes(altered)
    return container


@pytest.mark.parametrize(("change", "why"), [(0x1, "encrypted"), (0x800, "UTF-8")])
def test_encrypted_entries_and_names_of_unknown_encoding_are_refused(change: int, why: str, tmp_path: Path) -> None:
    with pytest.raises(NotAContainer, match=why):
        read_container(set_flag(a_container(tmp_path), 1, change))


def test_a_container_behind_something_else_is_refused(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    container.write_bytes(b"MZ" + container.read_bytes())
    with pytest.raises(NotAContainer, match="mimetype"):
        read_container(container)


def test_what_is_no_zip_at_all_is_refused(tmp_path: Path) -> None:
    for path in write_files(tmp_path, {"a.asice": b"", "b.asice": b"%PDF-1.7"}).values():
        with pytest.raises(NotAContainer):
            read_container(path)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/x", "a/../b", "./x", "a//b", "a/", "a\\b", "a\nb", "mimetype", "META-INF/x", "meta-inf/x"],
)
def test_a_name_that_would_escape_or_hide_is_unfit(name: str) -> None:
    with pytest.raises(UnfitDocument):
        Document(name, bytes(32))


def test_a_digest_of_another_length_is_unfit() -> None:
    with pytest.raises(UnfitDocument, match="32 bytes"):
        Document("x.txt", bytes(48))


@pytest.mark.parametrize("name", ["META-INF/manifest.xml", next(iter(FILES))])
@pytest.mark.parametrize("damage", [b"\xff\xff\xff\xff", b"\x06\x00\x00\x00"])
def test_a_damaged_stream_is_refused_as_no_container(tmp_path: Path, name: str, damage: bytes) -> None:
    container = a_container(tmp_path)
    with ZipFile(container) as archive:
        entry = archive.getinfo(name)
    begin = entry.header_offset + 30 + len(name.encode())
    content = container.read_bytes()
    container.write_bytes(content[:begin] + damage + content[begin + len(damage) :])
    with pytest.raises(NotAContainer, match="damaged"):
        read_container(container).hash_documents()
