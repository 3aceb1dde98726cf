"""What the practice person does at the desk: sign in, enrol the seal, have batches cut, approve each of them."""

from dataclasses import dataclass
from http import HTTPStatus

from jobs.model.names import BatchId, RouteName
from worker.demo.person import LostOnPage, Page, Person
from worker.demo.practice_vendor import Persona

_METHOD = "mobileid"  # the person confirms in the eParaksts mobile app


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One practice person at one desk."""

    person: Person
    persona: Persona
    desk: str

    async def sign_in(self) -> None:
        """Leg 1: the desk sends us to the vendor, which asks who we are and sends us back. Raises LostOnPage."""
        welcome = await self.person.open(f"{self.desk}/")
        how = await self.person.submit(welcome, welcome.form(action="/sign-in"))
        who = await self.person.submit(how, how.form(field="method"), {"method": _METHOD})
        phone = await self.person.submit(who, who.form(field="login"), {"login": self.persona.login})
        back = await self.person.submit(phone, phone.form(field="login"), {"action": "confirm"})
        back.form(action="/sign-out")

    async def enrol(self) -> None:
        """Leg 1 again, now to read the seal's certificates; the vendor still knows who we are. Raises LostOnPage."""
        overview = await self.person.open(f"{self.desk}/")
        answer = await self.person.submit(overview, overview.form(action="/seals/enrol"))
        _expect(answer, f"{self.desk}/")

    async def gather(self, route: RouteName) -> None:
        """Press “Seal what waits now”. Raises LostOnPage."""
        overview = await self.person.open(f"{self.desk}/")
        await self.person.submit(overview, overview.form(action=f"/routes/{route}/gather"))

    async def approve(self, batch: BatchId) -> None:
        """Leg 2: one password for the whole batch. Raises LostOnPage."""
        page = await self.person.open(f"{self.desk}/batches/{batch}")
        consent = await self.person.submit(page, page.form(action="/approve"))
        fields = {"password": self.persona.password, "action": "approve"}
        answer = await self.person.submit(consent, consent.form(field="password"), fields)
        _expect(answer, f"{self.desk}/batches/{batch}")


def _expect(page: Page, url: str) -> None:
    if page.status != HTTPStatus.OK or not page.url.startswith(url):
        raise LostOnPage(f"expected {url}, but came to {page.url.partition('?')[0]} ({page.status}): {page.text[:300]}")
