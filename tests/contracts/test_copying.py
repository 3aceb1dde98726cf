"""A copy is a file of our own, hashed as it is made; whoever still writes to the source is noticed."""

import os
import resource
import stat
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from worker.storage.copying import PIECE, _require_room, copy_in, hash_files
from worker.storage.durable import write_once
from worker.storage.fingerprint import Changing, fingerprint, has_writer
from worker.storage.tree import Location

CONTENTS = [b"", b"x", bytes(range(256)) * (3 * PIECE // 256) + b"end", b"\0" * (2 * PIECE) + b"end", b"\0" * PIECE]


def located(path: Path, content: bytes) -> Location:
    path.write_bytes(content)
    return Location.of(path)


@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_a_copy_has_the_content_and_the_hash(tmp_path: Path, content: bytes) -> None:
    source = located(tmp_path / "a", content)
    (copied,) = copy_in(source, tmp_path / "copy")
    assert (copied.path, copied.size, copied.sha256) == ("", len(content), Digest.sha256(content))
    assert (tmp_path / "copy").read_bytes() == content
    assert hash_files(tmp_path / "copy", lambda: None) == (copied,)


def test_a_copy_shares_nothing_with_its_source(tmp_path: Path) -> None:
    source = located(tmp_path / "a", b"before")
    copy_in(source, tmp_path / "copy")
    (tmp_path / "a").write_bytes(b"after!")
    assert (tmp_path / "copy").read_bytes() == b"before"


@pytest.mark.parametrize(("mode", "copied"), [(0o640, 0o640), (0o444, 0o644), (0o4777, 0o666), (0o000, 0o600)])
def test_who_could_read_the_file_can_read_the_copy_and_so_can_we(tmp_path: Path, mode: int, copied: int) -> None:
    if os.geteuid() != 0 and not mode & 0o400:
        pytest.skip("only the administrator reads what nobody may")
    source = located(tmp_path / "a", b"content")
    (tmp_path / "a").chmod(mode)
    copy_in(source, tmp_path / "copy")
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == copied


def test_a_folder_is_copied_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a/deep").mkdir(parents=True)
    (tmp_path / "a/one").write_bytes(b"1")
    (tmp_path / "a/deep/two").write_bytes(b"22")
    (tmp_path / "a/link").symlink_to("/etc/passwd")
    copied = copy_in(Location.of(tmp_path / "a"), tmp_path / "copy")
    assert [(file.path, file.size) for file in copied] == [("one", 1), ("deep/two", 2)]
    assert (tmp_path / "copy/deep/two").read_bytes() == b"22"
    assert (tmp_path / "copy/link").readlink() == Path("/etc/passwd")


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        copy_in(Location.of(tmp_path / "link"), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_file_that_is_open_for_writing_is_not_copied(tmp_path: Path) -> None:
    source = located(tmp_path / "a", b"content")
    with (tmp_path / "a").open("ab"), pytest.raises(Changing, match="holds it open for writing"):
        copy_in(source, tmp_path / "copy")


def test_only_writers_count(tmp_path: Path) -> None:
    source = located(tmp_path / "a", b"content")
    with source.opened() as descriptor, (tmp_path / "a").open("rb"):
        assert not has_writer(descriptor)
        with (tmp_path / "a").open("ab"):
            assert has_writer(descriptor)
        assert not has_writer(descriptor)


def test_a_folders_fingerprint_is_all_sizes_and_the_latest_times_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    (folder / "deep").mkdir(parents=True)
    (folder / "one").write_bytes(b"1")
    (folder / "deep/two").write_bytes(b"22")
    for second, path in enumerate((folder / "one", folder / "deep/two", folder / "deep", folder)):
        os.utime(path, (second, second))
        seen = fingerprint(Location.of(folder))
    assert (seen.size, seen.modified) == (3, 3 * 10**9)
    assert seen.changed == max(path.stat().st_ctime_ns for path in (folder, *folder.rglob("*")))


def test_copying_can_be_broken_off_between_two_pieces(tmp_path: Path) -> None:
    source = located(tmp_path / "a", b"x" * (3 * PIECE))

    def stop() -> None:
        raise OSError("stop")

    with pytest.raises(OSError, match="stop"):
        copy_in(source, tmp_path / "copy", stop)


def test_a_file_that_grows_as_fast_as_it_is_read_is_not_read_for_ever(tmp_path: Path) -> None:
    source = located(tmp_path / "a", b"x" * PIECE)
    pieces: list[int] = []

    def grow() -> None:
        assert len(pieces) < 9, "it is read on and on"
        pieces.append(PIECE)
        with (tmp_path / "a").open("ab") as file:
            file.write(b"x" * PIECE)

    with pytest.raises(Changing):
        copy_in(source, tmp_path / "copy", grow)


def test_what_could_not_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_once(tmp_path / "a", b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [*tmp_path.iterdir()] == []


def test_no_copy_is_begun_that_would_fill_the_disk(tmp_path: Path) -> None:
    system = os.statvfs(tmp_path)
    with (tmp_path / "copy").open("wb") as file:
        for room, fits in ((0, True), (system.f_bavail * system.f_frsize, False)):
            status = os.stat_result((0,) * 10, {"st_blocks": room // 512})
            if fits:
                _require_room(file.fileno(), status)
                continue
            with pytest.raises(OSError, match="not enough room"):
                _require_room(file.fileno(), status)
