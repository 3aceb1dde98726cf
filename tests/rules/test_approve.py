from datetime import timedelta

import pytest

from jobs.approve import authorization_request, is_stale
from jobs.model.errors import NotApprovable
from tests.support.builders import ANNA, JANIS, age_at, documents
from tests.support.memory_app import MemoryApp

TEN_MINUTES = timedelta(minutes=10)


async def test_a_person_is_asked_about_exactly_what_was_prepared() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(2))
    request = authorization_request(history, ANNA, app.route)
    assert (request.identity, request.summary) == (history.prepared.seal.identity, history.prepared.summary)


async def test_only_people_on_the_list_may_approve() -> None:
    app = MemoryApp()
    with pytest.raises(NotApprovable, match="not on the list"):
        authorization_request(await app.prepared(*documents(1)), JANIS, app.route)


async def test_only_a_prepared_batch_can_be_approved() -> None:
    app = MemoryApp()
    with pytest.raises(NotApprovable, match="does not wait for an approval"):
        authorization_request(await app.signed(*documents(1)), ANNA, app.route)


async def test_digests_grow_stale() -> None:
    app = MemoryApp()
    history = await app.prepared(*documents(1))
    assert not is_stale(history, TEN_MINUTES, age_at(app.time + TEN_MINUTES))
    assert is_stale(history, TEN_MINUTES, age_at(app.time + TEN_MINUTES + timedelta(seconds=1)))
