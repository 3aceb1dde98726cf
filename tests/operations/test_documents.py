"""What the project's own documents claim is held against the code."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperGroup

from config.reading import EXAMPLE, read_settings
from config.sections import Folders
from jobs.model.lifecycle import State, diagram
from jobs.model.reasons import ADVICE, Reason
from tests.torture.matrix import RECORDS, draw_matrix
from worker.cli.application import COMMANDS, load_command

ROOT = Path(__file__).parents[2]
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("deploy/*.md"), *ROOT.glob("grafana/*.md"), *ROOT.glob("sandbox/*.md")]

GLOSSARY = "approver batch claim doorbell lapsed lease ledger quarantine record retire route shelf sidecar story sweep"
"""Words of the code that a reader cannot know from the field."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def packages(folder: str) -> set[str]:
    return {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}


def rows(document: str, heading: str) -> list[str]:
    """The first cells of the table under a line that holds `heading`."""
    table = re.findall(r"(?m)^\|.*$", document[document.index(heading) :].partition("|---")[2].partition("\n\n")[0])
    return [row.split("|")[1] for row in table]


def commands() -> set[str]:
    """Every command of the program, as `audit verify`."""
    loaded = {name: load_command(name) for name in COMMANDS}
    return {
        " ".join((name, *nested)).strip()
        for name, command in loaded.items()
        for nested in ([(inner,) for inner in command.commands] if isinstance(command, TyperGroup) else [()])
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    _, summary = COMMANDS[name]
    assert " ".join((load_command(name).help or "").split()).startswith(summary)


def test_the_diagram_in_the_architecture_is_the_table() -> None:
    assert diagram() in ARCHITECTURE


def test_the_crash_matrix_in_the_architecture_is_the_one_that_is_tried() -> None:
    assert draw_matrix() in ARCHITECTURE
    # What people write from the desk, while no worker is at it, leads back to what is tried.
    assert {*RECORDS, State.RELEASED, State.SPLIT} == set(State) - {State.LAPSED, State.ABANDONED}


def test_the_architecture_names_every_room_of_the_worker_and_no_other() -> None:
    named = [room for row in rows(ARCHITECTURE, "Inside `worker/`") for room in re.findall(r"`(\w+)/`", row)]
    assert sorted(named) == sorted(packages("worker"))


@pytest.mark.parametrize("folder", ["sandbox", "tests"])
def test_the_architecture_names_only_rooms_that_exist(folder: str) -> None:
    (row,) = re.findall(rf"(?m)^\| `{folder}/` \|(.*)\|.*\|$", ARCHITECTURE)
    assert set(re.findall(r"`(\w+)`", row)) <= packages(folder)


def test_every_reason_has_advice() -> None:
    assert set(ADVICE) == set(Reason)


def test_the_example_settings_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "secret")
    settings = read_settings(EXAMPLE)
    assert settings.folders == Folders().below(EXAMPLE.parent)


def test_the_readme_lists_every_command_and_no_other() -> None:
    # Behind the command there may be arguments, which begin with another character.
    span = r"`(?:zimogs )?([a-z][a-z-]*(?: [a-z]+)*)(?:`| [^a-z])"
    named = {command for row in rows(README, "## Commands") for command in re.findall(span, row)}
    assert named == commands()


@each_document
def test_a_command_that_a_document_shows_exists(document: Path) -> None:
    first_words = {command.split()[0] for command in commands()}
    shown = re.findall(r"(?m)(?:`|^\$ )zimogs ([a-z][a-z-]*)", document.read_text(encoding="utf-8"))
    assert set(shown) <= first_words


@each_document
def test_a_target_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(r"(?m)(?:`|^\$ )make ([a-z]+)", document.read_text(encoding="utf-8"))
    assert set(named) <= set(explained_targets())


def explained_targets() -> list[str]:
    """The targets that `make help` shows."""
    return re.findall(r"(?m)^([a-z]+):.*## ", MAKEFILE)


def test_every_target_that_make_is_told_of_exists_and_is_explained() -> None:
    (phony,) = re.findall(r"(?m)^\.PHONY: (.*)$", MAKEFILE)
    assert sorted(phony.split()) == sorted(explained_targets())


def test_every_target_is_named_in_a_document() -> None:
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert [target for target in explained_targets() if f"make {target}" not in text] == []


@pytest.mark.parametrize("word", GLOSSARY.split())
def test_the_glossary_explains_the_projects_own_words(word: str) -> None:
    assert f"**{word}**" in "".join(rows(README, "## Glossary"))


def test_the_glossary_has_the_waiting_list() -> None:
    assert " **waiting list** " in rows(README, "## Glossary")


def test_the_newest_release_in_the_changelog_is_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased, newest, *older = re.findall(r"(?m)^## (.*)$", changelog)
    assert unreleased == "Unreleased"
    assert re.fullmatch(rf"{re.escape(VERSION)} - \d{{4}}-\d\d-\d\d", newest)
    assert [release for release in older if release.startswith(f"{VERSION} ")] == []


@pytest.mark.parametrize("file", ["compose.yaml", "Dockerfile"])
def test_the_image_has_the_number_of_the_version(file: str) -> None:
    text = (ROOT / "deploy" / file).read_text(encoding="utf-8")
    assert set(re.findall(r"zimogs:(\d+\.\d+\.\d+)", text)) == {VERSION}


def test_each_promise_of_security_names_a_test_that_exists() -> None:
    table = (ROOT / "SECURITY.md").read_text().split("## Promises, guards, tests")[1].split("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert rows
    for row in rows:
        named = re.findall(r"`(tests/[\w/.]+)`", row)
        assert named, row
        assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("module", sorted((ROOT / "tests" / "rules").glob("*.py")), ids=lambda path: path.name)
def test_the_tests_of_rules_touch_no_disk_no_program_and_no_network(module: Path) -> None:
    named = {node.id for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Name)}
    asked = {node.arg for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.arg)}
    assert not (named | asked) & {
        "tmp_path",
        "monkeypatch",
        "subprocess",
        "socket",
        "threading",
        "open",
        "ArqRedis",
        "web",
    }
