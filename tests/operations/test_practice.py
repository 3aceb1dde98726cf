"""A practice root is trusted only where somebody practises; elsewhere it could vouch for anything."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.reading import read_settings
from sandbox.pki.authority import Authority
from tests.operations.test_settings import MINIMAL
from worker.anchors import UnusableAnchor
from worker.app.practice import load_trust
from worker.doctor.certificates import examine_practice
from worker.doctor.finding import Severity

HERE = 'platform_url = "http://127.0.0.1:9"\nsignapi_url = "http://127.0.0.1:9"\n'
REHEARSAL = "insecure_practice = true\n"


@pytest.fixture(scope="module")
def root() -> bytes:
    return Authority.create(datetime.now(UTC)).root_pem


def verdicts(folder: Path, root: bytes, vendor: str) -> tuple[bool, list[Severity]]:
    """Whether a worker with this vendor and a practice root would start, and what the doctor says."""
    (folder / "root.pem").write_bytes(root)
    (folder / "zimogs.toml").write_text(MINIMAL.replace("[trust]", f"{vendor}[trust]"), encoding="utf-8")
    settings = read_settings(folder / "zimogs.toml")
    said = [finding.severity for finding in examine_practice(settings)]
    try:
        return bool(load_trust(settings)), said
    except UnusableAnchor:
        return False, said


def test_a_practice_root_beside_a_real_vendor_keeps_zimogs_from_starting(root: bytes, tmp_path: Path) -> None:
    assert verdicts(tmp_path, root, "") == (False, [Severity.FAULT])


def test_a_rehearsal_that_was_asked_for_starts_and_the_doctor_warns(root: bytes, tmp_path: Path) -> None:
    assert verdicts(tmp_path, root, REHEARSAL) == (True, [Severity.WARNING])


def test_a_practice_vendor_on_this_machine_needs_no_asking(root: bytes, tmp_path: Path) -> None:
    assert verdicts(tmp_path, root, HERE) == (True, [])
