"""What a program hands in is ours once it is told so, whatever crashes, and is taken once under one key."""

import asyncio
import errno
import multiprocessing
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Document
from jobs.model.hand_in import BadHandIn, HandIn, KeyReused, Once, UnderWay
from jobs.model.names import DocumentId
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.way_in import WayIn
from tests.support.builders import INVOICES
from tests.support.pdfs import a_pdf
from tests.support.shelves import files
from tests.support.waiting import until
from tests.whole.dying import CONTRACTS, PROFILES, die_while_handing_in, one_piece
from tests.whole.station import Station
from worker.inbox.handing_in import HandingIn
from worker.storage.hand_in_book import HandInBook
from worker.storage.uploads import TooManyBytes

PDF = a_pdf("an invoice")
ONCE = Once(owner="a-key", key="invoice 17")
SEVENTEEN = HandIn(route=INVOICES, name="rēķins.pdf", metadata=b'{"number": "R-17"}', once=ONCE)


@pytest.fixture
def station(tmp_path: Path) -> Station:
    return Station(tmp_path)


@pytest.fixture
def handing_in(station: Station) -> HandingIn:
    return station.handing_in


async def test_what_is_handed_in_waits_with_its_name_hash_and_metadata(station: Station, handing_in: HandingIn) -> None:
    receipt = await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=len(PDF), wait=60)
    (document,) = await station.waiting()
    assert receipt.outcome == document
    assert (document.id, document.name, document.sha256) == (receipt.document, "rēķins.pdf", Digest.sha256(PDF))
    assert (receipt.sha256, receipt.size) == (document.sha256, len(PDF))
    assert document.metadata is not None
    assert document.metadata.number == "R-17"
    assert document.way_in is WayIn.API
    assert station.original(document) == PDF


async def test_the_same_under_the_same_key_is_answered_with_the_first(station: Station, handing_in: HandingIn) -> None:
    first = await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    again = await station.handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6)
    assert (again.document, again.sha256, again.size, again.is_repeat) == (first.document, first.sha256, len(PDF), True)
    assert len(await station.waiting()) == 1


@pytest.mark.parametrize("other", [{"name": "other.pdf"}, {"metadata": None}])
async def test_something_else_under_the_same_key_is_not_taken(
    station: Station, handing_in: HandingIn, other: dict[str, str | None]
) -> None:
    await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    with pytest.raises(KeyReused):
        await handing_in.hand_in(one_piece(PDF), SEVENTEEN.model_copy(update=other), most=10**6)
    with pytest.raises(KeyReused):
        await handing_in.hand_in(one_piece(PDF + b"\n"), SEVENTEEN, most=10**6)
    assert len(await station.waiting()) == 1


async def test_one_key_is_handed_in_by_one_at_a_time(station: Station, handing_in: HandingIn) -> None:
    with HandInBook(station.layout.root).holding(ONCE), pytest.raises(UnderWay):
        await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6)
    await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    assert len(await station.waiting()) == 1


async def test_keys_of_two_owners_have_nothing_to_do_with_each_other(station: Station, handing_in: HandingIn) -> None:
    for owner in ("a-key", "another"):
        about = SEVENTEEN.model_copy(update={"once": Once(owner=owner, key="17")})
        await handing_in.hand_in(one_piece(PDF), about, most=10**6, wait=60)
    assert len(await station.waiting()) == 2


async def test_what_is_larger_than_it_may_be_leaves_nothing_behind(station: Station, handing_in: HandingIn) -> None:
    with pytest.raises(TooManyBytes):
        await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=len(PDF) - 1)
    assert files(station.layout.shelf) == set()
    assert await station.waiting() == ()


async def test_what_cannot_be_sealed_is_refused_as_if_it_had_been_dropped(
    station: Station, handing_in: HandingIn
) -> None:
    receipt = await handing_in.hand_in(one_piece(b"no PDF"), SEVENTEEN, most=100, wait=60)
    assert isinstance(receipt.outcome, Refusal)
    assert receipt.outcome.reason is Reason.NOT_A_PDF
    (entry,) = await station.quarantine.entries()
    assert entry.explanation.document == receipt.document


@pytest.mark.parametrize(
    "name", ["../a.pdf", "/etc/a.pdf", "a\\b.pdf", ".a.pdf", "a\n.pdf", " a.pdf", "", "..", "a\0.pdf", "x" * 256]
)
def test_a_name_that_is_a_path_or_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(BadHandIn, match="name"):
        HandIn.read(route=INVOICES, name=name)


async def test_a_sender_who_was_told_an_id_finds_it_whatever_was_killed(tmp_path: Path) -> None:
    sender = multiprocessing.get_context("spawn").Process(target=die_while_handing_in, args=(tmp_path,))
    sender.start()
    await until(lambda: not sender.is_alive(), patience=300)
    assert sender.exitcode == 0
    steps = await asyncio.to_thread(lambda: [*tmp_path.iterdir()])
    assert len(steps) > 10
    for step in steps:
        station = Station(step, profiles=PROFILES)
        (document,) = await station.waiting(CONTRACTS)
        assert isinstance(document, Document)
        assert set((step / "told").read_text().split()) == {document.id}, step
        assert station.original(document) == b"a contract"
        assert document.metadata is not None
        assert [*station.layout.shelf.glob(".*.part")] == [], step


async def test_what_cannot_be_kept_where_it_outlives_the_machine_is_not_taken_and_can_be_sent_again(
    tmp_path: Path, station: Station, handing_in: HandingIn
) -> None:
    def refuse(documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
        return {document: OSError(errno.EREMOTEIO, "away") for document in documents}

    cut_off = Station(tmp_path, keep=refuse).handing_in
    with pytest.raises(OSError, match="away"):
        await cut_off.hand_in(one_piece(PDF), SEVENTEEN, most=10**6)
    assert files(station.layout.shelf) == set()
    receipt = await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    assert not receipt.is_repeat
    assert [one.id for one in await station.waiting()] == [receipt.document]


async def test_what_outlives_the_machine_since_it_came_is_not_sent_there_again_while_it_is_judged(
    tmp_path: Path,
) -> None:
    sent: list[DocumentId] = []

    def keep(documents: Sequence[DocumentId]) -> Mapping[DocumentId, OSError]:
        sent.extend(documents)
        return {}

    station = Station(tmp_path, keep=keep)
    receipt = await station.handing_in.hand_in(one_piece(b"no PDF"), SEVENTEEN, most=10**6, wait=60)
    assert isinstance(receipt.outcome, Refusal)
    again = await station.intake.retry(receipt.document)
    assert isinstance(again, Refusal)
    (entry,) = await station.quarantine.entries()
    assert sent == [receipt.document, entry.explanation.document]


async def test_keys_are_forgotten_in_time_and_those_that_led_to_nothing_too(
    station: Station, handing_in: HandingIn
) -> None:
    await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    with HandInBook(station.layout.root).holding(Once(owner="a-key", key="nothing")):
        pass
    assert await handing_in.forget(timedelta(hours=24)) == 0
    assert await handing_in.forget(timedelta(seconds=-1)) == 1
    assert files(station.layout.root / "handed-in") == set()
    again = await handing_in.hand_in(one_piece(PDF), SEVENTEEN, most=10**6, wait=60)
    assert not again.is_repeat
