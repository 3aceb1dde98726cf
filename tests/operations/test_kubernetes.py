"""The manifests for Kubernetes: whole, as closed as they claim, and of one mind with settings, image and unit."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_core import Url

from config.reading import read_settings
from config.sections import Desk, Observed
from tests.operations.manifests import KUBERNETES, OVERLAYS, WITH_FOLDERS, Manifest, Manifests, Pod, decode, kubectl
from tests.operations.test_deploy import DEPLOY, DOCKERFILE, image_variables
from tests.operations.test_documents import VERSION
from tests.support.waiting import PATIENCE
from worker.app.running import Part
from worker.cli.application import COMMANDS
from worker.cli.handlers.running import LATEST_END
from worker.metrics.health import CHECK_TIMEOUT
from worker.objects.adoption import LIFE as DOCUMENT_LIFE
from worker.objects.leases import LIFE as LEASE_LIFE

CHECKS = len(("redis", "data", "loops"))
README = (DEPLOY / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def overlays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Manifests]:
    return {name: Manifests.render(name, tmp_path_factory.mktemp(name)) for name in OVERLAYS}


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def manifests(overlay: str, overlays: dict[str, Manifests]) -> Manifests:
    return overlays[overlay]


@pytest.fixture(scope="module", params=WITH_FOLDERS)
def in_folders(request: pytest.FixtureRequest, overlays: dict[str, Manifests]) -> Manifests:
    """Those that share folders, and have a Valkey of their own."""
    return overlays[request.param]


@pytest.fixture(scope="module")
def in_bucket(overlays: dict[str, Manifests]) -> Manifests:
    return overlays["bucket"]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value that stands in it, with the way there."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, f"{path}[{place}]")
    else:
        yield path, value


def zimogs(pod: Pod) -> Any:
    (container,) = pod.spec["containers"]
    return container


def command(pod: Pod) -> str:
    """Which of zimogs' commands it runs."""
    first, *_ = zimogs(pod)["args"]
    return str(first)


def test_kubernetes_knows_every_field_of_the_workloads(manifests: Manifests) -> None:
    for workload in manifests.workloads:
        known = dict(leaves(decode(workload)))
        assert {path: value for path, value in leaves(workload) if known.get(path) != value} == {}


def test_a_field_that_is_misspelt_is_seen() -> None:
    spec = {"serviceAccountName": "a", "containers": [{"name": "a", "readOnlyRootFileSystem": True}]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}
    decoded = decode(deployment | {"spec": {"template": {"spec": spec}}})
    assert "FileSystem" not in str(decoded)


def test_every_part_runs_and_is_told_where_its_settings_are(manifests: Manifests) -> None:
    run = sorted(command(pod) for pod in manifests.parts)
    assert run in ([["run"], sorted(["watch", "worker", "desk"])])
    assert set(run) <= set(COMMANDS)
    assert len(Part) == len(("watch", "worker", "desk"))
    assert all(zimogs(pod)["args"][1:] == ["--config", "/etc/zimogs/zimogs.toml"] for pod in manifests.parts)


def test_what_a_pod_mounts_exists(manifests: Manifests) -> None:
    for pod in manifests.pods:
        volumes = {volume["name"]: volume for volume in pod.spec["volumes"]}
        mounted = {mount["name"] for each in pod.containers for mount in each["volumeMounts"]}
        assert mounted == volumes.keys() | pod.own.keys()
        for volume in volumes.values():
            if claim := volume.get("persistentVolumeClaim"):
                assert claim["claimName"] in manifests.of_kind("PersistentVolumeClaim")
            if settings := volume.get("configMap"):
                assert settings["name"] in manifests.of_kind("ConfigMap")
        assert pod.spec["serviceAccountName"] in manifests.of_kind("ServiceAccount")


def test_the_volume_of_the_folders_can_be_shared_as_the_parts_need_it(in_folders: Manifests) -> None:
    replicas = sum(pod.replicas for pod in in_folders.parts)
    (mode,) = in_folders.of_kind("PersistentVolumeClaim")["folders"]["spec"]["accessModes"]
    assert mode == ("ReadWriteOnce" if replicas == 1 else "ReadWriteMany")
    assert all(
        each["spec"]["strategy"] == {"type": "Recreate"}
        for each in in_folders.workloads
        if each["kind"] == "Deployment"
    )


