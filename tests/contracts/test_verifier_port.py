"""One suite for every verifier: the one in memory of what the memory vendor seals, and the real one of real files."""

import pytest

from jobs.model.digest import Digest
from jobs.model.errors import Permanent, Rejected
from jobs.model.reasons import Reason
from tests.contracts.vendors import VendorSide, prepare, seal_one
from tests.wire.practice import PDF

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_values_that_fit_their_digests_come_back_in_their_order(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(number) for number in (1, 2, 3)])
    values = await side.service.sign(prepared, await side.consent(prepared))
    pairs = list(zip((item.digest for item in prepared.documents), values, strict=True))
    assert await side.verifier.verify_values(prepared.seal, pairs) == values


async def test_values_that_changed_places_are_refused(side: VendorSide) -> None:
    prepared = await prepare(side, [side.document(1), side.document(2)])
    values = await side.service.sign(prepared, await side.consent(prepared))
    swapped = zip((item.digest for item in prepared.documents), reversed(values), strict=True)
    with pytest.raises(Permanent):
        await side.verifier.verify_values(prepared.seal, list(swapped))


async def test_a_sealed_file_is_what_was_approved(side: VendorSide) -> None:
    sealed = await seal_one(side)
    await side.service.download(sealed.session, sealed.document, PDF)
    proof = await side.verifier.verify_sealed(sealed.document, sealed.expectation)
    assert proof.level_name == "PAdES B-LT"
    assert proof.size > sealed.document.size


async def test_an_archived_file_says_so(side: VendorSide) -> None:
    sealed = await seal_one(side)
    await side.service.archive([sealed.session], sealed.prepared.seal)
    await side.service.download(sealed.session, sealed.document, PDF)
    proof = await side.verifier.verify_sealed(sealed.document, sealed.expectation)
    assert proof.level_name == "PAdES B-LTA"


async def test_a_file_with_another_value_or_digest_is_refused(side: VendorSide) -> None:
    sealed, other = await seal_one(side, 1), await seal_one(side, 2)
    await side.service.download(sealed.session, sealed.document, PDF)
    for changed in ({"value": other.value}, {"digest": Digest.sha256(b"another")}):
        with pytest.raises(Rejected) as caught:
            await side.verifier.verify_sealed(sealed.document, sealed.expectation.model_copy(update=changed))
        assert caught.value.reason is Reason.NOT_VERIFIED


async def test_a_file_that_was_altered_on_its_way_is_refused(side: VendorSide) -> None:
    sealed = await seal_one(side)
    await side.service.download(sealed.session, sealed.document, PDF)
    side.alter(sealed.document)
    with pytest.raises(Rejected):
        await side.verifier.verify_sealed(sealed.document, sealed.expectation)


async def test_a_file_that_never_came_is_no_refusal(side: VendorSide) -> None:
    sealed = await seal_one(side, 20)
    with pytest.raises(FileNotFoundError):
        await side.verifier.verify_sealed(sealed.document, sealed.expectation)
