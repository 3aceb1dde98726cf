"""The rehearsal in bad weather: every file is sealed all the same, and never twice."""

from pathlib import Path

import pytest

from tests.whole.rehearsal import sealed_files, zimogs


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
    weather: str, authorizations: int, options: tuple[str, ...], tmp_path: Path
) -> None:
    ended = zimogs("demo", "--documents", "5", "--weather", weather, "--data", tmp_path / "demo", "--json", *options)
    assert ended.code == 0, ended.output + ended.complaints
    # A lost signature call seals nothing, so the person is asked once more; nothing else may cost a second consent.
    assert (ended.facts["sealed"], ended.facts["authorizations"]) == (5, authorizations)
    outbox = Path(ended.facts["outbox"])
    assert len(sealed_files(outbox)) + len(list(outbox.glob("*.edoc"))) == 5
