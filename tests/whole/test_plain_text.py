"""Names of others on a terminal are shown as they are: no markup, no colours, no steering."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tests.whole.rehearsal import run_command
from tests.whole.test_commands import SETTINGS
from worker.cli.plain_text import GOOD, plain
from worker.cli.tables import draw_table
from worker.storage.names import escape_controls
from worker.storage.untaken import Obstacle, Untaken, UntakenList

NAMES = {
    "[draft] x.pdf": "[draft] x.pdf",
    "[/b].pdf": "[/b].pdf",
    ":smile: a.pdf": ":smile: a.pdf",
    "\x1b[31m.pdf": r"\x1b[31m.pdf",
    "a\x07\r\x9b.pdf": r"a\x07\r\x9b.pdf",
    "a\u202efdp.exe": r"a\u202efdp.exe",
    "caf\udce9.pdf": r"caf\xe9.pdf",
    "rēķins ☂ №7 👨‍👩‍👧.pdf": "rēķins ☂ №7 👨‍👩‍👧.pdf",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_table_shows_a_name_as_it_is(name: str) -> None:
    table = draw_table([{"": GOOD, "file": name}])
    assert f"✔  {NAMES[name]}" in printed(table)


@pytest.mark.parametrize("name", NAMES)
def test_a_sentence_shows_a_name_as_it_is(name: str) -> None:
    assert printed(plain(f"{name}\nand on")) == f"{NAMES[name]}\nand on\n"
    assert escape_controls(name) == NAMES[name]


def printed(what: object) -> str:
    out = StringIO()
    Console(file=out, force_terminal=True, color_system=None, width=200).print(what, highlight=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def test_commands_show_names_as_they_are(tmp_path: Path) -> None:
    config = tmp_path / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    for name in ("[draft] x.pdf", "\x1b[31m.pdf"):
        (tmp_path / name).write_bytes(b"no pdf")
        ended = run_command("submit", tmp_path / name, "--config", config)
        assert (ended.code, NAMES[name] in ended.output, "\x1b" in ended.output) == (1, True, False)
    told = run_command("status", "--config", config).output
    # A long path is folded where the line ends.
    assert "[draft]x.pdf" in "".join(told.split())


def test_status_says_what_is_left_in_the_inbox(tmp_path: Path) -> None:
    config = tmp_path / "zimogs.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    since = "2026-11-28T12:00:00Z"
    left = Untaken.model_validate(
        {"path": "/in/a.part", "route": None, "obstacle": Obstacle.UNFINISHED, "since": since}
    )
    UntakenList(tmp_path / "data").write([left])
    assert "/in/a.part" in run_command("status", "--config", config).output
    (told,) = run_command("status", "--config", config, "--json").facts["untaken"]
    assert (told["path"], told["obstacle"]) == ("/in/a.part", "unfinished")
