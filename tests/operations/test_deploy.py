"""The ways to install: what they name exists, what they set is understood, and what they promise fits the code."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.reading import EXAMPLE, SECRETS_FOLDER, read_settings
from config.sections import Observed
from tests.operations.exposition import serving_metrics
from tests.support.programs import required, run
from tests.support.waiting import PATIENCE
from worker.cli.handlers.running import LATEST_END
from worker.queue.workers import GRACE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
UNIT = DEPLOY / "systemd" / "zimogs.service"
PAGES_END = 5  # seconds that open requests to the desk may take, `worker.app.serving`

each_service = pytest.mark.parametrize("name", SERVICES)


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def _mounts(service: dict[str, Any]) -> dict[str, str]:
    """Files and folders of the machine by where the container sees them; named volumes are left out."""
    described = [mount for mount in service.get("volumes", ()) if isinstance(mount, dict)]
    brief = [mount.split(":") for mount in service.get("volumes", ()) if isinstance(mount, str)]
    mounts = [(mount["target"], mount["source"]) for mount in described] + [(parts[1], parts[0]) for parts in brief]
    return {target: source for target, source in mounts if source.startswith(".")}


SOURCES = sorted({source for service in SERVICES.values() for source in _mounts(service).values()})
SECRETS = [secret["file"] for secret in COMPOSE["secrets"].values()]


class TestCompose:
    @pytest.mark.parametrize("source", [source for source in SOURCES if not source.startswith("./local/")])
    def test_what_is_mounted_exists(self, source: str) -> None:
        assert (DEPLOY / source).exists()

    @pytest.mark.parametrize("source", [path for path in SOURCES + SECRETS if path.startswith("./local/")])
    def test_what_a_person_must_prepare_is_named_in_the_instructions_and_never_committed(self, source: str) -> None:
        assert source.removeprefix("./") in (DEPLOY / "README.md").read_text(encoding="utf-8")
        assert "/local/" in (DEPLOY / ".gitignore").read_text(encoding="utf-8").split()

    @each_service
    def test_an_image_has_a_version(self, name: str) -> None:
        assert re.search(r":v?\d+\.\d+\.\d+(-\w+)?(@sha256:[0-9a-f]{64})?$", SERVICES[name]["image"])

    @each_service
    def test_ports_are_open_to_this_machine_only(self, name: str) -> None:
        assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))

    @each_service
    def test_a_service_is_watched_for_its_health(self, name: str) -> None:
        assert "healthcheck" in SERVICES[name] or ("build" in SERVICES[name] and "HEALTHCHECK" in DOCKERFILE)

    @each_service
    def test_nothing_can_be_changed_in_its_image_and_nobody_gains_anything_there(self, name: str) -> None:
        service = SERVICES[name]
        closed = (service["read_only"], service["cap_drop"], service["security_opt"])
        assert closed == (True, ["ALL"], ["no-new-privileges:true"])

    def test_zimogs_and_its_doorbell_run_without_those_who_watch_them(self) -> None:
        watching = {
            name for name, service in SERVICES.items() if service.get("profiles") in (["monitoring"], ["alerting"])
        }
        assert SERVICES.keys() - watching == {"zimogs", "valkey"}
        for name in SERVICES.keys() - watching:
            assert not watching & set(SERVICES[name].get("depends_on", ()))

    @each_service
    def test_no_secret_stands_in_the_file(self, name: str) -> None:
        environment = SERVICES[name].get("environment", {})
        assert not [key for key in environment if re.search("SECRET|PASSWORD", key) and not key.endswith("__FILE")]
        assert "://" not in json.dumps(environment)  # an address may hold a password

    def test_redis_asks_for_a_password(self) -> None:
        assert "/run/secrets/valkey_conf" in SERVICES["valkey"]["command"]
        assert "zimogs_redis__url" in SERVICES["zimogs"]["secrets"]
        assert "requirepass" in (DEPLOY / "README.md").read_text(encoding="utf-8")

    def test_all_folders_lie_in_one_mount_so_that_files_can_be_renamed(self) -> None:
        (mount,) = (target for target in _mounts(SERVICES["zimogs"]) if not target.startswith("/etc/"))
        assert all(Path(folder).is_relative_to(mount) for key, folder in image_variables().items() if "FOLDERS" in key)

    def test_running_jobs_may_end_before_the_container_is_killed(self) -> None:
        patience = int(SERVICES["zimogs"]["stop_grace_period"].removesuffix("s"))
        assert patience > LATEST_END > max(GRACE.values()) + PAGES_END

    def test_prometheus_scrapes_the_service_apart_from_its_desk(self) -> None:
        ((target,),) = (group["targets"] for group in _yaml("deploy/prometheus/targets/run.yaml"))
        assert target == f"zimogs:{Observed.model_fields['port'].default}"

    def test_alertmanager_finds_its_password_and_prometheus_finds_alertmanager(self) -> None:
        (secret,) = SERVICES["alertmanager"]["secrets"]
        assert _yaml("deploy/prometheus/alertmanager.yml")["global"]["smtp_auth_password_file"] == secret["target"]
        ((target,),) = (group["targets"] for group in _yaml("deploy/prometheus/targets/alertmanager/one.yaml.example"))
        assert f"127.0.0.1:{target.removeprefix('alertmanager:')}" in SERVICES["alertmanager"]["ports"][0]

    def test_prometheus_is_given_every_file_that_its_settings_name(self) -> None:
        config = _yaml("deploy/prometheus/prometheus.yml")
        mounts = _mounts(SERVICES["prometheus"])
        assert {f"/etc/prometheus/{name}" for name in config["rule_files"]} <= mounts.keys()

    def test_grafana_finds_prometheus_and_the_dashboards(self) -> None:
        (source,) = _yaml("grafana/provisioning/datasources/prometheus.yaml")["datasources"]
        (provider,) = _yaml("grafana/provisioning/dashboards/zimogs.yaml")["providers"]
        assert source["url"] == "http://prometheus:9090"
        assert _mounts(SERVICES["grafana"])[provider["options"]["path"]] == "../grafana/dashboards"

    def test_grafana_knows_how_often_prometheus_scrapes(self) -> None:
        (source,) = _yaml("grafana/provisioning/datasources/prometheus.yaml")["datasources"]
        assert (
            source["jsonData"]["timeInterval"] == _yaml("deploy/prometheus/prometheus.yml")["global"]["scrape_interval"]
        )


def image_variables() -> dict[str, str]:
    return dict(re.findall(r"\b(ZIMOGS_\w+)=(\S+)", DOCKERFILE))


def test_the_settings_understand_what_image_and_composition_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, redis = SERVICES["zimogs"]["secrets"]
    (tmp_path / client).write_text("a practice secret\n")
    (tmp_path / redis).write_text("redis://:word@valkey:6379/0\n")
    variables = image_variables() | SERVICES["zimogs"].get("environment", {})
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    settings = read_settings(EXAMPLE, secrets=tmp_path)
    assert settings.eparaksts.client_secret.get_secret_value() == "a practice secret"
    assert str(settings.redis.url) == "redis://:word@valkey:6379/0"
    seen = {
        f"ZIMOGS_{table.upper()}__{key.upper()}": str(value) for table, part in settings for key, value in _items(part)
    }
    assert {key: seen[key] for key in variables if "__" in key} == {
        key: variables[key] for key in variables if "__" in key
    }


def _items(part: Any) -> list[tuple[str, Any]]:
    return [] if isinstance(part, dict) else list(part)


class TestImage:
    COPIED = tuple(
        source for line in re.findall(r"(?m)^COPY (?!--from)(.+)$", DOCKERFILE) for source in line.split()[:-1]
    )

    @pytest.mark.parametrize("source", COPIED)
    def test_what_is_copied_exists_and_is_not_ignored(self, source: str) -> None:
        assert (ROOT / source).exists()
        assert f"!{source}" in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    def test_every_package_of_ours_is_copied_but_the_practice_vendor(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
        assert packages & set(self.COPIED) == packages - {"sandbox"}
        assert "!sandbox" not in (ROOT / ".dockerignore").read_text(encoding="utf-8").split()

    def test_without_the_practice_vendor_the_commands_say_where_it_is(self, tmp_path: Path) -> None:
        """As in the image: what is copied there stands alone."""
        for package in ("jobs", "config", "worker"):
            (tmp_path / package).symlink_to(ROOT / package)
        here = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{sysconfig.get_path('purelib')}"}
        # -S, since a development installation leads to the practice vendor otherwise.
        start = "from worker.cli import main; main()"
        for command in (["sandbox"], ["demo", "--documents", "1"]):
            ended = subprocess.run(
                [sys.executable, "-S", "-c", start, *command],
                capture_output=True,
                check=False,
                cwd=tmp_path,
                env=here,
                text=True,
                timeout=PATIENCE,
            )
            assert ended.returncode == 1
            assert "make demo" in " ".join(ended.stderr.split())

    def test_its_base_has_a_version(self) -> None:
        bases = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)
        assert all(re.fullmatch(r"python:3\.12\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base) for base in bases)

    def test_images_are_pinned_all_or_none(self, tmp_path: Path) -> None:
        """Where no registry answers, the script says so and touches nothing."""
        shutil.copytree(DEPLOY, tmp_path / "deploy")
        files = ("compose.yaml", "Dockerfile", "kubernetes/valkey/valkey.yaml")
        before = {name: (DEPLOY / name).read_text(encoding="utf-8") for name in files}
        alone = {"PATH": os.environ["PATH"], "DOCKER_HOST": "unix:///nowhere", "HTTPS_PROXY": "http://127.0.0.1:9"}
        script = [str(tmp_path / "deploy/pin-images.sh")]
        ended = subprocess.run(script, capture_output=True, check=False, env=alone, text=True, timeout=PATIENCE)
        assert ended.returncode == 1
        assert "Nothing was changed" in ended.stderr
        assert {name: (tmp_path / "deploy" / name).read_text(encoding="utf-8") for name in before} == before

    def test_only_what_was_hashed_is_installed(self) -> None:
        installs = re.findall(r"pip install (.+)", DOCKERFILE)
        assert installs == ["--require-hashes -r requirements.lock", "--no-deps --no-build-isolation ."]

    def test_it_does_not_run_as_root(self) -> None:
        (user,) = re.findall(r"(?m)^USER (\d+):\d+$", DOCKERFILE)
        assert int(user) > 0

    async def test_its_healthcheck_passes_while_the_desk_lives(self) -> None:
        async with serving_metrics() as address:
            assert await asyncio.to_thread(_healthcheck, address) == 0

    async def test_its_healthcheck_fails_when_nobody_answers(self) -> None:
        async with serving_metrics() as address:
            pass
        assert await asyncio.to_thread(_healthcheck, address) != 0


def _healthcheck(address: str) -> int:
    """Run the image's own command, but against `address`."""
    (command,) = re.findall(r"(?m)^HEALTHCHECK .*CMD (\[.+\])$", DOCKERFILE)
    _, *arguments = json.loads(command)
    port = address.rpartition(":")[2]
    here = [argument.replace("8400", port) for argument in arguments]
    return subprocess.run([sys.executable, *here], check=False, capture_output=True, timeout=PATIENCE).returncode


