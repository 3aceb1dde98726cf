"""Every page of the desk in a real browser: on phone and desk, in both languages, light and dark.

All of them are visited once, each view beside the others; the tests look at what was seen. The pictures are for people:
`tests/screenshots/`, which git does not know.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.builders import JANIS
from tests.support.counter import NAMES
from tests.support.gallery import CUSTOMERS, LONG, WHY, Gallery, a_gallery
from tests.whole.chromium import AXE, SCREENSHOTS, chromium

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]
TALLEST = 2000
"""Pixels of a page that a picture shows."""


@dataclass(frozen=True)
class View:
    """A screen, and who sits at it."""

    name: str
    width: int
    height: int
    language: str
    scheme: Literal["light", "dark"]


PHONE = View("phone-en", 360, 740, "en", "light")
SMALL_PHONE = View("phone-lv", 320, 640, "lv", "dark")
DESK = View("desk-en", 1280, 800, "en", "light")
LATVIAN_DESK = View("desk-lv", 1280, 800, "lv", "dark")
VIEWS = (PHONE, SMALL_PHONE, DESK, LATVIAN_DESK)
JUDGED = (PHONE, LATVIAN_DESK)
"""Where axe looks, which takes longer than all the rest: at one page here, at the next one there."""


@dataclass(frozen=True)
class Visit:
    """What was seen of a page."""

    page: str
    view: View
    width: int
    language: str
    sentences: frozenset[str]
    unmarked: Sequence[str]
    """What can have the focus and does not show it."""
    asked_for: float | None
    """Where the bottom of the main button is, in pixels from the top; None where there is none."""
    violations: Sequence[str]

    def __str__(self) -> str:
        return f"{self.page} at {self.view.name}"


@dataclass(frozen=True)
class Tour:
    """All visits, and what browsers complained of."""

    visits: Sequence[Visit]
    complaints: Sequence[str]

    def of(self, view: View) -> dict[str, Visit]:
        return {visit.page: visit for visit in self.visits if visit.view is view}


SEEN = """() => {
  const words = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (!walker.currentNode.parentElement.closest("code")) words.push(walker.currentNode.data);
  for (const each of document.querySelectorAll("[aria-label], [placeholder], [title], [alt]"))
    for (const name of ["aria-label", "placeholder", "title", "alt"]) words.push(each.getAttribute(name) ?? "");
  const unmarked = [];
  for (const each of document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")) {
    if (each.disabled || !each.checkVisibility()) continue;
    each.focus({ preventScroll: true });
    const isMarked = document.activeElement === each && getComputedStyle(each).outlineStyle !== "none";
    if (!isMarked) unmarked.push(each.outerHTML);
  }
  document.activeElement.blur();
  const main = [...document.querySelectorAll("main button.main, main a.main")].find((each) => each.checkVisibility());
  return {
    width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight,
    language: document.documentElement.lang, words: [document.title, ...words], unmarked,
    asked: main ? main.getBoundingClientRect().bottom + scrollY : null,
  };
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gallery(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gallery]:
    async with a_gallery(tmp_path_factory.mktemp("gallery")) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tour(gallery: Gallery, chromium: Browser) -> Tour:
    complaints: list[str] = []
    contexts = [await come_in(chromium, view, complaints) for view in VIEWS]
    visits: list[Visit] = []

    async def visit_all(addresses: dict[str, str]) -> None:
        walks = (walk(gallery.url, page, view, addresses) for view, page in zip(VIEWS, pages, strict=True))
        visits.extend(visit for walked in await asyncio.gather(*walks) for visit in walked)

    pages = [await context.new_page() for context in contexts]
    await visit_all({"welcome": "/"})
    for page in pages:
        await page.goto(f"{gallery.url}/enter/{JANIS}")
    await visit_all(gallery.addresses())
    await gallery.begin_sitting(is_over=False)
    await visit_all({"desk-in-sitting": "/", "sitting": "/sitting"})
    await gallery.begin_sitting(is_over=True)
    await visit_all({"sitting-over": "/sitting"})
    for context in contexts:
        await context.close()
    return Tour(visits, complaints)


async def come_in(chromium: Browser, view: View, complaints: list[str]) -> BrowserContext:
    context = await chromium.new_context(
        viewport={"width": view.width, "height": view.height},
        locale=view.language,
        color_scheme=view.scheme,
        reduced_motion="reduce",
    )
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on("console", lambda message: complaints.append(message.text))
    return context


async def walk(url: str, page: Page, view: View, addresses: dict[str, str]) -> list[Visit]:
    return [
        await visit(page, view, name, url + address, is_judged=view is JUDGED[number % len(JUDGED)])
        for number, (name, address) in enumerate(addresses.items())
    ]


async def visit(page: Page, view: View, name: str, address: str, *, is_judged: bool) -> Visit:
    await page.goto(address)
    await page.keyboard.press("Tab")
    seen: dict[str, Any] = await page.evaluate(SEEN)
    await photograph(page, SCREENSHOTS / f"{name}-{view.name}.jpg", view.width, min(seen["height"], TALLEST))
    found = await Axe().run(page, options=AXE) if is_judged else None
    return Visit(
        page=name,
        view=view,
        width=seen["width"],
        language=seen["language"],
        sentences=frozenset(" ".join(words.split()) for words in seen["words"]),
        unmarked=seen["unmarked"],
        asked_for=seen["asked"],
        violations=()
        if found is None
        else [f"{each['id']}: {each['nodes'][0]['html']}" for each in found.response["violations"]],
    )


async def photograph(page: Page, path: Path, width: int, height: int) -> None:
    path.parent.mkdir(exist_ok=True)
    await page.screenshot(
        path=path, type="jpeg", quality=75, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}
    )


async def test_no_page_is_wider_than_its_screen(tour: Tour) -> None:
    assert [str(visit) for visit in tour.visits if visit.width > visit.view.width] == []


async def test_every_page_is_in_the_language_of_who_reads_it_and_no_sentence_in_another(
    tour: Tour, gallery: Gallery
) -> None:
    assert [str(visit) for visit in tour.visits if visit.language != visit.view.language] == []
    own = re.compile("|".join(map(re.escape, [*CUSTOMERS, *NAMES.values(), LONG, WHY, *gallery.told])))
    latvian = tour.of(LATVIAN_DESK)
    untold = {
        (name, sentence)
        for name, visit in tour.of(DESK).items()
        for sentence in visit.sentences & latvian[name].sentences
        if re.search(r"[a-z]{2,} [a-z]{2,}", own.sub("", sentence))
    }
    assert untold == set()


async def test_axe_finds_nothing_on_any_page_and_every_target_is_large_enough(tour: Tour) -> None:
    assert {str(visit): visit.violations for visit in tour.visits if visit.violations} == {}


async def test_whatever_has_the_focus_shows_it(tour: Tour) -> None:
    assert {str(visit): visit.unmarked for visit in tour.visits if visit.unmarked} == {}


async def test_no_script_fails_and_the_policy_refuses_nothing(tour: Tour) -> None:
    # Pages that are not there, and those of damaged batches, answer with their status.
    assert [text for text in tour.complaints if not re.search(r"status of 4(04|09)", text)] == []


@pytest.mark.parametrize("page", ["desk", "batch-waiting", "batch-stopped", "approve-all", "sitting", "welcome"])
async def test_what_a_page_asks_for_is_on_the_first_screen_of_a_phone(tour: Tour, page: str) -> None:
    asked_for = tour.of(PHONE)[page].asked_for
    assert asked_for is not None
    assert asked_for <= PHONE.height
