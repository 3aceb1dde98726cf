"""How documents are looked at: in a process of its own, bounded whatever they are, and once."""

import asyncio
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from jobs.model.documents import Document
from jobs.model.names import BatchId, batch_id
from jobs.model.records import Abandoned
from jobs.prepare import prepare
from tests.support.builders import ANNA, INVOICES, NOON
from tests.support.handwritten import an_invoice, deflated, write
from tests.support.ledger import MemoryLedger
from tests.support.looks import HOSTILE, a_file, shelve
from tests.support.memory_app import MemoryApp
from tests.support.pades import an_original, sealed
from tests.support.pdfs import a_pdf
from tests.support.pki import the_seal
from tests.support.waiting import until
from worker.guarded import LONGEST_ANSWER, MEMORY
from worker.objects.failures import StorageAway
from worker.preview import Fault, Look, Previews
from worker.preview.ahead import look_ahead_for_ever
from worker.preview.cache import PreviewCache
from worker.preview.drawer import Drawer
from worker.preview.look import HEIGHT, WIDTH
from worker.storage.layout import Layout
from worker.storage.originals import KeptOriginals

BATCH = batch_id(INVOICES, 1)
PDF = "application/pdf"
OFTEN = timedelta(milliseconds=5)
ENDLESS = write(an_invoice(more={4: deflated(b"0 0 m 900 900 l S " * 300_000)}))
"""A page that takes seconds to draw."""


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    drawer = Drawer()
    yield drawer
    drawer.close()


def draw(drawer: Drawer, folder: Path, content: bytes, media_type: str = PDF) -> tuple[Look, bytes]:
    path = folder / "drawn"
    path.write_bytes(content)
    return drawer.draw(path, media_type)


def a_picture(kind: str, size: tuple[int, int] = (3000, 2000)) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, "red").save(content, kind)
    return content.getvalue()


def process_of(drawer: Drawer) -> int:
    assert drawer._child is not None
    return drawer._child._process.pid