class TestMachinesOnABucket:
    def test_each_has_a_volume_of_its_own_and_shares_none(self, in_bucket: Manifests) -> None:
        (pod,) = in_bucket.parts
        assert pod.replicas > 1
        assert pod.own["folders"]["accessModes"] == ["ReadWriteOnce"]
        assert in_bucket.of_kind("PersistentVolumeClaim") == {}

    def test_they_are_restarted_one_by_one_and_each_is_taken_over_first(self, in_bucket: Manifests) -> None:
        (machines,) = in_bucket.workloads
        assert machines["spec"]["updateStrategy"] == {"type": "RollingUpdate"}
        assert machines["spec"]["minReadySeconds"] > max(LEASE_LIFE, DOCUMENT_LIFE).total_seconds()
        # One that cannot start holds up neither the others nor the machine below it.
        assert machines["spec"]["podManagementPolicy"] == "Parallel"
        (budget,) = in_bucket.of_kind("PodDisruptionBudget").values()
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"

    def test_one_that_ends_is_no_longer_asked_and_still_has_its_time(self, in_bucket: Manifests) -> None:
        (pod,) = in_bucket.parts
        pause = zimogs(pod)["lifecycle"]["preStop"]["exec"]["command"]
        assert pause[0] == "sleep"
        assert pod.spec["terminationGracePeriodSeconds"] > int(pause[1]) + LATEST_END

    def test_they_reach_redis_and_the_storage(self, in_bucket: Manifests) -> None:
        policies = in_bucket.of_kind("NetworkPolicy")
        (redis,) = re.findall(r"(?m)^cat > local/secrets/redis_url .*(rediss://\S+)", section("bucket"))
        ((to_redis,),) = (policies["zimogs-to-redis"]["spec"]["egress"],)
        assert [port["port"] for port in to_redis["ports"]] == [Url(redis.replace("PASSWORD", "word")).port]
        outside = [rule["ports"] for rule in policies["zimogs"]["spec"]["egress"] if "ipBlock" in str(rule)]
        assert outside == [[{"port": 443}]]

    def test_nothing_of_them_runs_while_another_version_starts(self) -> None:
        """Two versions may not share a bucket, and a rolling update would have them do so."""
        stop, wait, start = re.findall(r"(?m)^kubectl .*(?:scale|wait|apply -k).*$", section("bucket"))[-3:]
        assert "statefulset zimogs --replicas=0" in stop
        assert "--for=delete pod --selector app.kubernetes.io/name=zimogs" in wait
        assert start.startswith("kubectl apply -k local")


def section(overlay: str) -> str:
    """The instructions for an overlay."""
    heading = "## Kubernetes" if overlay in WITH_FOLDERS else "### In Kubernetes"
    (found,) = re.findall(rf"(?ms)^{heading}\n(.*?)(?=^##)", README)
    return str(found)


def made_secrets(overlay: str) -> dict[str, set[str]]:
    """The secrets that the instructions make, each with the names of its files, by kubectl itself."""
    made = {}
    for line in re.findall(r"(?m)^kubectl (create secret generic .*)$", section(overlay).replace("\\\n", "")):
        arguments = [re.sub(r"^(--from-file=[^=]+=).*", r"\1/dev/null", word) for word in shlex.split(line)]
        secret = yaml.safe_load(kubectl(*arguments, "--dry-run=client", "-o", "yaml"))
        made[secret["metadata"]["name"]] = set(secret["data"])
    return made


def test_the_instructions_make_every_secret_that_is_mounted(overlay: str, manifests: Manifests) -> None:
    mounted = {
        volume["secret"]["secretName"] for pod in manifests.pods for volume in pod.spec["volumes"] if "secret" in volume
    }
    assert made_secrets(overlay).keys() == mounted
    assert manifests.of_kind("Secret") == {}


def test_the_settings_understand_what_image_example_and_secrets_say(
    overlay: str, manifests: Manifests, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_in_bucket = overlay not in WITH_FOLDERS
    redis = "rediss://:word@redis.example.org:6379/0" if is_in_bucket else "redis://:word@valkey:6379/0"
    (settings_map,) = manifests.of_kind("ConfigMap").values()
    for name, content in settings_map["data"].items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "secrets").mkdir()
    for name in made_secrets(overlay)["zimogs"]:
        (tmp_path / "secrets" / name).write_text(redis if "redis" in name else "a secret")
    for key, value in image_variables().items():
        monkeypatch.setenv(key, value)
    settings = read_settings(tmp_path / "zimogs.toml", secrets=tmp_path / "secrets")
    assert isinstance(settings.redis.url, Url)
    assert (settings.redis.url.host in manifests.of_kind("Service")) is not is_in_bucket
    assert settings.storage.is_in_bucket is is_in_bucket
    assert (settings.storage.keys is not None) is is_in_bucket
    assert settings.trust.anchors == (tmp_path / "anchors.pem",)
    (ingress,) = manifests.of_kind("Ingress").values()
    (rule,), (tls,) = ingress["spec"]["rules"], ingress["spec"]["tls"]
    assert [f"https://{rule['host']}"] == [f"https://{host}" for host in tls["hosts"]] == [settings.desk.public_url]
    mounts = {mount["name"]: mount["mountPath"] for pod in manifests.parts for mount in zimogs(pod)["volumeMounts"]}
    assert all(folder.is_relative_to(mounts["folders"]) for _, folder in settings.folders)


