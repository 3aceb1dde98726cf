"""Every address of the desk, and who may use it: a new one has to be entered here before any test passes."""

from collections.abc import AsyncIterator
from enum import Enum, auto
from itertools import count

import pytest
import pytest_asyncio
from aiohttp import web
from yarl import URL

from jobs.model.names import personal_code
from jobs.model.reasons import Reason
from jobs.model.roles import Action, actions_of
from tests.support.builders import INVOICES, a_seal
from tests.support.counter import SALARIES, Counter, a_counter
from tests.whole.browser import Browser, a_browser
from worker.desk.application import ROUTES

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Open(Enum):
    """Addresses that belong to no route."""

    ANYBODY = auto()
    SIGNED_IN = auto()
    """It shows and changes only what is the person's own, or of their routes."""


LAW = {
    "GET /": Open.ANYBODY,
    "POST /sign-in": Open.ANYBODY,
    "POST /sign-out": Open.ANYBODY,
    "GET /signed-out": Open.ANYBODY,
    "GET /callback": Open.ANYBODY,
    "GET /events": Open.ANYBODY,
    "POST /language": Open.ANYBODY,
    "GET /approve-all": Open.SIGNED_IN,
    "POST /approve-all": Open.SIGNED_IN,
    "GET /sitting": Open.SIGNED_IN,
    "GET /sitting/next": Open.SIGNED_IN,
    "POST /sitting/go-on": Open.SIGNED_IN,
    "POST /sitting/leave-out": Open.SIGNED_IN,
    "POST /sitting/stop": Open.SIGNED_IN,
    "GET /seals": Open.SIGNED_IN,
    "POST /seals/enrol": Action.ENROL,
    "GET /quarantine": Open.SIGNED_IN,
    "POST /quarantine/retry": Action.RETRY,
    "POST /quarantine/dismiss": Action.RETRY,
    "POST /quarantine/{document}/reinstate": Action.RETRY,
    "GET /quarantine/{document}/original": Action.SEE,
    "GET /quarantine/{document}/sealed": Action.SEE,
    "GET /documents/{document}": Action.SEE,
    "GET /documents/{document}/original": Action.SEE,
    "GET /documents/{document}/sealed": Action.SEE,
    "GET /documents/{document}/sidecar": Action.SEE,
    "GET /batches/{batch}/evidence": Action.SEE,
    "POST /routes/{route}/gather": Action.GATHER,
    "GET /batches": Open.SIGNED_IN,
    "GET /search": Open.SIGNED_IN,
    "POST /routes/{route}/freeze": Action.FREEZE,
    "POST /routes/{route}/unfreeze": Action.FREEZE,
    "GET /batches/{batch}": Action.SEE,
    "GET /batches/{batch}/documents/{document}": Action.SEE,
    "GET /batches/{batch}/documents/{document}/files/{number}": Action.SEE,
    "GET /batches/{batch}/documents/{document}/picture": Action.SEE,
    "POST /batches/{batch}/approve": Action.APPROVE,
    "GET /batches/{batch}/authorize": Action.APPROVE,
    "POST /batches/{batch}/ask-again": Action.ASK_AGAIN,
    "POST /batches/{batch}/release": Action.RELEASE,
    "POST /batches/{batch}/abandon": Action.CANCEL,
}
CLOSED = [address for address, law in LAW.items() if law is not Open.ANYBODY]
PEOPLE = {
    role: personal_code(f"PNOLV-000123-0001{number}")
    for number, role in enumerate(("viewer", "releaser", "approver", "deputy", "stranger"))
}
SETTINGS = {
    INVOICES: {
        "seal": a_seal().label,
        "four_eyes": True,
        **{f"{role}s": [PEOPLE[role]] for role in ("viewer", "releaser", "approver")},
        "deputies": [PEOPLE["deputy"]],
        "escalate_after": "PT1H",
    },
    SALARIES: {"seal": "CN:SIA PARAUGS: algas", "approvers": [PEOPLE["stranger"]]},
}
_numbers = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def counter(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Counter]:
    async with a_counter(tmp_path_factory.mktemp("counter"), SETTINGS) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with a_browser() as opened:
        yield opened


async def ask(counter: Counter, browser: Browser, address: str, csrf: str = "") -> tuple[int, str]:
    """Ask for an address of route invoices; gives the status, and where the answer leads."""
    method, path = address.split(" ")
    document = "x"
    if "document" in path or "quarantine/" in path:
        # One for each, since some of them change it.
        document = (await counter.refused(next(_numbers), Reason.DAMAGED, b"%PDF-")).id
    path = path.format(route=INVOICES, batch=f"{INVOICES}-000001", document=document, number=0)
    form = {"csrf": csrf, "document": document, "why": "because", "label": a_seal().label} if method == "POST" else None
    url = URL(f"{counter.url}{path}", encoded=True)
    async with browser.http.request(method, url, data=form, allow_redirects=False) as reply:
        return reply.status, reply.headers.get("Location", "")


async def test_every_address_stands_here() -> None:
    addresses = {f"{each.method} {each.path}" for each in ROUTES if isinstance(each, web.RouteDef)}
    assert addresses == LAW.keys()


@pytest.mark.parametrize("role", PEOPLE)
async def test_each_role_may_do_what_the_law_says_and_nothing_else(
    counter: Counter, browser: Browser, role: str
) -> None:
    await browser.open(f"{counter.url}/enter/{PEOPLE[role]}")
    secret = str((await browser.open(f"{counter.url}/seals")).form("/sign-out").fields["csrf"])
    allowed = actions_of(PEOPLE[role], counter.app.desk.tools.routes[INVOICES])
    for address in CLOSED:
        status, _ = await ask(counter, browser, address, secret)
        law = LAW[address]
        is_refused = isinstance(law, Action) and law not in allowed
        assert (status == web.HTTPForbidden.status_code) == is_refused, (address, status)
        assert status != web.HTTPInternalServerError.status_code, address


async def test_without_signing_in_everything_leads_to_the_door(counter: Counter, browser: Browser) -> None:
    secret = str((await browser.open(f"{counter.url}/")).form("/sign-in").fields["csrf"])
    for address in CLOSED:
        assert await ask(counter, browser, address, secret) == (303, "/"), address


async def test_no_form_does_anything_without_the_secret_of_its_session(counter: Counter, browser: Browser) -> None:
    await browser.open(f"{counter.url}/enter/{PEOPLE['approver']}")
    for address in LAW:
        if address.startswith("POST"):
            assert (await ask(counter, browser, address, "guessed"))[0] == web.HTTPForbidden.status_code, address


async def test_what_was_sealed_on_a_route_of_others_is_not_named(counter: Counter, browser: Browser) -> None:
    (sealed,) = await counter.delivered(1000)
    repeated = {"route": SALARIES, "sha256": sealed.sha256}
    document = await counter.refused(1001, Reason.SEALED_BEFORE, b"%PDF-", **repeated)
    await browser.open(f"{counter.url}/enter/{PEOPLE['stranger']}")
    page = await browser.open(f"{counter.url}/documents/{document.id}")
    assert "The same content was sealed before, in another batch." in page.text
    assert sealed.id not in page.source
    assert sealed.name not in page.source