def peak_of(process: int) -> int:
    """The most memory that it ever used, in bytes (proc(5), VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


# Drawing


def test_a_page_is_drawn_small(drawer: Drawer, tmp_path: Path) -> None:
    look, picture = draw(drawer, tmp_path, an_original())
    shown = Image.open(BytesIO(picture))
    assert shown.size == (look.width, look.height)
    assert shown.width <= WIDTH
    assert shown.height <= HEIGHT
    assert look.pages == 1


@pytest.mark.parametrize("box", ["0 0 14400 14400", "0 0 1 14400", "0 0 14400 1", "0 0 99999999 99999999"])
def test_a_huge_page_is_a_small_picture_too(drawer: Drawer, tmp_path: Path, box: str) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.pages[0].MediaBox = pikepdf.Array([int(number) for number in box.split()])
    content = BytesIO()
    pdf.save(content)
    look, _ = draw(drawer, tmp_path, content.getvalue())
    assert look.fault or (look.width <= WIDTH and look.height <= HEIGHT)


def test_scripts_forms_and_attachments_are_named_and_nothing_of_them_happens(drawer: Drawer, tmp_path: Path) -> None:
    look, picture = draw(drawer, tmp_path, HOSTILE)
    assert look.fault is None
    assert look.attachments == ("run.html",)
    assert picture


async def test_who_signed_is_named_by_their_certificate(drawer: Drawer, tmp_path: Path) -> None:
    look, _ = draw(drawer, tmp_path, await sealed(an_original(), the_seal()))
    assert look.signers == ("Example seal",)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_drawn_smaller(drawer: Drawer, tmp_path: Path, kind: str) -> None:
    look, _ = draw(drawer, tmp_path, a_picture(kind), f"image/{kind.lower()}")
    assert (look.fault, look.width, look.height) == (None, WIDTH, WIDTH * 2 // 3)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"no pdf", PDF),
        (b"", PDF),
        (a_pdf(encryption=pikepdf.Encryption(owner="o", user="u")), PDF),
        (a_picture("BMP", (9, 9)), "image/png"),
    ],
    ids=["text", "nothing", "encrypted", "another kind"],
)
def test_what_cannot_be_read_has_no_picture(drawer: Drawer, tmp_path: Path, content: bytes, media_type: str) -> None:
    look, picture = draw(drawer, tmp_path, content, media_type)
    assert (look, picture) == (Look(fault=Fault.UNREADABLE), b"")


def test_a_picture_that_unpacks_to_gigabytes_has_none(drawer: Drawer, tmp_path: Path) -> None:
    content = a_picture("PNG", (9, 9))
    # Width and height in its header (PNG §11.2.2) say more than is there.
    bomb = content[:16] + (40_000).to_bytes(4, "big") * 2 + content[24:]
    look, _ = draw(drawer, tmp_path, bomb, "image/png")
    assert look.fault is not None


def test_a_page_that_takes_too_long_is_given_up_and_the_next_one_drawn(tmp_path: Path) -> None:
    hasty = Drawer(patience=0.2)
    try:
        assert draw(hasty, tmp_path, ENDLESS)[0] == Look(fault=Fault.TOO_SLOW)
        assert draw(hasty, tmp_path, an_original())[0].fault is None
    finally:
        hasty.close()


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (str(LONGEST_ANSWER * 4), Fault.TOO_LARGE),
        ("{", Fault.UNREADABLE),
        ("[]", Fault.UNREADABLE),
        ('{"look": {"width": 1e9}, "picture": ""}', Fault.UNREADABLE),
        ('{"look": {}, "picture": "é"}', Fault.UNREADABLE),
        ('{"look": {}, "picture": 7}', Fault.UNREADABLE),
    ],
)
def test_whatever_a_file_that_took_over_its_reader_says_it_has_no_picture(
    tmp_path: Path, told: str, fault: Fault
) -> None:
    drawer = Drawer(module="tests.support.taken_over")
    try:
        assert draw(drawer, tmp_path, told.encode()) == (Look(fault=fault), b"")
        assert drawer._child is None
    finally:
        drawer.close()


def test_whoever_draws_gives_way_to_everybody_else(drawer: Drawer, tmp_path: Path) -> None:
    draw(drawer, tmp_path, an_original())
    assert os.getpriority(os.PRIO_PROCESS, process_of(drawer)) == 19


# Keeping


@pytest.fixture
def cache(tmp_path: Path) -> PreviewCache:
    return PreviewCache(tmp_path / "previews", most=100_000, life=timedelta(days=7))


def kept(folder: Path) -> int:
    return sum(path.stat().st_size for path in (folder / "previews").iterdir())


def test_what_is_kept_is_found_again(cache: PreviewCache) -> None:
    file, look = a_file(b"one").files[0], Look(width=10, height=20, signers=("Anna",))
    assert cache.find(file) is None
    cache.keep(file, look, b"picture")
    assert (cache.find(file), cache.picture(file)) == (look, b"picture")


def test_the_same_bytes_of_another_kind_are_looked_at_anew(cache: PreviewCache) -> None:
    cache.keep(a_file(b"one", media_type="image/png").files[0], Look(fault=Fault.UNREADABLE), b"")
    assert cache.find(a_file(b"one").files[0]) is None


def test_it_never_takes_more_than_it_may_by_much(cache: PreviewCache, tmp_path: Path) -> None:
    most = 0
    for number in range(60):
        cache.keep(a_file(b"%d" % number).files[0], Look(width=1, height=1), b"p" * 5000)
        most = max(most, kept(tmp_path))
    assert most < 110_000
    assert cache.find(a_file(b"59").files[0])
    assert cache.find(a_file(b"0").files[0]) is None


def test_what_is_old_goes(tmp_path: Path) -> None:
    cache = PreviewCache(tmp_path / "previews", most=10**9, life=timedelta(days=7))
    old, new = a_file(b"old").files[0], a_file(b"new").files[0]
    cache.keep(old, Look(width=1, height=1), b"p")
    for path in (tmp_path / "previews").iterdir():
        os.utime(path, (0, 0))
    again = PreviewCache(tmp_path / "previews", most=10**9, life=timedelta(days=7))
    again.keep(new, Look(width=1, height=1), b"p")
    assert again.find(old) is None
    assert again.find(new)


def test_what_failed_for_want_of_time_is_tried_again_after_a_while(cache: PreviewCache, tmp_path: Path) -> None:
    file = a_file(b"slow").files[0]
    cache.keep(file, Look(fault=Fault.TOO_SLOW), b"")
    assert cache.find(file)
    two_hours_ago = time.time() - 7200
    for path in (tmp_path / "previews").iterdir():
        os.utime(path, (two_hours_ago, two_hours_ago))
    assert cache.find(file) is None


def test_what_is_damaged_is_as_good_as_not_there(cache: PreviewCache, tmp_path: Path) -> None:
    file = a_file(b"one").files[0]
    cache.keep(file, Look(width=1, height=1), b"p")
    for path in (tmp_path / "previews").glob("*.json"):
        path.write_bytes(b"{")
    assert cache.find(file) is None
    for path in (tmp_path / "previews").glob("*.json"):
        path.unlink()
        path.mkdir()
    assert cache.find(file) is None


# Looking


class Counting(Drawer):
    """A real one that counts what it draws, and how many at once."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = self.at_once = self.most_at_once = 0

    def draw(self, path: Path, media_type: str) -> tuple[Look, bytes]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return super().draw(path, media_type)
        finally:
            self.at_once -= 1
            self.drawn += 1


