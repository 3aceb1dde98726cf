"""`python -m sandbox`: what it says, what it keeps, and how it stops."""

import asyncio
import signal
from pathlib import Path

import aiohttp
import pytest
import typer
from typer.testing import CliRunner

from sandbox.__main__ import main
from tests.sandbox.program import read_announcement, started, stop
from tests.support.waiting import PATIENCE


async def test_it_announces_itself_in_one_line_of_json_and_answers(sandbox_state: Path) -> None:
    redirects = ("--redirect-uri", "http://127.0.0.1:1/a", "--redirect-uri", "http://127.0.0.1:1/b")
    async with started("--json", "--state", str(sandbox_state), *redirects) as process:
        facts = await read_announcement(process)
        assert facts["redirect_uris"] == ["http://127.0.0.1:1/a", "http://127.0.0.1:1/b"]
        assert facts["pid"] == process.pid
        async with aiohttp.ClientSession() as http, http.get(f"{facts['signapi_url']}/sandbox/root.pem") as reply:
            served = await reply.read()
    assert facts["root_certificate"] == str(sandbox_state / "root.pem")
    assert served == (sandbox_state / "root.pem").read_bytes()


async def test_it_tells_who_there_is_and_what_is_special_about_each(sandbox_state: Path) -> None:
    async with started("--json", "--state", str(sandbox_state)) as process:
        people = {person["login"]: person for person in (await read_announcement(process))["personas"]}
    assert list(people) == ["anna", "janis", "liga", "ilze", "peteris", "marta", "karlis"]
    assert [seal["enabled"] for seal in people["janis"]["seals"]] == [True, False]
    assert [seal["peculiarity"] for seal in people["karlis"]["seals"]] == ["expiring", "revoked", "expired"]
    assert people["ilze"]["methods"][0] == "urn:eparaksts:authentication:flow:sc_plugin"
    assert people["ilze"]["card"]["pin"] == "1234"
    assert people["anna"]["card"] is None
    assert all(person["about"] for person in people.values())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_cleanly_when_told_to(sandbox_state: Path, number: signal.Signals) -> None:
    async with started("--json", "--state", str(sandbox_state)) as process:
        await read_announcement(process)
        assert await stop(process, number) == 0


async def test_without_a_state_folder_it_leaves_nothing_behind() -> None:
    async with started("--json") as process:
        facts = await read_announcement(process)
        await stop(process)
    assert not Path(facts["root_certificate"]).parent.exists()


async def test_it_lists_the_seal_with_the_chosen_key_first(sandbox_state: Path) -> None:
    async with started("--json", "--state", str(sandbox_state), "--key", "rsa-3072") as process:
        facts = await read_announcement(process)
    assert facts["personas"][0]["seals"][0]["key"] == "rsa-3072"


async def test_it_speaks_to_people_too(sandbox_state: Path) -> None:
    async with started("--state", str(sandbox_state)) as process:
        assert process.stdout is not None
        text = (await asyncio.wait_for(process.stdout.readuntil(b"Ctrl+C"), PATIENCE)).decode()
    assert all(word in text for word in ("Anna Parauga", "http://127.0.0.1:", "parole", "1234", "disabled"))


async def test_it_starts_in_the_weather_of_a_file(sandbox_state: Path, tmp_path: Path) -> None:
    weather = tmp_path / "weather.toml"
    weather.write_text('[[rules]]\noperation = "start"\nkind = "status"\nstatus = 502\n')
    async with started("--json", "--state", str(sandbox_state), "--weather", str(weather)) as process:
        facts = await read_announcement(process)
        async with aiohttp.ClientSession() as http, http.get(f"{facts['signapi_url']}/api-session/v1.0/start") as reply:
            assert reply.status == 502


async def test_it_starts_with_a_file_and_flags(sandbox_state: Path, tmp_path: Path) -> None:
    config = tmp_path / "sandbox.toml"
    clients = [f'[[clients]]\nclient_id = "{each}"\nclient_secret = "s"\nredirect_uris = []\n' for each in "ab"]
    config.write_text(f'state = "{sandbox_state}"\n' + "".join(clients))
    flags = ("--rule", "start status=502 times=1", "--weather", "lost-answers", "--variant", "start_status=200")
    async with started("--json", "--config", str(config), *flags) as process:
        facts = await read_announcement(process)
        assert [client["client_id"] for client in facts["clients"]] == ["a", "b"]
        assert (facts["client_id"], facts["variants"]["start_status"]) == ("a", "200")
        async with aiohttp.ClientSession() as http, http.get(f"{facts['signapi_url']}/sandbox/weather") as reply:
            rules = (await reply.json())["rules"]
    assert [rule["operation"] for rule in rules][:2] == ["start", "upload"]


async def run_and_fail(*arguments: str) -> str:
    """What it says when it cannot start: one line on standard error, and exit code 2."""
    async with started(*arguments) as process:
        said, complained = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, said) == (2, b"")
    (line,) = complained.decode().splitlines()
    return line


async def test_a_port_that_is_taken_is_told_in_one_line(sandbox_state: Path) -> None:
    async with started("--json", "--state", str(sandbox_state)) as process:
        port = (await read_announcement(process))["signapi_url"].rpartition(":")[2]
        line = await run_and_fail("--state", str(sandbox_state), "--port", port)
    assert line.startswith(f"sandbox: cannot start on 127.0.0.1:{port}")


async def test_what_cannot_be_kept_is_told_in_one_line() -> None:
    assert "cannot start" in await run_and_fail("--state", "/dev/null/state")


# What is told before anything starts is told by the same command within this process.


def complaint_about(*arguments: str) -> str:
    """The one line on standard error with which it ends, exit code 2."""
    ended = CliRunner().invoke(command(), arguments, catch_exceptions=False)
    assert (ended.exit_code, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    return line


def command() -> typer.Typer:
    application = typer.Typer(add_completion=False)
    application.command()(main)
    return application


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--variant", "identity=round"), "'wrapped' or 'flat'"),
        (("--rule", "rain"), "'authorize', 'token'"),
        (("--weather", "hail"), "busy, flaky"),
        (("--config", "no-such-file.toml"), "no-such-file.toml cannot be read"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(arguments: tuple[str, ...], complaint: str) -> None:
    assert complaint in complaint_about(*arguments)


def test_it_refuses_a_senseless_weather_file(tmp_path: Path) -> None:
    weather = tmp_path / "weather.toml"
    weather.write_text('[[rules]]\noperation = "rain"\n')
    assert str(weather) in complaint_about("--weather", str(weather))


def test_its_help_lists_the_presets() -> None:
    said = CliRunner().invoke(command(), ["--help"]).output
    assert all(f"{name}:" in said for name in ("busy", "flaky", "lost-answers", "slow-evening"))
