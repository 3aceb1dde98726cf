"""A worker beside a generated ledger, and the CPU that it takes while it starts."""

import json
import subprocess
import time
from pathlib import Path

from tests.bench.readings import cpu_seconds
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


def write_settings(data: Path) -> Path:
    """Write settings beside a data folder; nobody answers there as the vendor."""
    config = data.parent / "zimogs.toml"
    config.write_text(_SETTINGS, encoding="utf-8")
    (data.parent / "root.pem").write_bytes(the_authority().root_pem)
    data.chmod(0o700)
    return config


def measure_start(data: Path) -> tuple[float, float]:
    """CPU of `zimogs run` in milliseconds: until it is ready, and in the ten seconds after that."""
    program = [str(ZIMOGS), "run", "--json", "--config", str(data.parent / "zimogs.toml")]
    log = (data.parent / "run.log").open("ab")
    with log, subprocess.Popen(program, stdout=subprocess.PIPE, stderr=log) as process:
        try:
            assert process.stdout is not None
            json.loads(process.stdout.readline())
            ready = cpu_seconds(process.pid)
            time.sleep(_AFTER)
            return 1000 * ready, 1000 * (cpu_seconds(process.pid) - ready)
        finally:
            process.terminate()
            process.wait()
