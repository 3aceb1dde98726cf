"""The rehearsal in bad weather: every file is sealed all the same, and never twice."""

import pytest

from tests.whole.rehearsal import Rehearsals, sealed_files


@pytest.mark.parametrize(
    ("weather", "authorizations", "options"),
    [
        ("busy", 1, ()),
        ("flaky", 1, ("--format", "edoc")),
        ("lost-answers", 2, ("--level", "LTA")),
        ("lost-answers", 2, ("--format", "edoc", "--level", "LTA")),
        ("lost-answers", 2, ("--format", "edoc", "--hash-only")),
    ],
)
def test_whatever_goes_wrong_every_document_is_sealed_once(
    weather: str, authorizations: int, options: tuple[str, ...], rehearsals: Rehearsals
) -> None:
    rehearsal = rehearsals.run_alone("--documents", "5", "--weather", weather, *options)
    facts = rehearsal.ended.facts
    # A lost signature call seals nothing, so the person is asked once more; nothing else may cost a second consent.
    assert (facts["sealed"], facts["authorizations"]) == (5, authorizations)
    assert len(sealed_files(rehearsal.outbox)) + len(list(rehearsal.outbox.glob("*.edoc"))) == 5
