"""The pod of Kubernetes, played on this machine: as its user, on its volumes, with its network and nothing more."""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.operations.kubelet import Play
from tests.operations.manifests import Manifests
from tests.operations.test_deploy import ROOT, image_variables
from tests.support.programs import required, run
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make namespaces and become another user")
PASSWORD = "a-password-of-valkey"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of the pod, from its volumes to its end."""
    for program in ("unshare", "setpriv", "prlimit", "ip"):
        required(program)
    manifests = Manifests.render("one", tmp_path_factory.mktemp("rendered"), a_root(tmp_path_factory.mktemp("root")))
    (pod,) = manifests.parts
    (settings,) = manifests.of_kind("ConfigMap").values()
    secrets = {
        "zimogs_eparaksts__client_secret": "a secret\n",
        "zimogs_redis__url": f"redis://:{PASSWORD}@valkey:6379/0\n",
    }
    # The pod's user cannot reach pytest's own folders.
    with tempfile.TemporaryDirectory(prefix="zimogs-pod-") as volume:
        play = Play(
            spec=pod.spec,
            files={"settings": settings["data"], "secrets": secrets},
            image=image_variables(),
            valkey=next(each.spec["containers"][0]["args"] for each in manifests.pods if each.name == "valkey"),
            password=PASSWORD,
            volume=volume,
        )
        ended = subprocess.run(
            ["unshare", "--mount", "--net", "--fork", "--kill-child", sys.executable, "-m", "tests.operations.kubelet"],
            input=json.dumps(asdict(play)),
            capture_output=True,
            check=False,
            cwd=ROOT,
            text=True,
            timeout=3 * PATIENCE,
        )
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def a_root(folder: Path) -> str:
    """A certificate that is nobody's practice root."""
    request = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Root")
    assert run("openssl", *request, "-keyout", folder / "key.pem", "-out", folder / "root.pem").returncode == 0
    return (folder / "root.pem").read_text()


def test_its_readiness_probe_passes_and_it_ends_within_its_grace_period(seen: dict[str, Any]) -> None:
    assert (seen["is_ready"], seen["code"]) == (True, 0), seen["log"]


def test_the_doctor_is_content_with_all_that_the_cluster_lays_there(seen: dict[str, Any]) -> None:
    about = {"vendor", "anchor Root", "seal of route invoices"}  # what no cluster lays there
    others = [finding for finding in seen["doctor"] if finding["subject"] not in about]
    assert {"redis", "redis persistence", "folder data", "protection"} <= {finding["subject"] for finding in others}
    assert [finding for finding in others if finding["verdict"] != "ok"] == []


def test_no_core_of_its_memory_can_be_written(seen: dict[str, Any]) -> None:
    assert re.search(r"(?m)^Max core file size +0 +0 ", seen["limits"])
