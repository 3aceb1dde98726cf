"""What is uploaded is what was hashed when it came, under its own name; else nothing is asked to be sealed."""

import pytest

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from sandbox.weather.operations import Operation as At
from tests.wire.practice import P256, Practice
from tests.wire.test_eparaksts_containers import EDOC, HASHED, read_files, seal_all
from worker.eparaksts.bodies import SMALL

QUOTED = 'SIA "Paraugs" līgums.txt'


@pytest.mark.parametrize("size", [1000, SMALL + 1000, 8 * SMALL])
async def test_an_original_that_changed_since_it_was_hashed_is_refused_before_any_digest(
    practice: Practice, size: int
) -> None:
    document = practice.document(content=b"%PDF-" + b"x" * size)
    original, _ = practice.place(document)
    original.write_bytes(b"%PDF-" + b"x" * (size - 1) + b"y")
    (session,) = await practice.client.service.open_sessions(1)
    with pytest.raises(Rejected, match="SHA-256 differs") as caught:
        await practice.client.service.upload(session, document, Profile())
    assert caught.value.reason is Reason.LOST_ORIGINAL
    assert practice.calls(At.CALCULATE_DIGEST) == 0
    assert await practice.client.service._files(session, document) == ()


async def test_an_original_that_vanished_refuses_its_own_document_and_leaves_the_session_empty(
    practice: Practice,
) -> None:
    document = practice.document()
    practice.place(document)[0].unlink()
    (session,) = await practice.client.service.open_sessions(1)
    with pytest.raises(Rejected, match="not there any more") as caught:
        await practice.client.service.upload(session, document, Profile())
    assert caught.value.reason is Reason.LOST_ORIGINAL
    assert await practice.client.service._files(session, document) == ()


@pytest.mark.parametrize("profile", [EDOC, HASHED])
@pytest.mark.parametrize("name", [QUOTED, "[draft] x.txt", "100 %22.txt", "a'b;c=d.txt", "rēķins ☂ №7.txt"])
async def test_a_file_is_sealed_under_its_own_name(practice: Practice, name: str, profile: Profile) -> None:
    document = practice.document(name=name, content=b"content")
    await seal_all(practice, [document], profile, P256)
    assert read_files(practice, document) == {name: b"content"}


async def test_a_name_that_the_vendor_does_not_keep_is_refused_before_any_digest(practice: Practice) -> None:
    document = practice.document(name="back\\slash.txt", content=b"content")
    (session,) = await practice.client.service.open_sessions(1)
    with pytest.raises(Rejected, match=r"keeps 'back\\\\slash.txt' as 'slash.txt'") as caught:
        await practice.client.service.upload(session, document, EDOC)
    assert caught.value.reason is Reason.UNUSABLE_NAME