def least_available(budget: Manifest, pod: Pod) -> int:
    """How many of these pods it demands at any time."""
    spec = budget["spec"]
    return int(spec["minAvailable"] if "minAvailable" in spec else pod.replicas - spec["maxUnavailable"])


def test_ports_are_those_of_the_settings(manifests: Manifests) -> None:
    for pod in manifests.parts:
        has_desk = command(pod) in {"run", "desk"}
        desk = {"desk": Desk.model_fields["port"].default} if has_desk else {}
        assert pod.ports == {"observed": Observed.model_fields["port"].default} | desk


def test_browsers_come_to_every_desk_and_to_nothing_else(manifests: Manifests) -> None:
    service = manifests.of_kind("Service")["desk"]["spec"]
    reached = [pod for pod in manifests.pods if pod.fits({"matchLabels": service["selector"]})]
    assert reached
    assert reached == [pod for pod in manifests.parts if "desk" in pod.ports]
    assert [port["targetPort"] for port in service["ports"]] == ["desk"]


def test_selectors_mean_their_own_pods_alone(manifests: Manifests) -> None:
    for workload in manifests.workloads:
        fits = [pod.name for pod in manifests.pods if pod.fits(workload["spec"]["selector"])]
        assert fits == [workload["metadata"]["name"]]
    for budget in manifests.of_kind("PodDisruptionBudget").values():
        (pod,) = (pod for pod in manifests.pods if pod.fits(budget["spec"]["selector"]))
        # One that all of them must fulfil would keep a machine from ever being emptied.
        assert least_available(budget, pod) < pod.replicas


class TestNetwork:
    def test_what_no_policy_names_is_refused(self, manifests: Manifests) -> None:
        nothing = manifests.of_kind("NetworkPolicy")["nothing"]["spec"]
        assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    def test_policies_name_ports_that_their_pods_have(self, manifests: Manifests) -> None:
        for policy in manifests.of_kind("NetworkPolicy").values():
            means = [pod for pod in manifests.pods if pod.fits(policy["spec"]["podSelector"])]
            assert means
            offered = set().union(*(pod.ports for pod in means))
            opened = {port["port"] for rule in policy["spec"].get("ingress", ()) for port in rule["ports"]}
            assert opened <= offered

    def test_only_zimogs_reaches_valkey(self, in_folders: Manifests) -> None:
        ((rule,),) = (in_folders.of_kind("NetworkPolicy")["valkey"]["spec"]["ingress"],)
        (source,) = rule["from"]
        assert [pod for pod in in_folders.pods if pod.fits(source["podSelector"])] == list(in_folders.parts)
        ((reached,),) = (in_folders.of_kind("NetworkPolicy")["zimogs-to-valkey"]["spec"]["egress"],)
        (target,) = reached["to"]
        assert [pod.name for pod in in_folders.pods if pod.fits(target["podSelector"])] == ["valkey"]
        assert reached["ports"] == rule["ports"]

    def test_metrics_are_scraped_from_every_part_under_the_name_that_the_alerts_know(
        self, manifests: Manifests
    ) -> None:
        (monitor,) = manifests.of_kind("PodMonitor").values()
        scraped = [pod for pod in manifests.pods if pod.fits(monitor["spec"]["selector"])]
        assert scraped == list(manifests.parts)
        assert {pod.labels[monitor["spec"]["jobLabel"]] for pod in scraped} == {"zimogs"}
        assert 'job="zimogs"' in (DEPLOY / "prometheus" / "rules.yml").read_text(encoding="utf-8")
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        assert all(endpoint["port"] in pod.ports for pod in scraped)


