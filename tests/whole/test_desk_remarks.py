"""What a person should know before approving, and of what never came so far, stands on the desk."""

from datetime import timedelta

from jobs.gather import gather
from jobs.model.digest import Digest
from jobs.model.names import batch_id
from jobs.model.reasons import ADVICE, Reason
from jobs.model.remarks import EXPLANATION, Remark
from jobs.model.seals import Proof
from jobs.prepare import prepare
from tests.support.builders import INVOICES, NOON
from tests.whole.browser import Browser
from tests.whole.site import Site
from worker.storage.delivery_index import DeliveryIndex
from worker.storage.sidecar import Sidecar
from worker.storage.untaken import Obstacle, Untaken, UntakenList


async def test_the_desk_says_what_is_left_in_the_inbox_of_its_route(site: Site, browser: Browser) -> None:
    since = site.clock() - timedelta(minutes=5)
    UntakenList(site.folder / "data").write(
        [
            Untaken(path="/in/<a>.part", route=INVOICES, obstacle=Obstacle.UNFINISHED, since=since),
            Untaken(path="/in/else.pdf", route=None, obstacle=Obstacle.LINK, since=since),
        ]
    )
    page = await site.sign_in(browser)
    text = " ".join(page.text.split())
    assert "1 file left in the inbox /in/<a>.part: Its name says that a program has not finished it." in text
    assert "1 file left in the inbox, in the folder of no route /in/else.pdf: " in text


async def test_a_batch_shows_the_remarks_on_its_documents(site: Site, browser: Browser) -> None:
    (document,) = site.drop("one.pdf")
    site.shelf.admit(document.model_copy(update={"remarks": (Remark.SIGNED_BEFORE,)}))
    (batch,) = await gather(site.route, site.tools, at_once=True)
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    assert EXPLANATION[Remark.SIGNED_BEFORE] in page.text


async def test_why_a_batch_is_asked_for_again_stands_above_the_button(site: Site, browser: Browser) -> None:
    """The data folder is an older copy: the outbox shows that one document was sealed since, and hints at another."""
    await site.enrolled()
    there, collected, _ = site.drop("there.pdf", "collected.pdf", "new.pdf")
    outbox = site.folder / "outbox"
    index = DeliveryIndex(outbox, site.folder / "data")
    proof = Proof(sha256=Digest.sha256(b"sealed"), size=6, sealed_at=NOON)
    for document in (there, collected):
        index.add(Sidecar.of(batch_id(INVOICES, 1), document, proof, document.name))
    (outbox / INVOICES).mkdir()
    (outbox / INVOICES / there.name).write_bytes(b"sealed")
    (batch,) = await gather(site.route, site.tools, at_once=True)
    await prepare(batch, site.tools)
    await site.sign_in(browser)
    page = await browser.open(f"{site.url}/batches/{batch}")
    text = " ".join(page.text.split())
    assert "Read this first. Documents of this batch were sealed before, according to the outbox: 2 of them" in text
    assert "Sealed (PAdES B-LT) as there.pdf" in text
    assert ADVICE[Reason.SEALED_BEFORE].split("`", maxsplit=1)[0].strip() in text
    assert "You approve exactly the 1 document" in text
