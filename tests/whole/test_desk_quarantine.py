"""The quarantine, single documents and seals on the desk: what they show, to whom, and what a person decides there.

All tests share one desk over real folders; each has documents of its own.
"""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from jobs.model.documents import Document
from jobs.model.names import DocumentId
from jobs.model.reasons import ADVICE, Reason
from jobs.model.records import Refusal
from tests.sandbox.practice import an_invoice
from tests.support.builders import ANNA, JANIS, a_document_id, a_seal
from tests.support.counter import LIGA, SALARIES, Counter, a_counter
from tests.whole.browser import Browser, a_browser
from worker.storage.explanation import Dismissal, NotQuarantined

pytestmark = pytest.mark.asyncio(loop_scope="module")
PDF = an_invoice(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path_factory.mktemp("counter")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def anna(counter: Counter) -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        await browser.open(f"{counter.url}/enter/{ANNA}")
        yield browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def janis(counter: Counter) -> AsyncIterator[Browser]:
    async with a_browser() as browser:
        await browser.open(f"{counter.url}/enter/{JANIS}")
        yield browser


async def test_the_quarantine_says_why_each_document_lies_there_and_what_to_do(counter: Counter, anna: Browser) -> None:
    document = await counter.refused(1, Reason.ENCRYPTED, PDF, name="2026/rēķins <1>.pdf")
    page = await anna.open(f"{counter.url}/quarantine")
    assert "2026/rēķins <1>.pdf" in page.text
    assert ADVICE[Reason.ENCRYPTED] in page.text
    assert "what support wants to know" in page.text
    assert page.tree.xpath(f"//a[@href='/documents/{document.id}']")


async def test_who_is_not_of_its_route_sees_and_gets_nothing_of_a_document(
    counter: Counter, anna: Browser, janis: Browser
) -> None:
    document = await counter.refused(2, Reason.DAMAGED, PDF, name="secret name.pdf", route=SALARIES)
    assert "secret name" not in (await anna.open(f"{counter.url}/quarantine")).source
    for address in (
        f"documents/{document.id}",
        f"documents/{document.id}/original",
        f"quarantine/{document.id}/original",
    ):
        page = await anna.open(f"{counter.url}/{address}")
        assert page.status == 403
        assert "secret name" not in page.source
    form = await anna.open(f"{counter.url}/quarantine")
    for action in ("retry", "dismiss"):
        secret = form.form("/quarantine/retry").fields["csrf"]
        refused = await anna.post(f"{counter.url}/quarantine/{action}", csrf=secret, document=document.id, why="no")
        assert refused.status == 403
    assert await counter.is_in_quarantine(document.id)
    assert "secret name" in (await janis.open(f"{counter.url}/quarantine")).source


async def test_who_only_looks_on_sees_and_opens_all_of_a_route_and_decides_nothing(counter: Counter) -> None:
    document = await counter.refused(80, Reason.DAMAGED, PDF)
    async with a_browser() as liga:
        await liga.open(f"{counter.url}/enter/{LIGA}")
        page = await liga.open(f"{counter.url}/documents/{document.id}")
        assert "In quarantine" in page.text
        assert not page.offers("/quarantine/")
        assert not (await liga.open(f"{counter.url}/seals")).offers("/seals/enrol")
        async with liga.http.get(f"{counter.url}/documents/{document.id}/original") as reply:
            assert await reply.read() == PDF
        secret = page.form("/sign-out").fields["csrf"]
        for action in ("retry", "dismiss"):
            answer = await liga.post(f"{counter.url}/quarantine/{action}", csrf=secret, document=document.id, why="no")
            assert answer.status == 403
    assert await counter.is_in_quarantine(document.id)


async def test_what_belongs_to_no_route_is_seen_by_all_and_opened_by_who_is_of_every_route(
    counter: Counter, anna: Browser, janis: Browser
) -> None:
    document = await counter.refused(3, Reason.NO_ROUTE, PDF, name="stray.pdf")
    kept = counter.way.layout.quarantine_place(document.id).record
    record = json.loads(kept.read_text())
    record["explanation"]["route"] = None
    kept.write_text(json.dumps(record))
    assert "stray.pdf" in (await anna.open(f"{counter.url}/quarantine")).text
    assert (await anna.get(f"{counter.url}/quarantine/{document.id}/original")).status == 403
    async with janis.http.get(f"{counter.url}/quarantine/{document.id}/original") as reply:
        assert await reply.read() == PDF


async def test_the_chosen_are_sent_again_and_lead_to_what_they_became(counter: Counter, anna: Browser) -> None:
    documents = [await counter.refused(number, Reason.NOT_FINALIZED, PDF) for number in (4, 5)]
    left = await counter.refused(6, Reason.NOT_FINALIZED, PDF)
    page = await anna.open(f"{counter.url}/quarantine?reason=not-finalized")
    secret = page.form("/quarantine/retry").fields["csrf"]
    answer = await anna.http.post(
        f"{counter.url}/quarantine/retry",
        data=[("csrf", secret), *(("document", document.id) for document in documents)],
    )
    assert "2 documents are on their way again." in await answer.text()
    assert await counter.is_in_quarantine(left.id)
    before = await anna.open(f"{counter.url}/documents/{documents[0].id}")
    assert "Sent again" in before.text
    became = before.tree.xpath("string(//ol//a[contains(., 'as document')]/@href)")
    after = await anna.open(f"{counter.url}{became}")
    assert "Waits for its batch" in after.text
    assert after.tree.xpath(f"//ol//a[@href='/documents/{documents[0].id}']")


async def test_what_is_refused_once_more_is_told_so(counter: Counter, anna: Browser) -> None:
    document = await counter.refused(7, Reason.NOT_A_PDF, b"no PDF at all")
    page = await anna.submit(await anna.open(f"{counter.url}/documents/{document.id}"), "/quarantine/retry")
    assert "1 was refused once more and is back here as a new entry." in page.text


async def test_content_that_was_sealed_before_is_sent_only_when_somebody_says_so(
    counter: Counter, anna: Browser
) -> None:
    (sealed,) = await counter.delivered(8)
    document = await counter.refused(9, Reason.SEALED_BEFORE, PDF, sha256=sealed.sha256)
    page = await anna.open(f"{counter.url}/documents/{document.id}")
    assert f"The same content was sealed before, as {sealed.name}." in page.text
    assert "1 was left here" in (await anna.submit(page, "/quarantine/retry")).text
    assert await counter.is_in_quarantine(document.id)
    await anna.submit(page, "/quarantine/retry", {"again": "yes"})
    assert not await counter.is_in_quarantine(document.id)


async def test_what_is_put_aside_for_good_leaves_the_list_keeps_its_original_and_can_be_taken_back(
    counter: Counter, anna: Browser
) -> None:
    document = await counter.refused(10, Reason.DAMAGED, PDF, name="old.pdf")
    shown = counter.way.base / "quarantine/invoices/old.pdf"
    page = await anna.open(f"{counter.url}/documents/{document.id}")
    page = await anna.submit(page, "/quarantine/dismiss", {"why": "The customer sent another one."})
    assert "Anna Parauga" in page.text
    assert "You put it aside for good: The customer sent another one." in page.text
    assert not shown.exists()
    kept = counter.way.layout.quarantine_place(document.id)
    assert kept.original.read_bytes() == PDF
    assert json.loads(kept.record.read_text())["dismissal"]["by"] == ANNA
    assert "old.pdf" not in (await anna.open(f"{counter.url}/quarantine")).text
    assert "The customer sent another one." in (await anna.open(f"{counter.url}/quarantine?show=dismissed")).text
    page = await anna.submit(page, "/reinstate")
    assert "In quarantine" in page.text
    assert shown.read_bytes() == PDF
    assert "old.pdf" in (await anna.open(f"{counter.url}/quarantine")).text


async def test_of_several_who_decide_at_once_one_is_first_and_the_others_are_told_so(counter: Counter) -> None:
    room, send_again = counter.app.desk.documents.quarantine, counter.app.desk.documents.send_again

    async def dismiss(document: DocumentId, steps: int) -> None:
        for _ in range(steps):
            await room.entries()
        with suppress(NotQuarantined):
            await room.dismiss(document, Dismissal(by=ANNA, name="Anna", at=datetime.now(UTC), why="because"))

    for number in range(8):
        document = (await counter.refused(90 + number, Reason.NOT_FINALIZED, an_invoice(90 + number))).id
        first, second, _ = await asyncio.gather(
            send_again([document], again=True), send_again([document], again=True), dismiss(document, number)
        )
        assert sorted(type(outcome) is Document for outcome in (*first, *second)) == [False, True]
        assert not await counter.is_in_quarantine(document)


@pytest.mark.parametrize("why", ["", "  ", "x" * 501])
async def test_nothing_is_put_aside_for_good_without_a_reason(counter: Counter, anna: Browser, why: str) -> None:
    document = await counter.refused(11, Reason.DAMAGED, PDF)
    page = await anna.open(f"{counter.url}/documents/{document.id}")
    assert (await anna.submit(page, "/quarantine/dismiss", {"why": why})).status == 400
    assert await counter.is_in_quarantine(document.id)


async def test_an_original_is_shown_in_a_sandbox_and_only_a_pdf_is_shown(counter: Counter, anna: Browser) -> None:
    pdf = await counter.refused(12, Reason.LOCKED, PDF, name='rēķins "1".pdf')
    html = await counter.refused(13, Reason.NOT_A_PDF, b"<script>alert(1)</script>", name="evil.html")
    async with anna.http.get(f"{counter.url}/quarantine/{pdf.id}/original") as reply:
        assert await reply.read() == PDF
        assert reply.headers["Content-Type"] == "application/pdf"
        assert reply.headers["Content-Security-Policy"].startswith("sandbox;")
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.headers["Content-Disposition"].startswith('inline; filename="r__ins _1_.pdf"; filename*=UTF-8')
        assert reply.headers["Cache-Control"] == "no-store"
    async with anna.http.get(f"{counter.url}/quarantine/{pdf.id}/original?download") as reply:
        assert reply.headers["Content-Disposition"].startswith("attachment;")
    async with anna.http.get(f"{counter.url}/quarantine/{html.id}/original") as reply:
        assert reply.headers["Content-Type"] == "application/octet-stream"
        assert reply.headers["Content-Disposition"].startswith("attachment;")


async def test_a_sealed_document_tells_its_way_and_gives_its_files(counter: Counter, anna: Browser) -> None:
    (document,) = await counter.delivered(20)
    facts = await counter.app.desk.documents.trace(document.id)
    page = await anna.open(f"{counter.url}/documents/{document.id}")
    for told in ("It was taken in", "It became part of batch", "You approved.", "was verified", "and delivered as"):
        assert told in page.text
    async with anna.http.get(f"{counter.url}/documents/{document.id}/sealed") as reply:
        assert await reply.read() == f"sealed {document.id}".encode()
    async with anna.http.get(f"{counter.url}/documents/{document.id}/sidecar") as reply:
        assert (await reply.json())["document"] == document.id
    async with anna.http.get(f"{counter.url}/batches/{facts.batch}/evidence") as reply:
        archive = zipfile.ZipFile(io.BytesIO(await reply.read()))
    assert archive.testzip() is None
    described = json.loads(archive.read(f"{facts.batch}-evidence/batch.json"))
    assert document.id in {one["id"] for one in described["documents"]}


async def test_a_sealed_file_without_its_archive_timestamp_can_be_had_and_no_other_that_was_not_delivered(
    counter: Counter, anna: Browser
) -> None:
    for number, reason, status in ((70, Reason.NOT_ARCHIVED, 200), (71, Reason.NOT_VERIFIED, 404)):
        document = (await counter.gathered(number))[0]
        counter.way.layout.place(document.id).sealed.write_bytes(b"sealed")
        refusal = Refusal(document=document.id, reason=reason, detail="no timestamp")
        batch = (await counter.app.desk.documents.trace(document.id)).batch
        await counter.app.desk.documents.quarantine.put(document, refusal, batch)
        async with anna.http.get(f"{counter.url}/quarantine/{document.id}/sealed") as reply:
            assert reply.status == status
            if status == 200:
                assert await reply.read() == b"sealed"
                assert f'filename="{document.name}"' in reply.headers["Content-Disposition"]
                assert (
                    "without its archive timestamp" in (await anna.open(f"{counter.url}/documents/{document.id}")).text
                )


@pytest.mark.parametrize("become", ["taken", "changed"])
async def test_a_sealed_file_that_is_not_what_was_delivered_any_more_is_not_given(
    counter: Counter, anna: Browser, become: str
) -> None:
    (document,) = await counter.delivered(30 + len(become))
    sealed = counter.way.base / "outbox/invoices" / document.name
    if become == "taken":
        sealed.unlink()
    else:
        sealed.write_bytes(bytes(reversed(sealed.read_bytes())))
    page = await anna.open(f"{counter.url}/documents/{document.id}/sealed")
    assert page.status == 404
    assert "not in the outbox any more" in page.text


async def test_an_original_that_nothing_leads_on_stands_on_the_desk(
    counter: Counter, anna: Browser, janis: Browser
) -> None:
    document = a_document_id(40)
    place = counter.way.layout.place(document)
    place.original.write_bytes(PDF)
    try:
        assert document in (await anna.open(f"{counter.url}/quarantine")).text
        page = await janis.open(f"{counter.url}/documents/{document}")
        assert "Astray" in page.text
        assert (await anna.get(f"{counter.url}/documents/{document}/original")).status == 403
        async with janis.http.get(f"{counter.url}/documents/{document}/original") as reply:
            assert await reply.read() == PDF
    finally:
        place.original.unlink()


@pytest.mark.parametrize("document", [a_document_id(99), "nonsense", "..%2f..%2fetc"])
async def test_a_document_that_is_not_known_is_a_friendly_page(counter: Counter, anna: Browser, document: str) -> None:
    page = await anna.open(f"{counter.url}/documents/{document}")
    assert page.status == 404
    assert "Back to the desk" in page.text


async def test_the_pages_count_what_lies_in_quarantine_for_this_person(counter: Counter, anna: Browser) -> None:
    entries = await counter.app.desk.documents.quarantine.entries()
    mine = sum(one.explanation.route == "invoices" for one in entries)
    page = await anna.open(f"{counter.url}/seals")
    assert page.tree.xpath("string(//nav[@class='rooms']//span)") == str(mine)


async def test_the_seals_of_a_person_tell_what_is_to_be_done(counter: Counter, anna: Browser, janis: Browser) -> None:
    await counter.app.desk.tools.seals.save(a_seal())
    page = await anna.open(f"{counter.url}/seals")
    assert "SIA PARAUGS: eZīmogs" in page.text
    assert "algas" not in page.text
    assert page.offers("/seals/enrol")
    theirs = await janis.open(f"{counter.url}/seals")
    assert "SIA PARAUGS: algas" in theirs.text
    assert "Not enrolled yet" in theirs.text


async def test_nobody_sees_any_of_it_without_signing_in(counter: Counter) -> None:
    async with a_browser() as stranger:
        for address in (
            "quarantine",
            "seals",
            f"documents/{a_document_id(1)}",
            f"quarantine/{a_document_id(1)}/original",
        ):
            page = await stranger.get(f"{counter.url}/{address}")
            assert (page.status, page.headers["Location"]) == (303, "/")
