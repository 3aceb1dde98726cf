"""Documents are read in a process of their own: what harms it is refused alone, and nobody else notices."""

import asyncio
import gc
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.model.documents import Document
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from tests.support.bombs import MEGABYTE, a_bomb
from tests.support.pdfs import a_pdf
from tests.support.waiting import PATIENCE, until
from tests.whole.station import Station
from worker.guarded import MEMORY, SERVED, TooSlow
from worker.inbox.inspector import Inspector
from worker.storage.explanation import Explanation

PDF = a_pdf("an invoice")
REFUSED = {Reason.TOO_COMPLEX, Reason.DAMAGED}
"""A harmful document is refused either before it does harm or because of it."""
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"


def raw_pdf(*objects: bytes) -> bytes:
    """A PDF of these objects; the first is the catalogue."""
    content, offsets = b"%PDF-1.7\n", []
    for number, value in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, value)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(content))
    return content + b"xref\n0 %d\n" % size + table + end


def with_pages(number: int) -> bytes:
    """A page tree that names one page so many times: readers make each one anew."""
    kids = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (number, b"3 0 R " * number)
    return raw_pdf(b"<< /Type /Catalog /Pages 2 0 R >>", kids, PAGE)


def with_packed_object(size: int) -> bytes:
    """An object stream that takes so many bytes once it is inflated, and some thousand before."""
    packed = a_bomb(size // MEGABYTE + 1, begins=b"1 0 <<>>")
    stream = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >> stream\n%b\nendstream"
    return raw_pdf(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        PAGE,
        stream % (len(packed), packed),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(PDF)
    return path


@pytest.fixture(scope="module")
def shared() -> Iterator[Inspector]:
    inspector = Inspector()
    yield inspector
    inspector.close()


def process_of(inspector: Inspector) -> int:
    assert inspector._child is not None
    return inspector._child._process.pid


def ask(inspector: Inspector, path: Path) -> object:
    return inspector.inspect(path, None, 60)


class TestOneProcess:
    """How it lives."""

    def test_it_is_started_once_and_serves_many(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        process = process_of(shared)
        assert [ask(shared, path) for _ in range(20)] == [()] * 20
        assert process_of(shared) == process

    def test_it_is_replaced_before_it_grows_old(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        process = process_of(shared)
        assert shared._child is not None
        shared._child._served = SERVED
        assert ask(shared, path) == ()
        assert process_of(shared) != process

    def test_it_is_replaced_when_something_else_ended_it(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        os.kill(process_of(shared), signal.SIGKILL)
        assert ask(shared, path) == ()

    def test_what_takes_too_long_ends_it_and_the_next_document_is_read(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        process = process_of(shared)
        os.kill(process, signal.SIGSTOP)
        with pytest.raises(TooSlow):
            shared.inspect(path, None, 0.2)
        assert ask(shared, path) == ()
        assert process_of(shared) != process

    async def test_it_ends_with_whoever_asked(self, path: Path) -> None:
        inspector = Inspector()
        await asyncio.to_thread(ask, inspector, path)
        process = process_of(inspector)
        del inspector
        gc.collect()
        await until(lambda: not is_running(process))

    def test_it_costs_nothing_while_nobody_asks(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        before = ticks_of(process_of(shared))
        time.sleep(0.5)
        assert ticks_of(process_of(shared)) - before <= 1

    def test_it_knows_no_secrets(self, shared: Inspector, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "secret")
        shared.close()
        ask(shared, path)
        assert b"CLIENT_SECRET" not in Path(f"/proc/{process_of(shared)}/environ").read_bytes()

    def test_its_memory_is_limited(self, shared: Inspector, path: Path) -> None:
        ask(shared, path)
        soft, _ = resource.prlimit(process_of(shared), resource.RLIMIT_AS)
        used = int(Path(f"/proc/{process_of(shared)}/statm").read_text().split()[0]) * resource.getpagesize()
        assert used <= soft <= used + MEMORY


def is_running(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def ticks_of(process: int) -> int:
    """Hundredths of a second of CPU that it took so far (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class TestHarmfulDocuments:
    """They are refused, and cost neither their neighbours nor the worker anything."""

    @pytest.mark.parametrize("number", [100_000, 400_000, 1_000_000])
    def test_a_page_tree_of_one_page_without_end(self, shared: Inspector, path: Path, number: int) -> None:
        path.write_bytes(with_pages(number))
        assert judged(shared, path) in REFUSED
        path.write_bytes(PDF)
        assert ask(shared, path) == ()

    def test_what_inflates_to_more_than_there_is(self, shared: Inspector, path: Path) -> None:
        path.write_bytes(with_packed_object(2 * MEMORY))
        assert judged(shared, path) in {"()", *REFUSED}
        path.write_bytes(PDF)
        assert ask(shared, path) == ()

    async def test_neighbours_are_taken_and_the_worker_does_not_grow(self, tmp_path: Path) -> None:
        station = Station(tmp_path)
        station.drop("invoices/a.pdf", PDF)
        await station.intake.rescan()
        before = peak_of(os.getpid())
        station.drop("invoices/b.pdf", with_pages(500_000))
        station.drop("invoices/c.pdf", a_pdf("c"))
        station.drop("orders/d.pdf", a_pdf("d"))
        explanation = await read_refusal(station)
        assert (explanation.name, explanation.reason in REFUSED) == ("b.pdf", True)
        taken = {outcome.name for outcome in station.outcomes if isinstance(outcome, Document)}
        assert taken == {"a.pdf", "c.pdf", "d.pdf"}
        assert peak_of(os.getpid()) - before < 50_000_000


def judged(inspector: Inspector, path: Path) -> str:
    try:
        return str(ask(inspector, path))
    except Rejected as error:
        return error.reason


def peak_of(process: int) -> int:
    """The most memory that it ever had, in bytes (proc(5))."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


async def look_again(station: Station) -> None:
    """Rescan as a watcher does, which leaves the processor to those who read."""
    await station.intake.rescan()
    await asyncio.sleep(0.02)


async def read_refusal(station: Station) -> Explanation:
    """Wait for the one refusal."""
    async with asyncio.timeout(PATIENCE):
        while not any(isinstance(outcome, Explanation) for outcome in station.outcomes):
            await look_again(station)
    (explanation,) = [outcome for outcome in station.outcomes if isinstance(outcome, Explanation)]
    return explanation


class TestSlowDocuments:
    """What takes long beside others is read once more alone, and refused when that takes too long too."""

    async def test_it_is_read_alone_while_its_neighbours_go_on(self, tmp_path: Path) -> None:
        beside, alone = Inspector(), Inspector()
        station = Station(tmp_path, inspectors=(beside, alone), reading=(0.5, 5))
        station.drop("invoices/0.pdf", PDF)
        await station.intake.rescan()
        os.kill(process_of(beside), signal.SIGSTOP)
        for number in (1, 2):
            station.drop(f"invoices/{number}.pdf", a_pdf(str(number)))
        rescan = await station.intake.rescan()
        assert (rescan.claimed, rescan.unsettled) == (1, 1)
        async with asyncio.timeout(PATIENCE):
            while len(await station.waiting()) < 3:
                await look_again(station)

    def test_time_in_which_a_busy_machine_does_not_let_it_work_does_not_count(
        self, shared: Inspector, path: Path
    ) -> None:
        ask(shared, path)
        process = process_of(shared)
        os.kill(process, signal.SIGSTOP)
        going_on = threading.Timer(1.5, os.kill, (process, signal.SIGCONT))
        going_on.start()
        assert shared.inspect(path, None, 1) == ()
        assert process_of(shared) == process

    def test_time_in_which_it_works_counts(self, shared: Inspector, path: Path) -> None:
        path.write_bytes(with_pages(50_000))
        with pytest.raises(TooSlow):
            shared.inspect(path, None, 0.001)

    async def test_it_is_refused_when_that_takes_too_long_too(self, tmp_path: Path) -> None:
        beside, alone = Inspector(), Inspector()
        station = Station(tmp_path, inspectors=(beside, alone), reading=(0.1, 0.3))
        (tmp_path / "first.pdf").write_bytes(PDF)
        ask(alone, tmp_path / "first.pdf")
        ask(beside, tmp_path / "first.pdf")
        for inspector in (beside, alone):
            os.kill(process_of(inspector), signal.SIGSTOP)
        station.drop("invoices/slow.pdf", PDF)
        explanation = await read_refusal(station)
        assert explanation.reason is Reason.TOO_COMPLEX
        assert "takes longer than 0.3 seconds" in explanation.detail
        assert (station.quarantined / "invoices/slow.pdf").read_bytes() == PDF
