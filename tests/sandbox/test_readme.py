"""The README is true: its tables are those of the code, its excerpt is the script's, and nothing is left out."""

import re
from pathlib import Path

import pytest

import sandbox
from sandbox.people.practice import practice_people
from sandbox.pki import KeyKind
from sandbox.requirements import REQUIREMENTS
from sandbox.routes import SANDBOX
from sandbox.tables import acts_table, people_table, rules_table, switches_table
from sandbox.variants import Variants
from sandbox.weather.operations import Operation
from sandbox.weather.presets import describe_presets
from sandbox.weather.rules import SPECIAL, Kind
from tests.sandbox.practice import NOW, the_authority
from tests.wire.test_first_steps import SCRIPT

README = (Path(sandbox.__path__[0]) / "README.md").read_text(encoding="utf-8")
FIRST_STEPS = SCRIPT.read_text(encoding="utf-8")


@pytest.mark.parametrize("part", REQUIREMENTS)
def test_it_tells_every_rule_with_its_sources_and_switches(part: str) -> None:
    assert f"### {part}\n\n{rules_table(REQUIREMENTS[part])}" in README


def test_it_tells_every_switch_with_its_choices_and_their_sources() -> None:
    assert switches_table(Variants()) in README


def test_it_tells_who_is_there() -> None:
    assert people_table(practice_people(the_authority(), KeyKind.P256, NOW)) in README


def test_it_tells_the_steps_as_the_script_does() -> None:
    steps = re.findall(r"^step (\d+) '(.*)'$", FIRST_STEPS, re.MULTILINE)
    assert "\n".join(f"{number:>2}  {what}" for number, what in steps) in README


def test_its_excerpt_is_the_scripts() -> None:
    (excerpt,) = re.findall(r"```bash\n(step .*?)```", README, re.DOTALL)
    assert excerpt in FIRST_STEPS


def test_it_tells_every_call_of_the_sandbox_itself() -> None:
    assert [f"| `{route.method} {route.path}` |" for route in SANDBOX] == re.findall(
        r"^\| `(?:GET|POST|PUT|DELETE) /[^`]*` \|", README, re.MULTILINE
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_it_tells_every_kind_of_weather_and_where_it_happens(kind: Kind) -> None:
    (where,) = re.findall(rf"^\| `{kind}` \| ([^|]*) \|", README, re.MULTILINE)
    if not where.startswith("every call"):
        assert {Operation(name) for name in where.split(", ")} == SPECIAL[kind]


def test_it_tells_every_act_of_a_hostile_vendor() -> None:
    assert acts_table() in README


def test_it_tells_every_operation_and_every_preset() -> None:
    assert ", ".join(f"`{operation}`" for operation in Operation) in README
    assert all(f"- `{name}`: {words}" in README for name, words in describe_presets().items())
