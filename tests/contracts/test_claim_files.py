"""Documents that are claimed together share one file, and none of them suffers for another."""

import os
from pathlib import Path

import pytest

from jobs.model.documents import Document
from jobs.model.names import DocumentId
from tests.support.builders import INVOICES, documents
from worker.inbox.claim import Claim, read, stage
from worker.storage.durable import make_folder
from worker.storage.layout import Layout
from worker.storage.shelf import DiskShelf

THREE = documents(3)


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    make_folder(layout.shelf)
    stage([claim(document) for document in THREE], layout)
    return layout


@pytest.fixture
def shelf(layout: Layout) -> DiskShelf:
    return DiskShelf(layout)


def claim(document: Document) -> Claim:
    source = f"file:///inbox/{document.name}"
    return Claim(id=document.id, route=INVOICES, name=document.name, received_at=document.received_at, source=source)


def claim_path(layout: Layout, document: Document) -> Path:
    return layout.place(document.id).claim


def test_a_group_of_claims_is_one_file_and_each_is_read_by_its_own_name(layout: Layout) -> None:
    assert claim_path(layout, THREE[0]).stat().st_nlink == len(THREE)
    assert [read(claim_path(layout, document)) for document in THREE] == [claim(document) for document in THREE]


async def test_what_was_claimed_together_leaves_one_by_one(layout: Layout, shelf: DiskShelf) -> None:
    shelf.write(THREE[:2])
    shelf.admit(THREE[:1])
    assert await shelf.waiting_list(INVOICES) == THREE[:1]
    await shelf.leave_waiting_list(THREE[:1])
    shelf.admit(THREE[1:2])
    assert await shelf.waiting_list(INVOICES) == THREE[1:2]
    assert read(claim_path(layout, THREE[2])) == claim(THREE[2])


async def test_a_line_that_a_crash_cut_off_takes_no_other_along_and_is_written_once_more(
    layout: Layout, shelf: DiskShelf
) -> None:
    shelf.write(THREE)
    os.truncate(claim_path(layout, THREE[2]), claim_path(layout, THREE[2]).stat().st_size - 10)
    shelf.admit(THREE[:2])
    assert await shelf.waiting_list(INVOICES) == THREE[:2]
    shelf.write(THREE[2:])
    shelf.admit(THREE[2:])
    assert await shelf.waiting_list(INVOICES) == THREE


async def test_a_claim_that_is_gone_or_cannot_be_written_keeps_no_other_from_being_written(
    layout: Layout, shelf: DiskShelf
) -> None:
    gone, refused, written = THREE
    claim_path(layout, gone).unlink()
    claim_path(layout, refused).unlink()
    claim_path(layout, refused).mkdir()
    assert [*shelf.write(THREE)] == [refused.id]
    shelf.admit([written])
    assert await shelf.waiting_list(INVOICES) == (written,)


def test_a_name_that_holds_the_id_of_another_document_is_not_taken_for_it(layout: Layout) -> None:
    meant = THREE[0].model_copy(update={"id": DocumentId("20261123T120000-0000000000aa")})
    other = THREE[1].model_copy(update={"id": DocumentId("20261123T120000-0000000000ff"), "name": f"{meant.id}.pdf"})
    stage([claim(other), claim(meant)], layout)
    assert read(claim_path(layout, meant)) == claim(meant)
