"""`make sbom`: whoever asks what zimogs is made of gets all of it, in a form that other programs read."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.operations.test_locks import ROOT, RUN, pins
from tests.support.waiting import PATIENCE


def test_it_names_every_package_that_is_installed_with_its_hashes(tmp_path: Path) -> None:
    bill = _written(tmp_path / "sbom.json")
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "zimogs")
    listed = {one["name"]: one for one in bill["components"]}
    assert {name: one["version"] for name, one in listed.items()} == pins(RUN)
    assert all(one["purl"] == f"pkg:pypi/{name}@{one['version']}" for name, one in listed.items())
    locked = set(re.findall(r"sha256:([0-9a-f]{64})", RUN.read_text(encoding="utf-8")))
    hashes = {
        found["content"] for one in listed.values() for file in one["externalReferences"] for found in file["hashes"]
    }
    assert hashes == locked


def _written(target: Path) -> dict[str, Any]:
    """What the Makefile's own command writes."""
    (recipe,) = re.findall(r"(?m)^sbom:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    command = recipe.lstrip("\t@").replace("$(BIN)", str(Path(sys.executable).parent)).replace("sbom.json", str(target))
    subprocess.run(command, shell=True, check=True, cwd=ROOT, timeout=PATIENCE)  # noqa: S602  as make runs it
    written: dict[str, Any] = json.loads(target.read_bytes())
    return written
