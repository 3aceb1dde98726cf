"""What an entry of the stream asks for, and what the documents say of its fields."""

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.queue import S3Settings
from tests.support.builders import INVOICES
from worker.streams.entry import FIELDS, FilePath, StoredObject, StreamEntry, Wish, read_entry
from worker.streams.poison import Poison, PoisonReason
from worker.streams.sources import find_file

EXPORTS = Path("/srv/exports")
QUEUE = (Path(__file__).parents[2] / "deploy" / "QUEUE.md").read_text(encoding="utf-8")


def wish(id_: str = "1-1", **fields: bytes) -> Wish:
    whole = {b"route": b"invoices", b"content": b"PDF", b"name": b"a.pdf"} | {k.encode(): v for k, v in fields.items()}
    return read_entry(StreamEntry(id_, {k: v for k, v in whole.items() if v}), [INVOICES], removes=False)


def test_the_page_about_the_queue_names_every_field_and_no_other() -> None:
    table = QUEUE[QUEUE.index("| field |") :].partition("\n\n")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == FIELDS


@pytest.mark.parametrize(
    ("metadata", "merged"),
    [
        (b"", {"reference": "R/1"}),
        (b"{}", {"reference": "R/1"}),
        (b' {"number": "1"} ', {"reference": "R/1", "number": "1"}),
    ],
)
def test_a_reference_stands_in_the_metadata(metadata: bytes, merged: dict[str, str]) -> None:
    read = wish(metadata=metadata, reference=b"R/1").about.metadata
    assert read is not None
    assert json.loads(read) == merged


def test_a_reference_changes_no_number_and_hides_no_fault() -> None:
    assert wish(metadata=b'{"total": 1.10}', reference=b"R").about.metadata == b'{"reference": "R", "total": 1.10}'
    assert wish(metadata=b"[1]", reference=b"R").about.metadata == b"[1]"


def test_a_key_is_the_programs_or_the_entrys_own() -> None:
    assert wish("1-1").once == wish("1-1").once != wish("1-2").once
    assert wish("1-1").once != wish("1-1", content=b"another").once
    assert wish("1-1", idempotency=b"17").once == wish("2-2", idempotency=b"17").once
    assert wish("1-1", idempotency=b"17").is_idempotent


def test_a_path_within_an_allowed_folder_is_found() -> None:
    assert find_file(FilePath("/srv/exports/a/b.pdf", is_removed=False), [EXPORTS]).parts == ("a", "b.pdf")


@pytest.mark.parametrize(
    "path",
    ["/srv/exports", "/srv/exportsx/a.pdf", "/srv/exports/../a.pdf", "a.pdf", "/a.pdf", "/srv/exports/a\0.pdf", ""],
)
def test_no_path_leads_out_of_the_allowed_folders(path: str) -> None:
    with pytest.raises(Poison) as caught:
        find_file(FilePath(path, is_removed=False), [EXPORTS])
    assert caught.value.reason is PoisonReason.NOT_ALLOWED


@pytest.mark.parametrize("field", ["s3", "url"])
def test_an_object_has_the_name_of_its_key_and_is_removed_only_where_the_entry_says_so(field: str) -> None:
    found = read_entry(
        StreamEntry("1-1", {b"route": b"invoices", field.encode(): b"s3://bucket/2026/a%20b.pdf"}),
        [INVOICES],
        removes=True,
    )
    assert found.source == StoredObject("bucket", "2026/a%20b.pdf", is_removed=False)
    assert found.about.name == "a%20b.pdf"


@pytest.mark.parametrize(
    "address",
    [
        *("", "s3://", "s3://bucket", "s3://bucket/", "s3:///a.pdf", "http://bucket/a.pdf", "bucket/a.pdf"),
        *(
            "s3://bucket//a.pdf",
            "s3://bucket/../a.pdf",
            "s3://bucket/a/./b.pdf",
            "s3://bucket/a\n.pdf",
            "s3://bucket/a\x7f.pdf",
        ),
    ],
)
def test_an_object_whose_address_might_lead_to_another_is_refused(address: str) -> None:
    with pytest.raises(Poison) as error:
        read_entry(StreamEntry("1-1", {b"route": b"invoices", b"s3": address.encode()}), [INVOICES], removes=False)
    assert error.value.reason is PoisonReason.BAD_ENTRY


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"endpoint": "http://storage.example.org"}, "must be https://"),
        ({"endpoint": "https://storage.example.org/path"}, "nothing after it"),
        ({"endpoint": "https://user@storage.example.org"}, "nothing after it"),
        ({"endpoint": "ftp://storage.example.org"}, "endpoint"),
        ({"access_key_id": "AKIA"}, "stand together"),
        ({"region": "eu/north"}, "region"),
    ],
)
def test_a_storage_that_is_not_safe_or_not_whole_is_refused(given: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        S3Settings.model_validate(given)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"region": "eu-north-1"}, "https://s3.eu-north-1.amazonaws.com"),
        ({"endpoint": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000"),
        ({"endpoint": "http://storage.local:9000", "allow_http": True}, "http://storage.local:9000"),
    ],
)
def test_a_storage_has_one_address(given: dict[str, object], address: str) -> None:
    assert S3Settings.model_validate(given).address == address
