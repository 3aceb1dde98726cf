"""A person at the desk whom the practice vendor never asks: what is measured is ours, and no time goes into clicks."""

from dataclasses import dataclass

from jobs.model.names import BatchId
from worker.demo.person import LostOnPage, PracticePerson


@dataclass(frozen=True, slots=True)
class UnaskedPerson(PracticePerson):
    """Signs in and approves with one press each; the vendor's pages lead back by themselves."""

    async def sign_in(self) -> None:
        """Be sent to the vendor and back. Raises LostOnPage."""
        welcome = await self.browser.open(f"{self.desk}/")
        back = await self.browser.submit(welcome, welcome.form(action="/sign-in"))
        back.form(action="/sign-out")

    async def approve(self, batch: BatchId) -> None:
        """Press “Approve” on the batch's page. Raises LostOnPage."""
        page = await self.browser.open(f"{self.desk}/batches/{batch}")
        answer = await self.browser.submit(page, page.form(action="/approve"))
        if not answer.url.startswith(f"{self.desk}/batches/{batch}"):
            raise LostOnPage(f"expected {self.desk}/batches/{batch}, but came to {answer.url.partition('?')[0]}")
