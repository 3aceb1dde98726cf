"""The whole path with nothing but curl and openssl: an integrator's first steps, which the sandbox's README prints."""

import asyncio
import os
from asyncio.subprocess import PIPE, STDOUT
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.pki import Authority
from tests.sandbox.program import read_announcement, started
from tests.support.programs import required, run
from tests.support.waiting import PATIENCE

SCRIPT = Path(__file__).with_name("first_steps.sh")
STEPS = 16


async def walk(facts: dict[str, Any], sealed: Path, form: str, **changes: str) -> tuple[int | None, str]:
    """Run the script against the announced vendor; return its exit code and all it said."""
    settings = {
        "PLATFORM_URL": facts["platform_url"],
        "CLIENT_ID": facts["client_id"],
        "CLIENT_SECRET": facts["client_secret"],
        "REDIRECT_URI": facts["redirect_uris"][0],
        "OUT": str(sealed),
    }
    programs = [required(program) for program in ("bash", "curl", "openssl")]
    environment = os.environ | settings | changes
    process = await asyncio.create_subprocess_exec(
        programs[0], SCRIPT, form, stdout=PIPE, stderr=STDOUT, env=environment
    )
    said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, said.decode()


def steps(said: str) -> list[str]:
    """Return the numbers of the steps, in the order they were printed."""
    return [line[:2].strip() for line in said.splitlines() if line[:2].strip().isdecimal()]


@pytest.mark.parametrize(
    ("form", "key", "checked_by"),
    [
        ("pdf", "p-256", "openssl: the seal fits the document and leads to the root"),
        ("pdf", "rsa-3072", "openssl: the seal fits the document and leads to the root"),
        ("edoc", "p-384", "xmlsec1: the seal fits the document and leads to the root"),
    ],
)
async def test_a_document_is_sealed_in_sixteen_steps(
    form: str, key: str, checked_by: str, vendor_state: Path, tmp_path: Path
) -> None:
    sealed = tmp_path / f"sealed.{form}"
    required("xmlsec1")
    client = ("--client-id", "klients ā", "--client-secret", "s3cret:+%")
    async with started("--json", "--state", str(vendor_state), "--key", key, *client) as process:
        code, said = await walk(await read_announcement(process), sealed, form)
    assert code == 0, said
    assert steps(said) == [str(number) for number in range(1, STEPS + 1)]
    assert checked_by in said
    assert sealed.exists()


@pytest.mark.parametrize(
    ("change", "last_step"),
    [
        ({"REDIRECT_URI": "http://127.0.0.1:1/elsewhere"}, 1),
        ({"CLIENT_SECRET": "another"}, 2),
        ({"LOGIN": "liga"}, 3),
        ({"PASSWORD": "wrong"}, 10),
    ],
)
async def test_the_first_surprise_ends_the_walk(
    change: dict[str, str], last_step: int, vendor_state: Path, tmp_path: Path
) -> None:
    sealed = tmp_path / "sealed.pdf"
    async with started("--json", "--state", str(vendor_state)) as process:
        code, said = await walk(await read_announcement(process), sealed, "pdf", **change)
    assert code == 1
    assert steps(said)[-1] == str(last_step)
    assert "first steps: " in said
    assert not sealed.exists()


async def test_a_root_of_somebody_else_is_not_led_to(vendor_state: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Authority.create(datetime.now(UTC)).root_pem)
    async with started("--json", "--state", str(vendor_state)) as process:
        vendor = await read_announcement(process)
        code, said = await walk(vendor, tmp_path / "sealed.pdf", "pdf", ROOT_CERTIFICATE=str(stranger))
    assert code == 1
    assert "openssl refuses the seal" in said


def test_the_script_is_clean_in_shellchecks_eyes() -> None:
    verdict = run("shellcheck", SCRIPT)
    assert verdict.returncode == 0, verdict.stdout