def looked_at(documents: list[Document], contents: list[bytes], layout: Layout, drawer: Drawer) -> Previews:
    for document, content in zip(documents, contents, strict=True):
        shelve(layout, document, content)
    cache = PreviewCache(layout.root / "previews", most=10**8, life=timedelta(days=7))
    return Previews(KeptOriginals(layout), cache, drawer)


async def test_a_hundred_documents_are_drawn_once_one_at_a_time_in_bounded_memory(tmp_path: Path) -> None:
    contents = [a_pdf(str(number)) for number in range(100)]
    documents = [a_file(content, number=number) for number, content in enumerate(contents, start=1)]
    drawer = Counting()
    previews = looked_at(documents, contents, Layout(tmp_path), drawer)
    try:
        asked = [previews.picture(BATCH, document, document.files[0]) for document in documents * 2]
        pictures = await asyncio.gather(*asked)
        assert all(pictures)
        assert (drawer.drawn, drawer.most_at_once) == (100, 1)
        assert peak_of(process_of(drawer)) < MEMORY + (150 << 20)
    finally:
        previews.close()


async def test_what_is_not_kept_any_more_has_no_picture(tmp_path: Path, drawer: Drawer) -> None:
    previews = looked_at([], [], Layout(tmp_path), drawer)
    document = a_file(b"gone")
    assert await previews.picture(BATCH, document, document.files[0]) is None
    assert await previews.find_looks([document]) == {}


async def test_another_file_in_its_place_is_not_shown(tmp_path: Path, drawer: Drawer) -> None:
    document = a_file(an_original())
    previews = looked_at([document], [a_pdf("another")], Layout(tmp_path), drawer)
    assert await previews.picture(BATCH, document, document.files[0]) is None


async def test_what_was_seen_is_known_by_its_content(tmp_path: Path, drawer: Drawer) -> None:
    document = a_file(HOSTILE)
    previews = looked_at([document], [HOSTILE], Layout(tmp_path), drawer)
    assert await previews.picture(BATCH, document, document.files[0])
    known = await previews.find_looks([document])
    assert known[document.sha256.hex].attachments == ("run.html",)


async def test_only_what_a_person_may_come_to_see_is_drawn_ahead(tmp_path: Path) -> None:
    contents, app, drawer = [a_pdf("fresh"), a_pdf("awaited"), a_pdf("unprepared")], MemoryApp(), Counting()
    documents = [a_file(content, number=number) for number, content in enumerate(contents, start=1)]
    previews = looked_at(documents, contents, Layout(tmp_path), drawer)
    fresh = await app.gathered(documents[0])
    await app.prepared(documents[1])
    await app.gathered(documents[2])
    app.later(60)
    await prepare(fresh, app.tools)
    looking = asyncio.create_task(look_ahead_for_ever(previews, app.ledger, app.age, OFTEN, keeps=True))
    try:
        await until(lambda: any((tmp_path / "previews").glob("*.json")))
        assert list(await previews.find_looks(documents)) == [documents[1].sha256.hex]
        assert drawer.drawn == 1
    finally:
        looking.cancel()
        previews.close()


class AwayOnce(MemoryLedger):
    """Cannot be listed once, where it `is_away`, as a storage that does not answer."""

    is_away = False

    async def open_batches(self, *, may_lag: bool = False) -> tuple[BatchId, ...]:
        if self.is_away:
            self.is_away = False
            raise StorageAway("the endpoint is not reached")
        return await super().open_batches()


async def test_a_storage_that_is_away_delays_looking_ahead_and_no_more(tmp_path: Path, drawer: Drawer) -> None:
    document, ledger = a_file(HOSTILE), AwayOnce()
    app = MemoryApp(ledger=ledger)
    previews = looked_at([document], [HOSTILE], Layout(tmp_path), drawer)
    await app.prepared(document)
    app.later(60)
    ledger.is_away = True
    looking = asyncio.create_task(look_ahead_for_ever(previews, ledger, app.age, OFTEN, keeps=True))
    try:
        await until(lambda: any((tmp_path / "previews").glob("*.json")) or looking.done())
        assert not looking.done()
    finally:
        looking.cancel()
        previews.close()


async def test_where_originals_are_not_kept_what_was_seen_of_a_batch_goes_with_it(
    tmp_path: Path, drawer: Drawer
) -> None:
    document, folder, app = a_file(HOSTILE), tmp_path / "previews", MemoryApp()
    previews = looked_at([document], [HOSTILE], Layout(tmp_path), drawer)
    history = await app.prepared(document)
    app.later(60)
    looking = asyncio.create_task(look_ahead_for_ever(previews, app.ledger, app.age, OFTEN, keeps=False))
    try:
        await until(lambda: any(folder.glob("*.json")))
        await app.ledger.append(history, Abandoned(at=NOON, why="cancelled", by=ANNA))
        await app.ledger.close(history.batch)
        await until(lambda: not any(folder.iterdir()))
    finally:
        looking.cancel()
