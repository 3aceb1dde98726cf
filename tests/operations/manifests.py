"""What kustomize makes of `deploy/kubernetes` once a house has filled in the example, as a cluster would get it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.operations.test_deploy import DEPLOY
from tests.support.waiting import PATIENCE

KUBERNETES = DEPLOY / "kubernetes"
WITH_FOLDERS = ("one", "apart")
OVERLAYS = (*WITH_FOLDERS, "bucket")

Manifest = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pod:
    """What a Deployment or StatefulSet starts, how many of it, and the volumes that each of them has of its own."""

    name: str
    labels: Mapping[str, str]
    replicas: int
    spec: Manifest
    own: Mapping[str, Manifest]

    @property
    def containers(self) -> list[Manifest]:
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    @property
    def ports(self) -> dict[str, int]:
        """Port numbers by their names."""
        return {
            port["name"]: port["containerPort"] for each in self.spec["containers"] for port in each.get("ports", ())
        }

    def fits(self, selector: Manifest) -> bool:
        """Whether a selector of labels means it; an empty one means every pod."""
        return dict(selector.get("matchLabels", {})).items() <= dict(self.labels).items()


@dataclass(frozen=True, slots=True)
class Manifests:
    """Everything that a cluster is told."""

    objects: tuple[Manifest, ...]

    def of_kind(self, kind: str) -> dict[str, Manifest]:
        """The objects of a kind by name."""
        return {each["metadata"]["name"]: each for each in self.objects if each["kind"] == kind}

    @property
    def workloads(self) -> list[Manifest]:
        return [each for each in self.objects if each["kind"] in {"Deployment", "StatefulSet"}]

    @property
    def pods(self) -> list[Pod]:
        return [
            Pod(
                name=each["metadata"]["name"],
                labels=each["spec"]["template"]["metadata"]["labels"],
                replicas=each["spec"]["replicas"],
                spec=each["spec"]["template"]["spec"],
                own={
                    claim["metadata"]["name"]: claim["spec"] for claim in each["spec"].get("volumeClaimTemplates", ())
                },
            )
            for each in self.workloads
        ]

    @property
    def parts(self) -> Iterator[Pod]:
        """The pods of zimogs itself."""
        return (pod for pod in self.pods if pod.labels["app.kubernetes.io/name"] == "zimogs")

    @classmethod
    def render(cls, overlay: str, folder: Path, root_certificate: str = "") -> "Manifests":
        """Fill in the example in a copy of it all below `folder`, with Prometheus, and build that."""
        shutil.copytree(KUBERNETES, folder / "kubernetes")
        local = folder / "kubernetes" / "local"
        shutil.copytree(folder / "kubernetes" / "example", local)
        (local / "anchors.pem").write_text(root_certificate)
        own = local / "kustomization.yaml"
        text = own.read_text(encoding="utf-8").replace("../overlays/one", f"../overlays/{overlay}")
        own.write_text(text.replace("# components:", "components:"), encoding="utf-8")
        if overlay not in WITH_FOLDERS:
            settings = local / "zimogs.toml"
            said = settings.read_text(encoding="utf-8")
            storage = re.sub(r"(?m)^# (?=\[storage\]|url = |access_key_id = )", "", said)
            settings.write_text(storage, encoding="utf-8")
        return cls(tuple(yaml.safe_load_all(kubectl("kustomize", local))))


def kubectl(*arguments: str | Path, given: str = "") -> str:
    """What it prints; it needs no cluster for what is asked of it here. Skips the test where there is none."""
    program = shutil.which("kubectl")
    if program is None:
        # Not `required`: Debian has none that knows kustomize's components.
        pytest.skip("kubectl is not installed")
    ended = subprocess.run(
        [program, *arguments], input=given, capture_output=True, check=False, text=True, timeout=PATIENCE
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def decode(workload: Manifest) -> Any:
    """The object as Kubernetes' own types hold it, in which nothing that is misspelt has a place."""
    account = workload["spec"]["template"]["spec"]["serviceAccountName"]
    given = json.dumps(workload)
    return json.loads(kubectl("set", "serviceaccount", "--local", "-f", "-", account, "-o", "json", given=given))
