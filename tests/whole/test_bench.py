"""The bench works: it measures, whatever it measures. No figure is judged here, for machines are noisy."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from tests.bench.__main__ import PAGE, SHAPE, STORED
from tests.bench.goals import Goal
from tests.bench.plan import OURS, SCRIPT, SMOKE
from tests.bench.report import as_markdown, sheets
from tests.bench.results import Results
from tests.bench.rounds import NotSealed, check_sealed
from tests.bench.running import run_bench
from tests.bench.samples import write_samples
from tests.bench.stages import STAGE_NAMES, find_missing
from tests.support.schemas import validator_of


@pytest.fixture(scope="module")
def kept() -> Results:
    return Results.model_validate_json(STORED.read_bytes())


async def test_every_contestant_seals_everything_and_what_is_told_is_whole(practice_keys: Path, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "keys").symlink_to(practice_keys)
    told: list[str] = []

    results = await run_bench(SMOKE, tmp_path, told.append)

    (planned,), (scenario,) = SMOKE.scenarios, results.scenarios
    assert scenario.contestants == list(planned.contestants)
    for each in scenario.rounds:
        assert each.documents == planned.documents
        assert each.authorizations == (each.documents if each.contestant == SCRIPT else 1)
        assert each.closes >= 1
        assert min(each.cpu, each.wall, each.peak) > 0
    assert {stage.name for stage in results.stages} == set(STAGE_NAMES)
    assert len(results.idle) == 1
    validator_of(json.loads(SHAPE.read_bytes())).validate(json.loads(results.model_dump_json()))
    page, terminal = as_markdown(results), Console(file=StringIO(), width=200)
    for sheet in sheets(results):
        terminal.print(sheet.as_rich())
        assert sheet.as_markdown() in page
    assert isinstance(terminal.file, StringIO)
    assert all(name in terminal.file.getvalue() for name in (*planned.contestants, *STAGE_NAMES))


def test_every_stage_is_where_the_bench_looks_for_it() -> None:
    assert list(find_missing()) == []


def test_the_published_shape_is_that_of_the_results() -> None:
    assert json.loads(SHAPE.read_bytes()) == Results.model_json_schema()


def test_the_kept_page_is_what_the_kept_results_make(kept: Results) -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(kept)


def test_another_figure_makes_another_page(kept: Results) -> None:
    assert as_markdown(kept.model_copy(update={"idle": (77.77,)})) != as_markdown(kept)


@dataclass(frozen=True)
class Copier:
    """A contestant that gives back what it got."""

    target: Path
    pid: int = 0

    async def run(self, files: Sequence[Path]) -> None:
        for file in files:
            shutil.copyfile(file, self.path_of_sealed(file))

    def path_of_sealed(self, original: Path) -> Path:
        return self.target / f"{original.name}.sealed"


async def test_who_seals_nothing_is_not_measured(tmp_path: Path) -> None:
    files, copier = write_samples(tmp_path, 2, 50_000, "copied"), Copier(tmp_path)
    await copier.run(files)
    with pytest.raises(NotSealed, match="2 of 2"):
        check_sealed(copier, "copier", files)


def test_documents_have_the_size_that_is_told_and_nothing_else_in_common(tmp_path: Path) -> None:
    files = [*write_samples(tmp_path, 2, 50_000, "one"), *write_samples(tmp_path, 2, 50_000, "two")]
    assert {file.stat().st_size for file in files} == {50_000}
    assert len({file.read_bytes() for file in files}) == len({file.name for file in files}) == 4


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (2.0, ("2 s", "reached")),
        (2.01, ("2.01 s", "not reached")),
        (float("inf"), ("no end", "not reached")),
        (None, ("–", "not measured")),
    ],
)
def test_a_goal_says_what_was_measured_and_whether_that_reaches_it(
    kept: Results, value: float | None, verdict: tuple[str, str]
) -> None:
    assert Goal("a goal", 2, "s", lambda _: value).verdict(kept) == verdict


def test_contestants_take_turns_in_being_the_first(kept: Results) -> None:
    rotating = [scenario for scenario in kept.scenarios if len(scenario.of(OURS)) > 1]
    firsts = [
        [next(each.contestant for each in one.rounds if each.round == number) for number in (0, 1)] for one in rotating
    ]
    assert rotating
    assert all(one != other for first in firsts for one, other in pairwise(first))
