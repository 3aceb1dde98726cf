"""The checklist is complete: each requirement has the test of its name, and the README prints them all."""

import inspect

import pytest

from sandbox.__main__ import main
from sandbox.requirements import REQUIREMENTS, Requirement
from sandbox.variants.model import SWITCHES
from sandbox.weather.rules import Kind
from tests.sandbox import (
    test_checklist_esigp,
    test_checklist_oauth,
    test_checklist_signing,
    test_checklist_storage,
)

CHECKLIST = dict(
    zip(
        REQUIREMENTS,
        (test_checklist_oauth, test_checklist_esigp, test_checklist_storage, test_checklist_signing),
        strict=True,
    )
)
BOXES = 30


def docstring_of(requirement: Requirement) -> str:
    """Return the docstring that the requirement's test must have, with all space made single."""
    return " ".join(f"{requirement.rule} {requirement.details}".split())


def checks_of(part: str) -> list[tuple[str, str]]:
    """Return each test of this part of the checklist in its order: its name, and its docstring with single spaces."""
    tests = [(name, test) for name, test in vars(CHECKLIST[part]).items() if name.startswith("test_")]
    return [(name.removeprefix("test_"), " ".join((inspect.getdoc(test) or "").split())) for name, test in tests]


def test_every_box_is_docstring_of() -> None:
    assert sum(map(len, REQUIREMENTS.values())) == BOXES


@pytest.mark.parametrize("part", REQUIREMENTS)
def test_each_requirement_has_the_test_of_its_name_and_words(part: str) -> None:
    assert checks_of(part) == [(requirement.name, docstring_of(requirement)) for requirement in REQUIREMENTS[part]]


def test_every_switch_named_is_there() -> None:
    options = {f"--{name.replace('_', '-')}" for name in inspect.signature(main).parameters}
    there = options | set(SWITCHES) | {f"weather: {kind}" for kind in Kind}
    assert {
        switch for requirements in REQUIREMENTS.values() for one in requirements for switch in one.switches
    } <= there