def _unit(key: str) -> list[str]:
    return re.findall(rf"(?m)^{key}=(.*)$", UNIT.read_text(encoding="utf-8"))


class TestUnit:
    def test_systemd_agrees(self, tmp_path: Path) -> None:
        """With another program in the place of ours, since systemd wants to see it."""
        unit = tmp_path / UNIT.name
        unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/zimogs/.venv/bin/zimogs", required("true")))
        verdict = run("systemd-analyze", "verify", unit)
        assert (verdict.returncode, verdict.stdout) == (0, "")

    def test_systemd_calls_it_well_protected(self) -> None:
        verdict = run("systemd-analyze", "security", "--offline=yes", "--threshold=15", "--no-pager", UNIT)
        assert verdict.returncode == 0, verdict.stdout

    def test_running_jobs_may_end_before_it_is_killed(self) -> None:
        assert int(_unit("TimeoutStopSec")[0]) > LATEST_END > max(GRACE.values()) + PAGES_END

    def test_only_the_main_process_is_asked_to_end(self) -> None:
        assert _unit("KillMode") == ["mixed"]

    def test_the_user_is_made_by_the_file_beside_it(self) -> None:
        users = (DEPLOY / "systemd" / "zimogs.sysusers.conf").read_text(encoding="utf-8")
        assert re.search(rf"(?m)^u {_unit('User')[0]} ", users)
        assert re.search(rf"(?m)^g {_unit('SupplementaryGroups')[0]} ", users)

    def test_what_it_makes_is_nobody_else_s(self) -> None:
        assert _unit("UMask") == ["0077"]
        assert _unit("LimitCORE") == ["0"]

    def test_the_secret_is_laid_where_the_settings_look_for_it(self) -> None:
        assert f"{SECRETS_FOLDER}/zimogs_eparaksts__client_secret" in (
            DEPLOY / "systemd" / "zimogs.tmpfiles.conf"
        ).read_text(encoding="utf-8")


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound(script: Path) -> None:
    verdict = run("shellcheck", script)
    assert (verdict.returncode, verdict.stdout) == (0, "")
    assert os.access(script, os.X_OK)
