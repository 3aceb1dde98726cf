"""One suite for every folder elsewhere: SFTP, with hard links and without, S3, and a folder; and what is each one's."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.object_storage import BucketServer, ObjectStorage
from tests.support.places import (
    HOST_KEY,
    Elsewhere,
    FolderPlace,
    InBucket,
    InFolder,
    Sftp,
    Unlinking,
    sftp_elsewhere,
    sftp_server,
)
from tests.support.ports import reserved_ports
from tests.support.waiting import PATIENCE
from worker.objects.bucket import Bucket, Listed
from worker.objects.opening import open_bucket
from worker.places import sftp_connection
from worker.places.bucket_place import BucketPlace
from worker.places.place import Denied, FoundFile, PlaceAway, Replaced
from worker.places.sftp_place import SftpPlace
from worker.storage.untaken import Obstacle


async def read(elsewhere: Elsewhere, path: str) -> bytes:
    return b"".join([piece async for piece in elsewhere.place.read(path)])


async def find(elsewhere: Elsewhere, path: str) -> FoundFile:
    found = await elsewhere.place.look(path)
    assert found is not None
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sftp(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sftp]:
    async with sftp_server(tmp_path_factory.mktemp("sftp")) as sftp:
        yield sftp


@pytest_asyncio.fixture(loop_scope="module", params=["folder", "sftp", "sftp without links", "s3"])
async def elsewhere(
    request: pytest.FixtureRequest, tmp_path: Path, sftp: Sftp, bucket: Bucket
) -> AsyncIterator[Elsewhere]:
    match request.param:
        case "folder":
            yield InFolder(FolderPlace(tmp_path), tmp_path)
        case "s3":
            yield InBucket(BucketPlace(bucket), bucket)
        case "sftp":
            found = sftp_elsewhere(sftp)
            yield found
            await found.place.close()
        case _:
            async with sftp_server(tmp_path, kind=Unlinking) as unlinking:
                found = sftp_elsewhere(unlinking)
                yield found
                await found.place.close()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_folder_that_is_not_there_is_told_or_empty_and_one_that_is_shows_its_own_files(
    elsewhere: Elsewhere,
) -> None:
    if isinstance(elsewhere, InBucket):
        assert await elsewhere.place.list("invoices") == []
    else:
        with pytest.raises(FileNotFoundError):
            await elsewhere.place.list("invoices")
    for path in ("invoices/b.pdf", "invoices/ā 1%20.pdf", "invoices/deeper/c.pdf", "top.pdf"):
        await elsewhere.put(path, b"content")
    assert {each.name for each in await elsewhere.place.list("invoices")} == {"b.pdf", "ā 1%20.pdf"}
    assert [(each.name, each.size) for each in await elsewhere.place.list("")] == [("top.pdf", 7)]


async def test_what_is_created_stands_there_whole_and_takes_no_others_place(
    elsewhere: Elsewhere, tmp_path: Path
) -> None:
    source = tmp_path / "a source"
    source.write_bytes(bytes(range(256)) * 10_000)
    await elsewhere.place.create("invoices/2026/a.pdf", source)
    await elsewhere.place.create("invoices/a.pdf.json", b"{}")
    source.unlink()
    with pytest.raises(FileExistsError):
        await elsewhere.place.create("invoices/a.pdf.json", b"another")
    assert await read(elsewhere, "invoices/2026/a.pdf") == bytes(range(256)) * 10_000
    assert set(await elsewhere.files()) == {"invoices/2026/a.pdf", "invoices/a.pdf.json"}
    assert await read(elsewhere, "invoices/a.pdf.json") == b"{}"


async def test_what_is_not_there_is_told_as_such(elsewhere: Elsewhere) -> None:
    assert await elsewhere.place.look("none.pdf") is None
    await elsewhere.place.remove("none.pdf")
    with pytest.raises(FileNotFoundError):
        await read(elsewhere, "none.pdf")
    with pytest.raises(Replaced):
        await elsewhere.place.take_away("none.pdf", FoundFile("none.pdf", 1, ""), None)


async def test_what_was_found_is_taken_away_or_kept_aside_and_nothing_else_is(elsewhere: Elsewhere) -> None:
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        await elsewhere.put(name, b"content")
    found = {each.name: each for each in await elsewhere.place.list("")}
    await elsewhere.put("c.pdf", b"another content")
    await elsewhere.place.take_away("a.pdf", found["a.pdf"], None)
    await elsewhere.place.take_away("b.pdf", found["b.pdf"], "processed/b.pdf")
    with pytest.raises(Replaced):
        await elsewhere.place.take_away("c.pdf", found["c.pdf"], None)
    assert await elsewhere.files() == {"processed/b.pdf": b"content", "c.pdf": b"another content"}


async def test_what_a_file_is_changes_with_each_writing(elsewhere: Elsewhere) -> None:
    await elsewhere.put("a.pdf", b"content")
    before = await find(elsewhere, "a.pdf")
    assert await find(elsewhere, "a.pdf") == before
    assert [before] == list(await elsewhere.place.list(""))
    await elsewhere.put("a.pdf", b"other content")
    assert await find(elsewhere, "a.pdf") != before


async def test_links_pipes_and_names_that_are_no_text_hide_nothing_and_lead_nowhere(sftp: Sftp, tmp_path: Path) -> None:
    elsewhere = sftp_elsewhere(sftp)
    await elsewhere.put("a.pdf", b"content")
    (elsewhere.folder / "link.pdf").symlink_to(elsewhere.folder / "a.pdf")
    os.mkfifo(elsewhere.folder / "pipe.pdf")
    with open(os.fsencode(elsewhere.folder) + b"/r\xe9.pdf", "wb") as file:  # noqa: ASYNC230, PTH123
        file.write(b"content")
    (elsewhere.folder / "a folder").mkdir()
    found = {each.name: each.obstacle for each in await elsewhere.place.list("")}
    assert found == {
        "a.pdf": None,
        "r\udce9.pdf": None,
        "link.pdf": Obstacle.LINK,
        "pipe.pdf": Obstacle.SPECIAL,
    }
    await elsewhere.place.close()


async def test_what_a_crash_left_half_taken_away_gets_its_name_back(sftp: Sftp) -> None:
    elsewhere = sftp_elsewhere(sftp)
    for name in (".zimogs~0123abcd~a.pdf", ".zimogs~b.pdf"):
        await elsewhere.put(name, b"content")
    assert await elsewhere.place.list("") == []
    assert await elsewhere.files() == {"a.pdf": b"content", "b.pdf": b"content"}
    await elsewhere.place.close()


async def test_what_was_put_aside_waits_for_its_name_and_keeps_the_one_that_has_it_from_nothing(sftp: Sftp) -> None:
    elsewhere = sftp_elsewhere(sftp)
    for name in (".zimogs~a.pdf", "a.pdf"):
        await elsewhere.put(name, name.encode())
    assert {each.name for each in await elsewhere.place.list("")} == {".zimogs~a.pdf", "a.pdf"}
    await elsewhere.place.take_away("a.pdf", await find(elsewhere, "a.pdf"), None)
    await elsewhere.place.list("")
    assert await elsewhere.files() == {"a.pdf": b".zimogs~a.pdf"}
    await elsewhere.place.close()


class Stubborn(asyncssh.SFTPServer):
    """A server that renames nothing, has no room, and opens or closes some files only when it is let go on."""

    goes_on = asyncio.Event()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPFailure("Failure")

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        raise asyncssh.SFTPFailure("Quota exceeded")

    async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if path.endswith(b"hangs.pdf"):
            await self.goes_on.wait()
        return super().open(path, pflags, attrs)

    async def close(self, file_obj: object) -> None:
        if str(getattr(file_obj, "name", "")).endswith("closes-never.pdf'"):
            await self.goes_on.wait()
        super().close(file_obj)


async def test_who_refuses_one_file_is_not_away_and_lists_the_others(tmp_path: Path) -> None:
    async with sftp_server(tmp_path, kind=Stubborn) as stubborn:
        elsewhere = sftp_elsewhere(stubborn)
        for name in ("a.pdf", ".zimogs~b.pdf"):
            await elsewhere.put(name, b"content")
        found = {each.name: each for each in await elsewhere.place.list("")}
        assert set(found) == {"a.pdf", ".zimogs~b.pdf"}
        with pytest.raises(Denied, match="the server refuses that, and says “Failure”: look at the rights there"):
            await elsewhere.place.take_away("a.pdf", found["a.pdf"], None)
        with pytest.raises(Denied, match="says “Quota exceeded”: look at the rights there, the room on its disk"):
            await elsewhere.place.create("c.pdf", b"content")
        assert set(await elsewhere.files()) >= {"a.pdf", ".zimogs~b.pdf"}
        assert ".c.pdf.zimogs.part" not in await elsewhere.files()
        await elsewhere.place.close()


async def test_a_server_that_stops_answering_is_away_and_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sftp_server(tmp_path, kind=Stubborn) as stubborn:
        elsewhere = sftp_elsewhere(stubborn)
        for name in ("hangs.pdf", "closes-never.pdf", "a.pdf"):
            await elsewhere.put(name, b"content")
        for name in ("hangs.pdf", "closes-never.pdf"):
            assert len(await elsewhere.place.list("")) == 3
            with monkeypatch.context() as impatient:
                impatient.setattr(sftp_connection, "_ANSWER", 0.1)
                impatient.setattr(sftp_connection, "_CLOSING", 0.1)
                async with asyncio.timeout(PATIENCE):
                    with pytest.raises(PlaceAway, match="it does not answer in time"):
                        await read(elsewhere, name)
        await elsewhere.place.close()
        Stubborn.goes_on.set()


async def test_what_is_written_takes_no_way_that_somebody_else_laid(sftp: Sftp, tmp_path: Path) -> None:
    elsewhere = sftp_elsewhere(sftp)
    await elsewhere.put("theirs.txt", b"theirs")
    (elsewhere.folder / ".a.pdf.zimogs.part").symlink_to("theirs.txt")
    await elsewhere.place.create("a.pdf", b"content")
    assert await elsewhere.files() == {"a.pdf": b"content", "theirs.txt": b"theirs"}
    await elsewhere.place.close()


async def test_only_the_server_whose_host_key_is_known_is_spoken_to(sftp: Sftp, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    (tmp_path / "known_hosts").write_bytes(f"[127.0.0.1]:{sftp.port} ".encode() + other.export_public_key())
    for known in (
        {"host_keys": (other.get_fingerprint(),)},
        {"host_keys": ()},
        {"host_keys": (), "known_hosts": tmp_path / "known_hosts"},
    ):
        shown = re.escape(f"none that the settings know. It shows {HOST_KEY.get_fingerprint()} (ssh-ed25519)")
        with pytest.raises(PlaceAway, match=shown):
            await SftpPlace(sftp.server(**known)).list("")


async def test_a_key_opens_where_a_wrong_password_does_not(sftp: Sftp, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "key")
    key.write_private_key(tmp_path / "closed", format_name="pkcs8-pem", passphrase="a phrase")
    key.write_public_key(tmp_path / "authorized")
    (tmp_path / "unclear").write_text("@nothing that a host key begins with\n")
    (tmp_path / "files").mkdir()
    async with sftp_server(tmp_path / "files", authorized=tmp_path / "authorized") as closed:
        ours = {"password": None, "key_file": tmp_path / "key"}
        place = SftpPlace(closed.server(**ours))
        assert await place.list("") == []
        await place.close()
        for wrong, why in (
            ({**ours, "key_file": tmp_path / "closed"}, "key_file holds no private key that can be read"),
            ({"password": None, "key_file": tmp_path / "none"}, "none cannot be read: No such file"),
            ({"password": "another"}, "it does not let us in"),
            ({**ours, "host_keys": (), "known_hosts": tmp_path / "unclear"}, "known_hosts cannot be understood"),
        ):
            with pytest.raises(PlaceAway, match=why):
                await SftpPlace(closed.server(**wrong)).list("")


async def test_a_server_that_was_away_is_connected_to_again(tmp_path: Path) -> None:
    with reserved_ports() as (port,):
        async with sftp_server(tmp_path, port=port) as sftp:
            place = SftpPlace(sftp.server())
            await place.create("a.pdf", b"content")
        with pytest.raises(PlaceAway, match="it is not reached"):
            await place.list("")
        async with sftp_server(tmp_path, port=port):
            assert [each.name for each in await place.list("")] == ["a.pdf"]
            await place.close()


async def test_a_bucket_that_refuses_or_is_not_there_is_away_with_what_to_look_at(object_storage: BucketServer) -> None:
    missing = open_bucket("missing", "", endpoint=object_storage.endpoint, region="us-east-1", keys=("key", "secret"))
    with pytest.raises(PlaceAway, match=r"there is no such bucket\. Check the address, the keys and their rights"):
        await BucketPlace(missing).list("")


async def test_an_object_that_no_list_can_name_is_told_by_its_key(object_storage: BucketServer, tmp_path: Path) -> None:
    bucket = object_storage.bucket(tmp_path.name)
    async with ObjectStorage.opened(object_storage.endpoint) as storage:
        await storage.put(object_storage.name, f"{tmp_path.name}/x%01y.pdf", b"content")
    with pytest.raises(Denied, match=r"has a key that cannot be used: .*x\\x01y.pdf.*Remove it with another program"):
        await BucketPlace(bucket).list("")


async def test_a_folder_that_a_storages_console_made_is_no_file(object_storage: BucketServer, tmp_path: Path) -> None:
    bucket = object_storage.bucket(tmp_path.name)
    async with ObjectStorage.opened(object_storage.endpoint) as storage:
        for folder in ("", "invoices/"):
            await storage.put(object_storage.name, f"{tmp_path.name}/{folder}", b"")
    assert [await BucketPlace(bucket).list(folder) for folder in ("", "invoices")] == [[], []]
    assert bucket.names("invoices") == frozenset()
    assert list(bucket.list("invoices")) == []


class Precise(Bucket):
    """The same bucket, in a storage whose lists tell milliseconds, as those of MinIO and Ceph do."""

    def files(self, folder: str) -> Sequence[Listed]:
        return [
            replace(each, changed_at=each.changed_at.replace(microsecond=417_000)) for each in super().files(folder)
        ]


async def test_what_a_list_tells_more_precisely_is_the_same_object(bucket: Bucket) -> None:
    elsewhere = InBucket(BucketPlace(Precise(bucket._store)), bucket)
    await elsewhere.put("a.pdf", b"content")
    (found,) = await elsewhere.place.list("")
    assert found == await find(elsewhere, "a.pdf")
    await elsewhere.place.take_away("a.pdf", found, None)
    assert await elsewhere.files() == {}


async def test_an_object_that_comes_slowly_is_read_however_long_it_takes() -> None:
    piece, pieces = bytes(1000), 18
    head = {"ETag": '"1"', "Last-Modified": "Sun, 29 Nov 2026 08:00:00 GMT"}

    async def trickle(request: web.Request) -> web.StreamResponse:
        begin = request.http_range.start or 0
        total = len(piece) * pieces
        ranged = {"Content-Range": f"bytes {begin}-{total - 1}/{total}"} if begin else {}
        answer = web.StreamResponse(status=206 if begin else 200, headers={**head, **ranged})
        answer.content_length = total - begin
        await answer.prepare(request)
        for _ in range(begin, total, len(piece)):
            await answer.write(piece)
            await asyncio.sleep(0.1)
        return answer

    application = web.Application()
    application.router.add_get("/{key:.*}", trickle)
    async with TestServer(application) as server:
        endpoint = str(server.make_url("")).rstrip("/")
        keys, silence = ("key", "secret"), timedelta(seconds=0.4)
        bucket = open_bucket("b", "", endpoint=endpoint, region="us-east-1", keys=keys, silence=silence)
        read = b"".join([found async for found in BucketPlace(bucket).read("a.pdf")])
    assert read == piece * pieces
