"""What the doctor says of a file system before the first document: one that can do everything, and a real exFAT."""

from pathlib import Path

import pytest

from tests.support.exfat import mounted_exfat
from worker.doctor.file_systems import examine_file_system
from worker.doctor.finding import Finding, Severity

FOLDERS = ("inbox", "outbox", "quarantine", "data")


def lacks(name: str, folder: Path) -> dict[str, list[Finding]]:
    """What is said of it by severity; nothing may be left behind."""
    found = list(examine_file_system(name, folder))
    assert list(folder.iterdir()) == []
    return {severity: [one for one in found if one.severity is severity] for severity in Severity}


@pytest.mark.parametrize("name", FOLDERS)
def test_a_linux_disk_can_do_everything(name: str, tmp_path: Path) -> None:
    found = lacks(name, tmp_path)
    assert not found[Severity.FAULT] + found[Severity.WARNING]
    assert len(found[Severity.OK]) == 1


def test_a_folder_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    (finding,) = examine_file_system("outbox", tmp_path / "gone")
    assert finding.severity is Severity.FAULT


def test_exfat_will_do_for_inbox_and_outbox_and_not_for_what_is_ours(tmp_path: Path) -> None:
    with mounted_exfat(tmp_path) as folder:
        inbox, outbox, data = (lacks(name, folder) for name in ("inbox", "outbox", "data"))
    assert not inbox[Severity.FAULT]
    assert ["capitals" in one.found for one in inbox[Severity.WARNING]] == [True]
    assert not outbox[Severity.FAULT]
    assert [("Windows" in one.found, 'names = "refuse"' in one.advice) for one in outbox[Severity.WARNING]] == [
        (True, True)
    ]
    assert any("hard links" in one.found and "local disk" in one.advice for one in data[Severity.FAULT])
