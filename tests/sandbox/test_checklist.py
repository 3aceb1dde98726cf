"""The checklist is complete: each promise has the test of its name, and the README prints them all."""

import inspect

import pytest

from sandbox.__main__ import main
from sandbox.promises import PROMISES, Promise
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
        PROMISES,
        (test_checklist_oauth, test_checklist_esigp, test_checklist_storage, test_checklist_signing),
        strict=True,
    )
)
BOXES = 30


def promised(promise: Promise) -> str:
    """Return the docstring that the promise's test must have, with all space made single."""
    return " ".join(f"{promise.rule} {promise.details}".split())


def checked(part: str) -> list[tuple[str, str]]:
    """Return each test of this part of the checklist in its order: its name, and its docstring with single spaces."""
    tests = [(name, test) for name, test in vars(CHECKLIST[part]).items() if name.startswith("test_")]
    return [(name.removeprefix("test_"), " ".join((inspect.getdoc(test) or "").split())) for name, test in tests]


def test_every_box_is_promised() -> None:
    assert sum(map(len, PROMISES.values())) == BOXES


@pytest.mark.parametrize("part", PROMISES)
def test_each_promise_has_the_test_of_its_name_and_words(part: str) -> None:
    assert checked(part) == [(promise.name, promised(promise)) for promise in PROMISES[part]]


def test_every_switch_named_is_there() -> None:
    options = {f"--{name.replace('_', '-')}" for name in inspect.signature(main).parameters}
    there = options | set(SWITCHES) | {f"weather: {kind}" for kind in Kind}
    assert {switch for promises in PROMISES.values() for one in promises for switch in one.switches} <= there
