"""What becomes of a document whose content came on its route before: what the route's `duplicates` says.

    seal             it waits for a batch like any other
    skip             decided, noted in the outbox, and its original retired
    return-earlier   it waits apart until the one before is sealed, and gets a copy of that sealed file; where there is
                     none any more, because it was collected or never came, it is sealed like any other
    quarantine       put aside, with the one before in the details

What a person sends again from quarantine is sealed: they were told of the one before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jobs.model.documents import Document, Profile, SealFormat, sealed_name
from jobs.model.duplicates import Duplicate, Duplicates, EarlierDocument
from jobs.model.levels import Form
from jobs.model.names import RouteName
from jobs.model.reasons import Reason
from jobs.model.records import Refusal
from jobs.model.seals import Proof, SealedCopy
from jobs.model.text import Text
from worker.clock import utc_now
from worker.inbox.outcomes import IntakeOutcome, Stuck, Uncompared
from worker.storage.duplicate_ports import DuplicateBook
from worker.storage.explanation import Explanation
from worker.storage.layout import Layout, name_duplicates
from worker.storage.ports import DocumentOutbox, DocumentShelf, KeptQuarantine
from worker.storage.sidecar import Sidecar
from worker.storage.threads import in_thread

Settled = Document | Duplicate | Explanation
"""It waits for a batch; it is not sealed by itself; it is put aside."""


@dataclass(frozen=True)
class DuplicateCheck:
    """Decides upon documents of the routes that `rules` names."""

    rules: Mapping[RouteName, Duplicates]
    profiles: Mapping[RouteName, Profile]
    layout: Layout
    shelf: DocumentShelf
    outbox: DocumentOutbox
    quarantine: KeptQuarantine
    book: DuplicateBook

    async def compare(self, outcomes: Sequence[IntakeOutcome]) -> list[IntakeOutcome]:
        """Settle what is `Uncompared`; one that cannot be settled is stuck, and taken up again. Raises nothing."""
        return [await self._settle(each) if isinstance(each, Uncompared) else each for each in outcomes]

    async def _settle(self, uncompared: Uncompared) -> IntakeOutcome:
        document = uncompared.document
        try:
            return await (self._prefer(document) if uncompared.is_wanted else self.settle(document))
        except Exception as error:  # noqa: BLE001  one that meets a fault of ours keeps no other from going on
            return Stuck(self.layout.place(document.id).original, error)

    async def settle(self, document: Document) -> Settled:
        """Let an inspected document in, unless the same content came before: then do what its route says."""
        rule = self.rules[document.route]
        async with self.book.deciding(document.route):
            earlier = await self.book.find_earlier(document)
            if earlier is None:
                await self._admit(document)
                return document
            duplicate = Duplicate(document=document, rule=rule, earlier=earlier)
            match rule:
                case Duplicates.QUARANTINE:
                    return await self._put_aside(document, earlier)
                case Duplicates.SKIP:
                    return await self._skip(duplicate)
                case _:
                    await self.book.park(document)
                    return await self._answer(duplicate) or duplicate

    async def look_again(self) -> list[IntakeOutcome]:
        """Return what has been sealed since to those who wait for it; gives those that wait no more. Raises nothing."""
        found: list[IntakeOutcome] = []
        try:
            for document in await self.book.list_due():
                async with self.book.deciding(document.route):
                    if await self.book.is_parked(document):
                        earlier = await self.book.find_earlier(document, is_parked=True)
                        rule = Duplicates.RETURN_EARLIER
                        duplicate = earlier and Duplicate(document=document, rule=rule, earlier=earlier)
                        answer = await (self._answer(duplicate) if duplicate else self._let_in(document))
                        found += [answer] if answer else []
        except Exception as error:  # noqa: BLE001  as above
            found.append(Stuck(self.layout.root / "repeated", error))
        return found

    async def _answer(self, duplicate: Duplicate) -> Settled | None:
        """Return the sealed file, or let the document in where there is none any more; None while it is to come."""
        document, earlier = duplicate.document, duplicate.earlier
        profile = self.profiles[document.route]
        sidecar = await self.book.find_returnable(document, earlier, profile.level.of(_form(profile)))
        if sidecar is None:
            return None if earlier.sealed_as is None else await self._let_in(document, earlier)
        returned_as = await self._return(document, sidecar)
        await self._retire(document)
        await self.book.strike_off(document)
        return duplicate.model_copy(update={"earlier": sidecar.earlier, "returned_as": returned_as})

    async def _skip(self, duplicate: Duplicate) -> Duplicate:
        await self.book.record(duplicate)
        duplicate = await self.book.tell(duplicate)
        await self._retire(duplicate.document)
        return duplicate

    async def _let_in(self, document: Document, earlier: EarlierDocument | None = None) -> Document | None:
        return document if await self.book.let_in(document, earlier) else None

    async def _prefer(self, document: Document) -> Document:
        await self.book.prefer(document)
        await self._admit(document)
        return document

    async def _return(self, document: Document, sidecar: Sidecar) -> str:
        profile = self.profiles[document.route]
        proof = Proof(
            sha256=sidecar.delivery.sha256,
            size=sidecar.sealed.size,
            form=_form(profile),
            level=profile.level,
            sealed_at=sidecar.sealed.sealed_at,
        )
        sealed = SealedCopy(name=sealed_name(document, profile.format), proof=proof)
        return (await self.outbox.return_earlier(document, sidecar, sealed)).name

    @in_thread
    def _admit(self, document: Document) -> None:
        self.shelf.admit([document])

    async def _put_aside(self, document: Document, earlier: EarlierDocument) -> Explanation:
        detail = Text("it has the same content as {earlier}", earlier=earlier.words)
        refusal = Refusal(document=document.id, reason=Reason.DUPLICATE, detail=detail)
        await self.quarantine.put(document, refusal)
        return Explanation.of(document, refusal, None, utc_now())

    async def _retire(self, document: Document) -> None:
        await self.shelf.retire(name_duplicates(document.route), [document])


async def keep_all(outcomes: Sequence[IntakeOutcome]) -> list[IntakeOutcome]:
    """Compare nothing, where no route asks for it."""
    return [*outcomes]


def _form(profile: Profile) -> Form:
    return Form.PADES if profile.format is SealFormat.PDF else Form.XADES
