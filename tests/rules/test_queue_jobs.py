"""What is read back from a queue is ours, or refused."""

from datetime import timedelta
from typing import Any

import pytest

from jobs.model.seals import Authorization
from jobs.ports import Story
from tests.support.builders import ANNA, NOON
from worker.queue.connecting import FOREIGN, LARGEST_JOB, deserialize, serialize
from worker.queue.jobs import CODE_LIFE, ForeignJob, Ring, consent_arguments, read_consent, read_ring, ring_arguments
from worker.storage.encryption import LARGEST_TEXT, Cipher, NotOurs

CIPHER = Cipher(bytes(32))
CONSENT = Authorization.model_validate(
    {
        "batch": "invoices-000001",
        "approver": ANNA,
        "summary": "s",
        "code": "c",
        "code_verifier": "v",
        "granted_at": NOON,
    }
)


@pytest.mark.parametrize(
    ("story", "subject"), [(Story.PREPARE, "a-1-000001"), (Story.DELIVER, "a-000001"), (Story.GATHER, "a-1")]
)
def test_a_ring_comes_through(story: Story, subject: str) -> None:
    assert read_ring(ring_arguments(story, subject, at_once=True)) == Ring(story=story, subject=subject, at_once=True)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("prepare", "a-000001"),
        ("prepare", "a-000001", True, "more"),
        ("seal", "a-000001", False),
        ("shred", "a-000001", False),
        ("prepare", "a", False),
        ("gather", "../a", False),
        ("gather", "a\n", False),
        ("prepare", "a-000001\n", False),
        ("prepare", "a/../b-000001", False),
        ("prepare", "a-\u0661\u0662\u0663\u0664\u0665\u0666", False),
        ("prepare", f"{'a' * 60}-000001", False),
        ("prepare", f"a-{'1' * 40}", False),
        ("prepare", None, False),
        ("prepare", "a-000001", {"$": 1}),
    ],
)
def test_a_ring_for_nothing_we_have_is_refused(arguments: tuple[object, ...]) -> None:
    with pytest.raises(ForeignJob):
        read_ring(arguments)


def test_a_consent_comes_through_with_its_secrets() -> None:
    assert read_consent(consent_arguments(CONSENT, CIPHER), CIPHER, NOON + CODE_LIFE) == CONSENT


def _moved(batch: str, text: str) -> tuple[Any, ...]:
    return "invoices-000002", text


def _flipped(batch: str, text: str) -> tuple[Any, ...]:
    return batch, text[:20] + ("A" if text[20] != "A" else "B") + text[21:]


def _in_clear(batch: str, _: str) -> tuple[Any, ...]:
    return batch, CONSENT.model_dump_json()


def _empty(batch: str, _: str) -> tuple[Any, ...]:
    return batch, ""


def _half(batch: str, _: str) -> tuple[Any, ...]:
    return (batch,)


@pytest.mark.parametrize("change", [_moved, _flipped, _in_clear, _empty, _half])
def test_a_consent_that_we_did_not_encrypt_for_its_batch_is_refused(change: Any) -> None:
    with pytest.raises(ForeignJob):
        read_consent(change(*consent_arguments(CONSENT, CIPHER)), CIPHER, NOON)


def test_a_consent_that_lay_too_long_is_refused() -> None:
    with pytest.raises(ForeignJob, match="too long"):
        read_consent(consent_arguments(CONSENT, CIPHER), CIPHER, NOON + CODE_LIFE + timedelta(seconds=1))


def test_no_two_texts_of_one_consent_are_alike() -> None:
    assert consent_arguments(CONSENT, CIPHER) != consent_arguments(CONSENT, CIPHER)


@pytest.mark.parametrize(("room", "function"), [(1000, "run"), (0, FOREIGN)])
def test_what_is_larger_than_any_job_of_ours_is_not_read(room: int, function: str) -> None:
    job: dict[str, object] = {"f": "run", "a": ["x" * (LARGEST_JOB - room)], "k": {}, "t": None, "et": 1}
    assert deserialize(serialize(job))["f"] == function


def test_what_is_larger_than_any_text_of_ours_is_not_opened() -> None:
    text = CIPHER.encrypt(bytes(LARGEST_TEXT), "here")
    with pytest.raises(NotOurs, match="longer"):
        CIPHER.decrypt(text, "here")
