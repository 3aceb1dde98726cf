"""Enrolling a seal, and enrolling it again: what is asked about always holds the certificate that is enrolled."""

import pytest

from jobs.approve import SEAL_ENDED, SEAL_RENEWED
from jobs.enrol import enrol
from jobs.model.errors import SealExpired, SealRefused
from jobs.model.lifecycle import State
from jobs.model.records import Lapsed
from jobs.model.seals import Seal
from jobs.ports import Story
from jobs.prepare import prepare
from jobs.seal import seal
from tests.support.builders import NOON, a_document, a_seal, documents
from tests.support.memory_app import MemoryApp
from tests.support.small import MemorySeals


def a_renewed_seal() -> Seal:
    return a_seal().model_copy(update={"certificate": "bmV3", "identity": "another"})


async def test_enrolling_wakes_what_waited_for_the_seal() -> None:
    app = MemoryApp(seals=MemorySeals())
    batch = await app.gathered(*documents(1))
    app.doorbell.rings.clear()
    await enrol(a_seal(), app.tools)
    assert await app.seals.find(a_seal().label) == a_seal()
    assert app.doorbell.rings == [(Story.PREPARE, batch)]


async def test_a_batch_that_was_prepared_with_the_old_certificate_is_prepared_anew() -> None:
    app = MemoryApp()
    old = await app.prepared(*documents(2))
    await enrol(a_renewed_seal(), app.tools)
    lapsed = await app.ledger.read(old.batch)
    assert lapsed.last(Lapsed).why == SEAL_RENEWED
    assert app.doorbell.rings == [(Story.PREPARE, old.batch)]
    anew = await prepare(old.batch, app.tools)
    assert anew.prepared.seal == a_renewed_seal()


async def test_enrolling_the_same_certificate_again_asks_nobody_anew() -> None:
    app = MemoryApp()
    prepared = await app.prepared(*documents(1))
    await enrol(a_seal().model_copy(update={"enrolled_at": app.time}), app.tools)
    assert await app.ledger.read(prepared.batch) == prepared
    assert app.doorbell.rings == []


async def test_what_was_approved_before_the_renewal_goes_on() -> None:
    app = MemoryApp()
    signed = await app.signed(*documents(1))
    await enrol(a_renewed_seal(), app.tools)
    assert await app.ledger.read(signed.batch) == signed


async def test_an_approval_of_digests_with_the_old_certificate_signs_nothing() -> None:
    """Also where whoever enrolled the seal again was killed before the batches were looked at."""
    app = MemoryApp()
    consent = app.consent(await app.prepared(*documents(1)))
    await app.seals.save(a_renewed_seal())
    history = await seal(consent, app.tools)
    assert history.state is State.LAPSED
    assert history.last(Lapsed).why == SEAL_RENEWED
    assert "sign" not in app.vendor.calls


async def test_an_approval_that_comes_after_the_end_of_the_certificate_signs_nothing() -> None:
    app = MemoryApp()
    consent = app.consent(await app.prepared(*documents(1)))
    await app.seals.save(a_seal().model_copy(update={"expires_at": app.time}))
    history = await seal(consent, app.tools)
    assert history.last(Lapsed).why == SEAL_ENDED
    assert "sign" not in app.vendor.calls


async def test_batches_of_other_seals_are_left_alone() -> None:
    app = MemoryApp()
    prepared = await app.prepared(a_document(1))
    await enrol(a_seal("CN:SIA CITS: eZīmogs").model_copy(update={"certificate": "bmV3"}), app.tools)
    assert await app.ledger.read(prepared.batch) == prepared


@pytest.mark.parametrize(
    ("changes", "revoked", "error"),
    [({"expires_at": NOON}, set(), SealExpired), ({}, {"bmV3"}, SealRefused)],
    ids=["ended", "revoked"],
)
async def test_a_seal_that_cannot_seal_replaces_none(
    changes: dict[str, object], revoked: set[str], error: type[Exception]
) -> None:
    app = MemoryApp()
    app.vendor.revoked = revoked
    with pytest.raises(error):
        await enrol(a_renewed_seal().model_copy(update=changes), app.tools)
    assert await app.seals.find(a_seal().label) == a_seal()
