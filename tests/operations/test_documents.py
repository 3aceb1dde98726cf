"""What the project's own documents claim is held against the code."""

from pathlib import Path

import pytest

from config.reading import EXAMPLE, read_settings
from config.sections import Folders
from jobs.model.lifecycle import diagram
from jobs.model.reasons import ADVICE, Reason

ROOT = Path(__file__).parents[2]


def test_the_diagram_in_the_architecture_is_the_table() -> None:
    assert diagram() in (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)


def test_the_example_settings_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "secret")
    settings = read_settings(EXAMPLE)
    assert settings.folders == Folders().below(EXAMPLE.parent)


def test_no_lock_file_names_a_host() -> None:
    for lock in (ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"):
        content = lock.read_text(encoding="utf-8")
        assert "--hash=sha256:" in content
        assert "://" not in content
