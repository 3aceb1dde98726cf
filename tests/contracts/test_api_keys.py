"""Keys of the API are shown once, kept as hashes, and void at once when they are revoked."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.api_keys import ApiKey, Permission
from tests.support.builders import INVOICES, NOON
from tests.support.shelves import files
from worker.objects.api_keys import ObjectKeys
from worker.objects.bucket import Bucket
from worker.storage.api_key_files import KeyFiles
from worker.storage.api_keys import PREFIX, KeyBook


@pytest.fixture(params=["disk", "bucket"])
def process(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], KeyBook]:
    """The keys, as one more process has them."""
    if request.param == "bucket":
        bucket: Bucket = request.getfixturevalue("bucket")
        return lambda: KeyBook(ObjectKeys(bucket))
    return lambda: KeyBook(KeyFiles(tmp_path / "data"))


@pytest.fixture
def book(process: Callable[[], KeyBook]) -> KeyBook:
    return process()


async def made(book: KeyBook, name: str = "accounting") -> tuple[ApiKey, str]:
    return await book.create(name, [INVOICES], [Permission.SUBMIT], now=NOON, expires_at=NOON + timedelta(days=1))


async def test_a_key_is_found_by_its_token_in_every_process(book: KeyBook, process: Callable[[], KeyBook]) -> None:
    key, token = await made(book)
    assert token.startswith(f"{PREFIX}{key.id}_")
    assert await process().find(token) == key


async def test_no_other_token_opens_anything(book: KeyBook) -> None:
    key, token = await made(book)
    other, _ = await made(book, "another")
    secret = token.split("_", 2)[2]
    for wrong in (
        "",
        token[:-1],
        f"{token}x",
        f"{PREFIX}{other.id}_{secret}",
        f"{PREFIX}../{key.id}_{secret}",
        "zmk_\0",
    ):
        assert await book.find(wrong) is None


async def test_neither_secret_nor_token_stands_on_disk(tmp_path: Path) -> None:
    _, token = await made(KeyBook(KeyFiles(tmp_path / "data")))
    folder = tmp_path / "data" / "api-keys"
    kept = [(folder / name).read_text() for name in files(folder)]
    assert kept
    assert all(token.split("_", 2)[2] not in text for text in kept)


async def test_neither_secret_nor_token_stands_in_the_bucket(bucket: Bucket) -> None:
    key, token = await made(KeyBook(ObjectKeys(bucket)))
    assert [each.key for each in bucket.list("")] == [f"api-keys/{key.id}"]
    assert token.split("_", 2)[2].encode() not in bucket.read(f"api-keys/{key.id}")


async def test_others_on_the_machine_read_no_key(tmp_path: Path) -> None:
    book = KeyBook(KeyFiles(tmp_path / "data"))
    key, _ = await made(book)
    await book.note_use(key, NOON.date())
    folder = tmp_path / "data" / "api-keys"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
    await book.revoke(key.id, now=NOON)
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


async def test_a_revoked_key_is_void_and_stays_in_the_list(book: KeyBook, process: Callable[[], KeyBook]) -> None:
    key, token = await made(book)
    assert key.is_valid(NOON)
    await process().revoke(key.id, now=NOON)
    found = await book.find(token)
    assert found is not None
    assert not found.is_valid(NOON)
    assert [one.id for one in await book.all()] == [key.id]
    assert await book.revoke("0" * 12, now=NOON) is None


async def test_a_key_expires(book: KeyBook) -> None:
    key, _ = await made(book)
    assert key.is_valid(NOON + timedelta(hours=23))
    assert not key.is_valid(NOON + timedelta(days=1))


async def test_the_day_of_its_last_use_is_kept(book: KeyBook) -> None:
    key, _ = await made(book)
    assert await book.last_used(key) is None
    await book.note_use(key, NOON.date())
    assert await book.last_used(key) is not None
