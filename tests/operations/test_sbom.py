"""`make sbom`: whoever asks what zimogs is made of gets all of it, in a form that other programs read."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.operations.test_locks import ROOT, RUN, pins
from tests.support.waiting import PATIENCE


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the Makefile's own command writes."""
    target = tmp_path_factory.mktemp("sbom") / "sbom.json"
    (recipe,) = re.findall(r"(?m)^sbom:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    command = recipe.lstrip("\t@").replace("$(BIN)", str(Path(sys.executable).parent)).replace("sbom.json", str(target))
    subprocess.run(command, shell=True, check=True, cwd=ROOT, timeout=PATIENCE)  # noqa: S602  as make runs it
    written: dict[str, Any] = json.loads(target.read_bytes())
    return written


def test_it_is_of_zimogs_and_in_the_standard_form(bill: dict[str, Any]) -> None:
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "zimogs"


def test_it_names_every_package_that_is_installed_with_its_hashes(bill: dict[str, Any]) -> None:
    listed = {one["name"]: one for one in bill["components"]}
    assert {name: one["version"] for name, one in listed.items()} == pins(RUN)
    assert all(one["purl"] == f"pkg:pypi/{name}@{one['version']}" for name, one in listed.items())
    locked = set(re.findall(r"sha256:([0-9a-f]{64})", RUN.read_text(encoding="utf-8")))
    hashes = {
        found["content"] for one in listed.values() for file in one["externalReferences"] for found in file["hashes"]
    }
    assert hashes == locked
