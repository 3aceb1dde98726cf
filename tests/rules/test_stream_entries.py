"""What an entry of the stream asks for, and what the documents say of its fields."""

import json
import re
from pathlib import Path

import pytest

from tests.support.builders import INVOICES
from worker.streams.entry import FIELDS, FilePath, StreamEntry, Wish, read_entry
from worker.streams.poison import Poison, PoisonReason
from worker.streams.sources import find_file

EXPORTS = Path("/srv/exports")
QUEUE = (Path(__file__).parents[2] / "deploy" / "QUEUE.md").read_text(encoding="utf-8")


def wish(id_: str = "1-1", **fields: bytes) -> Wish:
    whole = {b"route": b"invoices", b"content": b"PDF", b"name": b"a.pdf"} | {k.encode(): v for k, v in fields.items()}
    return read_entry(StreamEntry(id_, {k: v for k, v in whole.items() if v}), [INVOICES], removes=False)


def test_the_page_about_the_queue_names_every_field_and_no_other() -> None:
    table = QUEUE[QUEUE.index("| field |") :].partition("\n\n")[0]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", table)) == FIELDS - {"s3"}


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
