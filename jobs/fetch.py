"""A sealed file is fetched from the vendor and held against what was approved. Doing it again changes nothing."""

from jobs.history import History
from jobs.model import Proof
from jobs.ports import Tools
from jobs.records import PreparedDocument
from jobs.sealed_copy import Expectation


async def fetch(item: PreparedDocument, history: History, tools: Tools) -> Proof:
    """Bring one sealed file to the shelf and verify it. Raises Rejected when it is not what was approved."""
    document = history.documents[item.document]
    await tools.service.download(item.session, document, history.gathered.profile)
    return await tools.verifier.sealed(document, _expectation(item, history))


def sealed_items(history: History) -> tuple[PreparedDocument, ...]:
    """The prepared documents that the vendor said it sealed."""
    failed = {result.document for result in history.sealed.results if result.error is not None}
    return tuple(item for item in history.prepared.documents if item.document not in failed)


def _expectation(item: PreparedDocument, history: History) -> Expectation:
    (value,) = (signed.value for signed in history.signed.values if signed.document == item.document)
    return Expectation(
        digest=item.digest,
        value=value,
        certificate=history.prepared.seal.certificate,
        profile=history.gathered.profile,
    )
