"""The lock files: they fit pyproject.toml, every file of every package has its hash, and no host is named."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUN, TEST = ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"

each_lock = pytest.mark.parametrize("lock", [RUN, TEST], ids=["run", "test"])


def pins(lock: Path) -> dict[str, str]:
    """Versions by package; the text behind a pin holds its hashes."""
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", lock.read_text(encoding="utf-8")))


def group(name: str) -> list[str]:
    """A dependency group with the groups it includes."""
    found: list[str] = []
    for entry in PROJECT["dependency-groups"][name]:
        found += group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return found


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [(RUN, PROJECT["project"]["dependencies"]), (RUN, group("build")), (TEST, group("dev"))],
    ids=["dependencies", "build", "dev"],
)
def test_a_lock_holds_what_the_project_asks_for(lock: Path, wanted: list[str]) -> None:
    requirements = [Requirement(text) for text in wanted]
    pinned = pins(lock)
    assert [str(one) for one in requirements if not one.specifier.contains(pinned[canonicalize_name(one.name)])] == []


def test_tests_run_with_the_very_versions_that_are_shipped() -> None:
    assert pins(RUN).items() <= pins(TEST).items()


@each_lock
def test_every_pin_has_its_hashes(lock: Path) -> None:
    entries = re.split(r"(?m)^(?=[a-z0-9])", lock.read_text(encoding="utf-8"))[1:]
    wrong = [
        entry
        for entry in entries
        if not re.fullmatch(r"\S+==\S+(?: ; .+?)?(?: \\\n    --hash=sha256:[0-9a-f]{64})+\n", entry)
    ]
    assert wrong == []


@each_lock
def test_no_host_is_named(lock: Path) -> None:
    assert "://" not in lock.read_text(encoding="utf-8")
