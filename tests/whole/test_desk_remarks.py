"""What a person should know before approving, and of what never came so far, stands on the desk."""

from datetime import timedelta

from jobs.gather import gather
from jobs.model.remarks import EXPLANATION, Remark
from tests.support.builders import INVOICES
from tests.whole.browser import Browser
from tests.whole.site import Site
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
