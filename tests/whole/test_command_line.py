"""The command line as a daily tool: quick to answer, the same everywhere, and as plain to programs as to people."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup

from tests.support.waiting import PATIENCE
from tests.whole.rehearsal import ZIMOGS, run_command
from tests.whole.test_commands import SETTINGS
from worker.cli.application import COMMANDS, load_command
from worker.cli.exit_codes import MEANINGS, ExitCode
from worker.cli.manual import write_manual
from worker.cli.progress import progressing
from worker.cli.watching import follow_changes

ROOT = Path(__file__).parents[2]
SLOW = frozenset(
    """PIL aiohttp apprise arq asn1crypto babel cryptography jinja2 lxml pikepdf prometheus_client pyhanko pypdfium2
    redis reportlab signxml worker.verification""".split()  # noqa: SIM905
)
"""What takes longer to load than a person should wait for help, or for the status."""
TELL_SLOW = f"import sys; print(*sorted({set(SLOW)!r} & sys.modules.keys()))"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def every_command() -> Iterator[tuple[str, TyperCommand]]:
    for name in COMMANDS:
        command = load_command(name)
        if isinstance(command, TyperGroup):
            for below, nested in command.commands.items():
                assert isinstance(nested, TyperCommand)
                yield f"{name} {below}", nested
        elif isinstance(command, TyperCommand):
            yield name, command


def test_to_explain_a_command_loads_nothing_that_is_slow() -> None:
    explain = "from worker.cli.application import COMMANDS, load_command; [*map(load_command, COMMANDS)]; "
    assert tell_loaded(explain) == ""


def test_the_status_loads_nothing_that_is_slow(config: Path) -> None:
    show = f"from worker.cli.status import status; from pathlib import Path; status(config=Path({str(config)!r})); "
    assert tell_loaded(f"from worker.cli.application import application; {show}") == ""


def tell_loaded(program: str) -> str:
    ended = subprocess.run([sys.executable, "-c", program + TELL_SLOW], capture_output=True, text=True, check=True)
    return ended.stdout.splitlines()[-1]


EVERY = dict(every_command())


@pytest.mark.parametrize(("name", "command"), EVERY.items(), ids=list(EVERY))
def test_every_command_has_examples_json_and_quiet(name: str, command: TyperCommand) -> None:
    assert re.search(rf"(?m)^    .*zimogs {name}", command.help or "")
    if name != "sandbox":
        assert {"--json", "--quiet"} <= {option for parameter in command.params for option in parameter.opts}


def test_an_option_has_the_same_letter_and_the_same_kind_of_value_everywhere() -> None:
    letters: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    owners: dict[str, set[str]] = defaultdict(set)
    for command in EVERY.values():
        for parameter in command.params:
            names = [option for option in parameter.opts if option.startswith("--")]
            for name in names:
                short = tuple(option for option in parameter.opts if not option.startswith("--"))
                letters[name].add(short)
                for letter in short:
                    owners[letter].add(name)
    assert {name: found for name, found in letters.items() if len(found) > 1} == {}
    assert {letter: found for letter, found in owners.items() if len(found) > 1} == {}


def test_the_readme_has_the_table_of_exit_codes() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for code, meaning in MEANINGS.items():
        assert f"| {code.value} | `{code.kind}` | {meaning} |" in readme


def test_the_manual_tells_of_every_command_and_exit_code() -> None:
    manual = write_manual()
    for name in EVERY:
        heading = f".SS zimogs {name}".replace("-", r"\-")
        assert heading in manual
    assert re.findall(r"(?m)^\\fB(\d+)\\fR \((\w+)\)$", manual) == [(str(code.value), code.kind) for code in ExitCode]


@pytest.mark.skipif(not shutil.which("man"), reason="there is no man(1)")
def test_the_manual_is_one_that_man_shows_without_complaint(tmp_path: Path) -> None:
    page = tmp_path / "zimogs.1"
    page.write_text(write_manual(), encoding="utf-8")
    show = ["man", "--encoding=UTF-8", "--warnings=all", "--pager=cat", "--local-file", str(page)]
    ended = subprocess.run(show, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert ended.stderr == ""
    assert "zimogs quarantine dismiss" in ended.stdout


@pytest.mark.parametrize(
    ("shell", "asked"),
    [
        ("bash", {"COMP_WORDS": "zimogs quarantine dis", "COMP_CWORD": "2"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "zimogs quarantine dis"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "zimogs quarantine dis", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_complete_commands_that_are_not_loaded_yet(shell: str, asked: dict[str, str]) -> None:
    environment = {**os.environ, **asked, "_ZIMOGS_COMPLETE": f"complete_{shell}"}
    ended = subprocess.run([ZIMOGS], capture_output=True, text=True, check=False, env=environment)
    assert "dismiss" in ended.stdout
    assert "reinstate" not in ended.stdout


def test_a_table_that_is_piped_has_tabs_and_cuts_nothing(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("a long name " * 15).strip()
    folder.mkdir()
    words = folder / "words.pdf"
    words.write_text("This is no PDF.")
    run_command("submit", words, "--config", config)
    titles, row = run_command("quarantine", "list", "--config", config).output.splitlines()
    facts = dict(zip(titles.split("\t"), row.split("\t"), strict=True))
    assert (facts["reason"], facts["name"]) == ("not-a-pdf", "words.pdf")
    assert Path(facts["path"]).is_file()
    quiet = run_command("quarantine", "list", "--config", config, "--quiet")
    assert quiet.output == f"{facts['document']}\n"


def test_colours_are_left_out_where_nobody_wants_them(config: Path) -> None:
    told = show_at_terminal("status", "--config", config, NO_COLOR="1")
    assert "invoices" in told
    assert re.findall(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7])m", told) == []


def show_at_terminal(*arguments: str | Path, **environment: str) -> str:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [ZIMOGS, *arguments], stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color", **environment}
    ) as process:
        os.close(theirs)
        told = b""
        try:
            while part := os.read(ours, 4096):
                told += part
        except OSError:
            # So a terminal tells that the program has ended (pty(7)).
            pass
        process.wait(PATIENCE)
    os.close(ours)
    return told.decode()


ERRORS: dict[tuple[str, ...], ExitCode] = {
    ("status", "--bogus"): ExitCode.USAGE,
    ("status", "nonsense"): ExitCode.USAGE,
    ("status", "invoices-000001"): ExitCode.REFUSED,
    ("unfreeze",): ExitCode.REFUSED,
    ("batches",): ExitCode.UNCERTAIN,
    ("audit", "export", "invoices-000001"): ExitCode.REFUSED,
    ("cancel", "invoices-000001", "--reason", "why"): ExitCode.REFUSED,
    ("cancel", "20261123T120000-000000000000", "--reason", "why"): ExitCode.REFUSED,
    ("quarantine", "dismiss", "20261123T120000-000000000000", "--reason", "why"): ExitCode.REFUSED,
}


@pytest.mark.parametrize(("arguments", "code"), ERRORS.items(), ids=map(" ".join, ERRORS))
def test_an_error_is_one_line_of_json_for_programs(arguments: tuple[str, ...], code: ExitCode, config: Path) -> None:
    ended = run_command(*arguments, "--json", *(() if "--bogus" in arguments else ("--config", config)))
    (line,) = ended.complaints.splitlines()
    error = json.loads(line)["error"]
    assert (ended.code, error["kind"], ended.output) == (code, code.kind, "")
    assert error["message"]


def test_long_work_tells_a_log_now_and_then_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with progressing("Reading", pause=0) as show:
        show("Reading", 3, 7)
        show("Reading", 7, 7)
    with progressing("Reading") as show:
        show("Reading", 1, 7)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "Reading: 3 of 7\nReading: 7 of 7\n")


async def test_only_what_has_changed_is_shown_again() -> None:
    def overview(age: int, state: str) -> dict[str, object]:
        return {"batches": [{"batch": "invoices-000001", "state": state, "age_seconds": age}]}

    seen = iter([overview(1, "prepared"), overview(2, "prepared"), overview(3, "signing"), overview(4, "signed")])

    async def look() -> dict[str, object]:
        return next(seen)

    told = follow_changes(look, 0)
    assert [(await anext(told))["batches"][0]["age_seconds"] for _ in range(3)] == [1, 3, 4]


def test_whoever_watches_gets_a_line_of_json_for_each_change(config: Path) -> None:
    with subprocess.Popen(
        [ZIMOGS, "status", "--watch", "--json", "--config", config], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        before = json.loads(process.stdout.readline())
        run_command("freeze", "--reason", "a try", "--config", config)
        after = json.loads(process.stdout.readline())
        process.terminate()
    assert (before["routes"][0]["frozen"], "a try" in after["routes"][0]["frozen"]) == ("", True)


def test_a_dismissed_document_asks_nobody_until_that_is_taken_back(config: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.pdf"
    words.write_text("This is no PDF.")
    (row,) = run_command("submit", words, "--config", config, "--json").facts
    document = row["document"]
    assert run_command("quarantine", "dismiss", document, "--reason", "sent  twice", "--config", config).code == 0
    assert run_command("quarantine", "list", "--config", config, "--json").facts == []
    (listed,) = run_command("quarantine", "list", "--all", "--config", config, "--json").facts
    assert listed["dismissed"].endswith(": sent twice")
    assert run_command("quarantine", "reinstate", document, "--config", config).code == 0
    shown = run_command("quarantine", "show", document, "--config", config, "--json").facts
    assert (shown["state"], shown["reason"]) == ("quarantined", "not-a-pdf")


def test_settings_are_made_once_and_never_written_over(tmp_path: Path) -> None:
    config = tmp_path / "new.toml"
    asked = ("--seal", 'CN:SIA "P": eZīmogs', "--approver", "000123-00001", "--route", "contracts")
    made = run_command("config", "init", *asked, "--config", config)
    assert (made.code, config.stat().st_mode & 0o777) == (0, 0o600), made.complaints
    text = config.read_text(encoding="utf-8")
    assert run_command("config", "init", *asked, "--config", config).code == ExitCode.REFUSED
    assert config.read_text(encoding="utf-8") == text
    faults = run_command("config", "check", "--config", config, "--json")
    assert (faults.code, [fault["key"] for fault in faults.facts["faults"]]) == (2, ["eparaksts.client_secret"])
    config.write_text(text.replace("[desk]", "client_secret = 'a'\n[desk]"), encoding="utf-8")
    checked = run_command("config", "check", "--config", config, "--json")
    assert (checked.code, checked.facts["routes"]) == (0, ["contracts"])


def test_the_settings_for_the_practice_vendor_are_those_of_the_readme(tmp_path: Path) -> None:
    made = tmp_path / "zimogs.toml"
    assert run_command("config", "init", "--practice", "--config", made).code == 0
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'(?m)^(\w+ = (?:"[^"]*"|\[[^\]]*\]))$', readme[: readme.index("chmod 0600 zimogs.toml")])
    assert [line for line in shown if line not in made.read_text(encoding="utf-8")] == []
    assert len(shown) > 5


def test_what_the_walk_in_the_readme_makes_is_nothing_that_git_would_add(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    for made in ("zimogs.toml", "practice/root.pem", "inbox/invoices/a.pdf", "outbox/a.pdf", "quarantine/a", "data/a"):
        (tmp_path / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / made).touch()
    status = ["git", "-C", str(tmp_path), "status", "--porcelain"]
    assert subprocess.run(status, capture_output=True, text=True, check=True).stdout == "?? .gitignore\n"


def test_a_misspelt_command_leads_to_the_one_that_was_meant() -> None:
    ended = run_command("quarantin")
    assert (ended.code, "quarantine" in ended.complaints) == (ExitCode.USAGE, True)
