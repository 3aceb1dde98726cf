"""Keys of the API from the command line: shown once, listed without their secret, and void when revoked."""

from datetime import date
from pathlib import Path

import pytest

from tests.whole.rehearsal import run_command
from tests.whole.test_commands import SETTINGS
from worker.clock import utc_now


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def test_a_key_is_made_listed_and_revoked(config: Path) -> None:
    made = run_command(
        "api-key", "create", "accounting", "--route", "invoices", "--may", "submit,read", "--config", config, "--json"
    )
    assert made.code == 0
    token = made.facts["key"]
    assert token.startswith(f"zmk_{made.facts['id']}_")
    listed = run_command("api-key", "list", "--config", config, "--json")
    assert token.split("_", 2)[2] not in listed.output
    (row,) = listed.facts
    assert (row["name"], row["may"], row["routes"], row["state"], row["last_used"]) == (
        "accounting",
        ["read", "submit"],
        ["invoices"],
        "valid",
        None,
    )
    assert 364 <= (date.fromisoformat(row["expires_at"][:10]) - utc_now().date()).days <= 366
    assert run_command("api-key", "revoke", row["id"], "--config", config).code == 0
    (row,) = run_command("api-key", "list", "--config", config, "--json").facts
    assert row["state"] == "revoked"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--route", "orders"], "no route"),
        (["--route", "invoices", "--may", "approve"], "cannot be allowed"),
        (["--route", "invoices", "--expires", "soon"], "--expires"),
    ],
)
def test_a_key_that_makes_no_sense_is_not_made(config: Path, wrong: list[str], said: str) -> None:
    ended = run_command("api-key", "create", "accounting", *wrong, "--config", config)
    assert ended.code == 2
    assert said in ended.complaints
    assert run_command("api-key", "list", "--config", config, "--json").facts == []


def test_there_is_no_key_to_revoke(config: Path) -> None:
    assert run_command("api-key", "revoke", "0" * 12, "--config", config).code == 3
