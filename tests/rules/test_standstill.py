"""Why something does not move: every cause has its words, and failures in a row are one standstill."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from jobs.model.names import batch_id
from jobs.model.standstill import (
    WORDS,
    Cause,
    Foundation,
    Standstill,
    foresee_standstills,
    select_standstills,
)
from tests.support.builders import INVOICES, NOON

BATCH, OTHER = batch_id(INVOICES, 1), batch_id(INVOICES, 2)


def standing(subject: str = BATCH, cause: Cause = Cause.DISK_FULL) -> Standstill:
    return Standstill(subject=subject, cause=cause, since=NOON, next_try=NOON + timedelta(seconds=5))


@pytest.mark.parametrize("cause", Cause)
def test_every_cause_says_what_it_means_and_what_to_do(cause: Cause) -> None:
    assert all(text.endswith(".") and len(text) > 20 for text in WORDS[cause])


@pytest.mark.parametrize("cause", [Cause.SEAL_EXPIRED, Cause.SEAL_REFUSED])
def test_a_seal_is_never_blamed_on_the_documents(cause: Cause) -> None:
    assert "documents are not at fault" in WORDS[cause].meaning
    assert "Enrol again" in WORDS[cause].advice


def test_failures_in_a_row_count_on_from_the_first_one() -> None:
    later = standing().model_copy(update={"since": NOON + timedelta(minutes=1)})
    third = later.after(later.after(standing()))
    assert (third.since, third.attempts) == (NOON, 3)


def test_another_cause_is_another_standstill() -> None:
    later = standing(cause=Cause.VENDOR_AWAY).model_copy(update={"since": NOON + timedelta(minutes=1)})
    assert later.after(standing()) == later


@pytest.mark.parametrize("subject", ["../etc/passwd", "", "a/b", "Invoices", "a" * 100])
def test_no_subject_names_a_file_elsewhere(subject: str) -> None:
    with pytest.raises(ValidationError):
        standing(subject)


@given(st.sampled_from(Foundation))
def test_no_route_or_batch_is_named_like_a_foundation(foundation: Foundation) -> None:
    assert foundation.startswith("_")
    assert standing(foundation).subject == foundation


def test_a_batch_is_stopped_up_by_its_own_standstill_first_and_by_what_all_stand_on() -> None:
    own, other, redis = standing(), standing(OTHER), standing(Foundation.REDIS, Cause.REDIS_FULL)
    assert select_standstills([redis, other, own], BATCH, INVOICES) == (own, redis)


def test_what_others_meet_at_the_vendor_is_foreseen_for_who_has_not_tried_yet() -> None:
    away, full = standing(OTHER, Cause.VENDOR_AWAY), standing(OTHER, Cause.VENDOR_REFUSES)
    assert foresee_standstills([away, full], BATCH) == (away,)
    assert foresee_standstills([away, standing()], BATCH) == (standing(),)