class TestPod:
    def test_it_asks_for_no_more_than_a_restricted_pod_may_have(self, manifests: Manifests) -> None:
        """As the namespace demands it of all (Pod Security Standards, restricted)."""
        (namespace,) = manifests.of_kind("Namespace").values()
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
        for pod in manifests.pods:
            context = pod.spec["securityContext"]
            assert context["runAsNonRoot"]
            assert context["runAsUser"] > 0
            assert context["seccompProfile"] == {"type": "RuntimeDefault"}
            assert pod.spec["automountServiceAccountToken"] is False
            assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys()
            assert not [volume for volume in pod.spec["volumes"] if "hostPath" in volume]
            assert {str(each["securityContext"]) for each in pod.containers} == {
                str(
                    {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                        "readOnlyRootFilesystem": True,
                    }
                )
            }

    def test_services_do_not_become_variables_that_look_like_settings(self, manifests: Manifests) -> None:
        assert all(pod.spec["enableServiceLinks"] is False for pod in manifests.pods)

    def test_its_numbers_are_those_of_the_image(self, manifests: Manifests) -> None:
        (user, group) = re.findall(r"(?m)^USER (\d+):(\d+)$", DOCKERFILE)[0]
        for pod in manifests.parts:
            context = pod.spec["securityContext"]
            assert (context["runAsUser"], context["runAsGroup"]) == (int(user), int(group))
            assert context["fsGroup"] == int(group)

    def test_folders_get_the_modes_that_the_unit_gives_them(self, manifests: Manifests) -> None:
        conf = (DEPLOY / "systemd" / "zimogs.tmpfiles.conf").read_text(encoding="utf-8")
        modes = re.findall(r"(?m)^d +/var/lib/zimogs/(\w+) +(\d+) +zimogs +(\S+)", conf)
        for pod in manifests.parts:
            ((script,),) = (each["args"] for each in pod.spec["initContainers"])
            given = {name: mode for mode, names in re.findall(r"chmod (\d+) (.+)", script) for name in names.split()}
            assert {name: int(mode, 8) for name, mode in given.items()} == {
                name: int(mode, 8) for name, mode, _ in modes
            }
            (droppers,) = pod.spec["securityContext"]["supplementalGroups"]
            shared = [name for name, _, group in modes if group == "zimogs-drop"]
            assert f"chgrp {droppers} {' '.join(shared)}\n" in script
            assert f"--gid {droppers} zimogs-drop" in README

    def test_it_is_asked_where_it_tells_how_it_is(self, manifests: Manifests) -> None:
        for pod in manifests.parts:
            container = zimogs(pod)
            asked = {name: container[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
            lives, is_ready = {"path": "/livez", "port": "observed"}, {"path": "/readyz", "port": "observed"}
            assert asked == {"startup": lives, "liveness": lives, "readiness": is_ready}
            assert container["readinessProbe"]["timeoutSeconds"] > CHECKS * CHECK_TIMEOUT

    def test_it_may_end_in_peace(self, manifests: Manifests) -> None:
        assert all(pod.spec["terminationGracePeriodSeconds"] > LATEST_END for pod in manifests.parts)

    def test_no_core_of_its_memory_is_written(self, manifests: Manifests) -> None:
        assert all(zimogs(pod)["command"] == ["prlimit", "--core=0", "zimogs"] for pod in manifests.parts)

    def test_it_cannot_take_a_whole_machine(self, manifests: Manifests) -> None:
        for container in (container for pod in manifests.pods for container in pod.containers):
            assert container["resources"]["limits"].keys() == {"memory"}
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}

    def test_its_image_is_of_this_version(self, manifests: Manifests) -> None:
        images = {container["image"] for pod in manifests.parts for container in pod.containers}
        assert images == {f"registry.example.org/zimogs:{VERSION}"}
        assert f"zimogs:{VERSION}" in (KUBERNETES / "pod" / "pod.yaml").read_text(encoding="utf-8")

    def test_valkey_is_the_one_of_the_composition(self, in_folders: Manifests) -> None:
        (valkey,) = (container for pod in in_folders.pods if pod.name == "valkey" for container in pod.containers)
        composed = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["valkey"]
        assert valkey["image"] == composed["image"]
        assert valkey["readinessProbe"]["exec"]["command"][-1] == composed["healthcheck"]["test"][-1]


def test_the_instructions_give_the_operator_every_rule_as_it_is() -> None:
    (loop,) = re.findall(r"(?ms)^for file in .*?^done$", README)
    script = f"kubectl() {{ cat; echo; echo ---; }}; {loop}"
    ended = subprocess.run(
        ["bash", "-euc", script], cwd=KUBERNETES, capture_output=True, check=True, text=True, timeout=PATIENCE
    )
    given = [each for each in yaml.safe_load_all(ended.stdout) if each is not None]
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    files = [yaml.safe_load((DEPLOY / "prometheus" / name).read_text("utf-8")) for name in config["rule_files"]]
    assert [each["spec"] for each in given] == files
    assert all(each["kind"] == "PrometheusRule" for each in given)


def test_what_is_the_house_s_own_is_never_committed() -> None:
    assert "/kubernetes/local/" in (DEPLOY / ".gitignore").read_text(encoding="utf-8").split()
