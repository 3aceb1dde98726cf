"""What everything in a bucket relies on: conditional writes, answers that get lost, and errors that files have too."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from tests.support.object_storage import BucketServer
from worker.objects.bucket import Bucket
from worker.objects.failures import Replaced, StorageAway
from worker.objects.opening import open_bucket

if TYPE_CHECKING:
    from obstore import PutMode


def test_an_object_is_created_once_and_replaced_by_whoever_saw_it_last(bucket: Bucket) -> None:
    first = bucket.create("a/b.json", b"one")
    with pytest.raises(FileExistsError):
        bucket.create("a/b.json", b"two")
    second = bucket.replace("a/b.json", b"two", first)
    with pytest.raises(Replaced):
        bucket.replace("a/b.json", b"three", first)
    assert (bucket.read("a/b.json"), bucket.look("a/b.json").version) == (b"two", second)
    bucket.remove("a/b.json")
    with pytest.raises(Replaced):
        bucket.replace("a/b.json", b"three", second)


class Unheard(Bucket):
    """One whose connection breaks whenever the storage has written, and before its answer has come: it asks again."""

    def _put(self, key: str, content: bytes | Path, mode: "PutMode", writer: str) -> str:
        super()._put(key, content, mode, writer)
        return super()._put(key, content, mode, writer)


def test_who_is_told_that_somebody_was_faster_knows_whether_it_was_itself(bucket: Bucket) -> None:
    bucket = Unheard(bucket._store)
    version = bucket.create("a", b"one")
    assert bucket.look("a").version == version
    assert bucket.replace("a", b"two", version) == bucket.look("a").version


def test_objects_are_listed_below_a_folder_and_named_right_below_it(bucket: Bucket) -> None:
    for key in ("open/a-000001", "open/a-000002", "open-not/x", "open/deep/y"):
        bucket.write(key, b"")
    assert [each.key for each in bucket.list("open")] == ["open/a-000001", "open/a-000002", "open/deep/y"]
    assert [each.key for each in bucket.list("open", after="open/a-000001")] == ["open/a-000002", "open/deep/y"]
    assert bucket.names("open") == {"a-000001", "a-000002", "deep"}
    assert bucket.names("nothing") == frozenset()


def test_a_files_bytes_go_and_come_whatever_its_name_is(bucket: Bucket, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"%PDF-" + bytes(range(256)) * 24_000)
    for name in ("a b (2).pdf", "ē#?%*[]{}~`^|<>\"'\\ x.pdf", "%41.pdf", ".hidden.json.part", " lead", "trail "):
        bucket.send(f"documents/{name}", source)
        bucket.fetch(f"documents/{name}", target)
        assert target.read_bytes() == source.read_bytes()
    with pytest.raises(FileNotFoundError):
        bucket.fetch("documents/none", target)


def test_what_is_not_there_is_told_as_of_a_file_and_a_missing_bucket_as_a_storage_that_is_away(
    object_storage: BucketServer, bucket: Bucket
) -> None:
    with pytest.raises(FileNotFoundError):
        bucket.read("none")
    assert not bucket.has("none")
    bucket.remove("none")
    elsewhere = open_bucket("missing", "", endpoint=object_storage.endpoint, region="us-east-1", keys=("key", "secret"))
    for look in (elsewhere.read, elsewhere.has, lambda key: list(elsewhere.list(key))):
        with pytest.raises(StorageAway, match="there is no such bucket"):
            look("a")


def test_a_storage_that_nobody_reaches_is_told_without_its_keys() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
    away = open_bucket("zimogs", "", endpoint=endpoint, region="us-east-1", keys=("the-id", "the-secret"))
    with pytest.raises(StorageAway, match=r"storage\.url .* the endpoint is not reached") as told:
        away.read("a")
    assert "the-secret" not in str(told.value)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("AccessDenied", "lacks a right"),
        ("InvalidAccessKeyId", "does not know our access key"),
        ("SignatureDoesNotMatch", "our secret is not that"),
        ("RequestTimeTooSkewed", "clock"),
    ],
)
def test_a_storage_that_refuses_us_is_told_by_what_is_to_be_mended(code: str, why: str) -> None:
    with refusing(code) as endpoint:
        refused = open_bucket("zimogs", "", endpoint=endpoint, region="us-east-1", keys=("the-id", "the-secret"))
        with pytest.raises(StorageAway, match=why) as told:
            refused.write("a", b"")
    assert "the-id" not in str(told.value)


@contextmanager
def refusing(code: str) -> Iterator[str]:
    """A storage that refuses everything in this way (S3, error responses)."""
    answer = f"<Error><Code>{code}</Code><AWSAccessKeyId>the-id</AWSAccessKeyId></Error>".encode()

    class Refusing(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(403)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        thread.join()
