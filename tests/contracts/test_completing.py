"""A container that was sealed by hashes gets its files, and nothing that was in it changes."""

import os
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.eparaksts.bodies import PIECE
from worker.eparaksts.download import complete

SIGNATURES = b"<asic:XAdESSignatures/>"


@pytest.fixture
def container(tmp_path: Path) -> Path:
    path = tmp_path / "sealed"
    with ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        archive.writestr("META-INF/signatures0.xml", SIGNATURES)
    return path


def a_file(folder: Path, name: str, content: bytes) -> tuple[DataFile, Path]:
    (folder / name).write_bytes(content)
    file = DataFile(name=name, size=len(content), sha256=Digest.sha256(content), media_type="text/plain")
    return file, folder / name


def test_the_files_follow_what_is_there(container: Path, tmp_path: Path) -> None:
    before = container.read_bytes()
    files = [a_file(tmp_path, "rēķins.xml", b"<a/>"), a_file(tmp_path, "pielikums.bin", b"x" * (2 * PIECE + 1))]
    complete(container, files)
    with ZipFile(container) as archive:
        assert archive.namelist() == ["mimetype", "META-INF/signatures0.xml", "rēķins.xml", "pielikums.bin"]
        assert archive.read("META-INF/signatures0.xml") == SIGNATURES
        assert archive.read("pielikums.bin") == b"x" * (2 * PIECE + 1)
    assert container.read_bytes()[:100] == before[:100]


def test_the_files_look_as_if_the_containers_own_maker_had_added_them(container: Path, tmp_path: Path) -> None:
    with ZipFile(container, "a") as archive:
        last = ZipInfo("META-INF/manifest.xml")
        last.create_system = 0
        archive.writestr(last, b"<manifest/>")
        last.external_attr = 0
    complete(container, [a_file(tmp_path, "a.txt", b"x")])
    with ZipFile(container) as archive:
        *_, theirs, ours = archive.infolist()
    assert (ours.create_system, ours.create_version) == (theirs.create_system, theirs.create_version) == (0, 20)
    assert (ours.extract_version, ours.external_attr) == (theirs.extract_version, theirs.external_attr) == (20, 0)


@pytest.mark.parametrize(
    "heading", [b"", b"%PDF-1.7 a heading that could be deflated " * 1000], ids=["packed", "headed"]
)
def test_what_is_packed_already_is_stored(container: Path, tmp_path: Path, heading: bytes) -> None:
    packed = heading + os.urandom(PIECE)
    complete(container, [a_file(tmp_path, "attēls.jpg", packed), a_file(tmp_path, "a.xml", b"<a>text</a>" * PIECE)])
    with ZipFile(container) as archive:
        assert archive.getinfo("attēls.jpg").compress_type == ZIP_STORED
        assert archive.getinfo("a.xml").compress_type == ZIP_DEFLATED
        assert archive.read("attēls.jpg") == packed


def test_an_empty_container_is_refused(tmp_path: Path) -> None:
    ZipFile(tmp_path / "sealed", "w").close()
    with pytest.raises(Rejected, match="is empty"):
        complete(tmp_path / "sealed", [a_file(tmp_path, "a.txt", b"x")])


def test_a_file_from_before_1980_can_be_added_too(container: Path, tmp_path: Path) -> None:

    file = a_file(tmp_path, "vecs.txt", b"old")
    os.utime(file[1], (0, 0))
    complete(container, [file])
    with ZipFile(container) as archive:
        assert archive.read("vecs.txt") == b"old"


def test_a_container_that_already_holds_such_a_name_is_refused(container: Path, tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="already holds something named mimetype") as caught:
        complete(container, [a_file(tmp_path, "mimetype", b"x")])
    assert caught.value.reason is Reason.NOT_VERIFIED


def test_what_is_no_container_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(b"<html>sorry</html>")
    with pytest.raises(Rejected, match="no container"):
        complete(tmp_path / "sealed", [a_file(tmp_path, "a.txt", b"x")])
