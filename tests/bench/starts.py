"""Whole programs of ours, and the CPU that each takes: a command to its end, and a worker while it starts."""

import json
import os
import resource
import subprocess
import time
from pathlib import Path

from tests.support.pki import the_authority
from tests.whole.rehearsal import ZIMOGS

_SETTINGS = """
[eparaksts]
platform_url = "http://127.0.0.1:9"
signapi_url = "http://127.0.0.1:9"
client_id = "client"
client_secret = "secret"
[desk]
port = 0
[observed]
port = 0
[trust]
anchors = ["root.pem"]
[archive]
enabled = false
[routes.invoices]
seal = "CN:SIA PARAUGS: eZīmogs"
approvers = ["000123-00001"]
"""
_AFTER = 10.0
"""Seconds after the start in which what is left of it is done."""
_TICKS = os.sysconf("SC_CLK_TCK")


def write_settings(data: Path) -> Path:
    """Write settings beside a data folder; nobody answers there as the vendor."""
    config = data.parent / "zimogs.toml"
    config.write_text(_SETTINGS, encoding="utf-8")
    (data.parent / "root.pem").write_bytes(the_authority().root_pem)
    data.chmod(0o700)
    return config


def measure_command(data: Path) -> float:
    """CPU of `zimogs status` in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    config = data.parent / "zimogs.toml"
    subprocess.run([ZIMOGS, "status", "--json", "--config", config], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure_start(data: Path) -> tuple[float, float]:
    """CPU of `zimogs run` in milliseconds: until it is ready, and in the ten seconds after that."""
    program = [str(ZIMOGS), "run", "--json", "--config", str(data.parent / "zimogs.toml")]
    log = (data.parent / "run.log").open("ab")
    with log, subprocess.Popen(program, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            assert process.stdout is not None
            json.loads(process.stdout.readline())
            ready = _cpu_of(process.pid)
            time.sleep(_AFTER)
            return ready, _cpu_of(process.pid) - ready
        finally:
            process.terminate()
            process.wait()


def _cpu_of(process: int) -> float:
    """User and system time so far, in milliseconds (proc_pid_stat(5), fields 14 and 15)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / _TICKS
