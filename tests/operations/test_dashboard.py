"""The dashboards show what is exported, all of it, and every query gives figures on a real Prometheus."""

import asyncio
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from lxml import etree

from grafana.assembling import ANNOTATIONS
from grafana.boards.board import Board
from grafana.writing import BOARDS, encode, file_of
from tests.operations.exposition import exported, metric_names
from tests.operations.pictures import PICTURES, picture_of
from tests.operations.prometheus import Series
from tests.operations.queries import fill_in
from tests.operations.test_alerts import ALERTS, RUNBOOK
from tests.operations.watched_run import DROPPED, QUEUED, REFUSED, SEALED, SUBMITTED, WAITING, watched_run
from tests.support.programs import run

# arq closes its connection by a name that redis has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)


def panels_of(board: Board) -> Iterator[dict[str, Any]]:
    dashboard = json.loads(file_of(board).read_text(encoding="utf-8"))
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


PANELS = [panel for board in BOARDS for panel in panels_of(board)]
QUERIES: dict[str, str] = {target["expr"]: target["legendFormat"] for panel in PANELS for target in panel["targets"]}


@each_board
def test_the_committed_dashboard_is_the_one_in_code(board: Board) -> None:
    assert file_of(board).read_text(encoding="utf-8") == encode(board), "run `python -m grafana`"


def test_nothing_else_is_committed_beside_them() -> None:
    files = {file_of(board) for board in BOARDS}
    assert set(file_of(BOARDS[0]).parent.iterdir()) == files


def test_every_exported_metric_is_shown_and_every_shown_one_is_exported() -> None:
    assert set().union(*map(metric_names, QUERIES)) == exported()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
def test_a_panel_has_a_title_a_unit_and_a_sentence_about_itself(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["description"].endswith(".")


@each_board
def test_no_two_panels_share_an_id_or_a_place(board: Board) -> None:
    panels = json.loads(encode(board))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)


@each_board
def test_panels_fill_their_lines(board: Board) -> None:
    panels = list(panels_of(board))
    lines = {panel["gridPos"]["y"] for panel in panels}
    widths = {y: sum(panel["gridPos"]["w"] for panel in panels if panel["gridPos"]["y"] == y) for y in lines}
    assert set(widths.values()) == {24}


@each_board
def test_a_dashboard_lets_one_choose_and_leads_to_the_others_and_to_the_runbook(board: Board) -> None:
    dashboard = json.loads(encode(board))
    assert [each["name"] for each in dashboard["templating"]["list"]] == ["datasource", "route", "instance", "runbook"]
    assert [(link["type"], link.get("tags"), link.get("url")) for link in dashboard["links"]] == [
        ("dashboards", dashboard["tags"], ""),
        ("link", [], "${runbook}"),
    ]
    assert {each["name"] for each in dashboard["annotations"]["list"]} == set(ANNOTATIONS)


def test_panels_lead_to_pages_of_the_runbook_that_are_there() -> None:
    urls = {link["url"] for panel in PANELS for link in panel.get("links", ())}
    assert urls
    assert urls <= {"${runbook}#" + alert["alert"].lower() for alert in ALERTS}


def test_the_runbook_names_panels_and_dashboards_that_are_there() -> None:
    names = set(re.findall(r'panel\s"([^"]+)"', RUNBOOK))
    assert names
    assert names <= {panel["title"] for panel in PANELS}
    boards = set(re.findall(r"\*((?:Overview|Approvals|Vendor|Integrations|Worker\s\w+))\*", RUNBOOK))
    assert {" ".join(board.split()) for board in boards} <= {board.title.removeprefix("zimogs · ") for board in BOARDS}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a Prometheus that watched a run answered to every query, what became of the rules, and pictures by board.

    Each query had an answer: the run gave up otherwise.
    """

    answers: dict[str, list[Series]]
    marks: dict[str, list[Series]]
    """What annotations marked, by name."""
    rule_faults: dict[str, str]
    alerts: list[Series]
    pictures: dict[str, str]


@pytest.fixture(scope="module")
def seen(practice_keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """One real run for all."""
    state = tmp_path_factory.mktemp("vendor")
    (state / "keys").symlink_to(practice_keys)

    async def ask() -> Seen:
        async with watched_run(tmp_path_factory.mktemp("run"), state) as prometheus:
            answers = {expr: await prometheus.ask_until_known(fill_in(expr)) for expr in QUERIES}
            marks = {name: await prometheus.ask(at_any_time(name)) for name in ANNOTATIONS}
            pictures = {board.name: await picture_of(board, prometheus) for board in BOARDS}
            return Seen(answers, marks, await prometheus.rule_faults(), await prometheus.ask("ALERTS"), pictures)

    return asyncio.run(ask())


@pytest.fixture
def answers(seen: Seen) -> dict[str, list[Series]]:
    """By query."""
    return seen.answers


def at_any_time(annotation: str) -> str:
    """Asks how often it was marked in the whole run: it may have been a minute ago."""
    _, expr = ANNOTATIONS[annotation]
    return fill_in(f"count_over_time(({expr})[10m:1s])")


def test_every_query_gives_figures_of_a_real_run(answers: dict[str, list[Series]]) -> None:
    assert answers.keys() == QUERIES.keys()
    assert all(any(math.isfinite(one.value) for one in series) for series in answers.values())


def test_a_freeze_and_a_finished_batch_are_marked(seen: Seen) -> None:
    """The system lives in the tests' own process here, which may have begun long before anybody looked."""
    assert {name for name, marks in seen.marks.items() if marks} >= ANNOTATIONS.keys() - {"A process began"}


def test_the_beginning_of_a_process_is_marked(tmp_path: Path) -> None:
    _, expr = ANNOTATIONS["A process began"]
    _evaluate(tmp_path, f"sum({expr})", {'process_start_time_seconds{job="zimogs"}': "35970x600"}, 30)


def test_every_rule_was_evaluated_and_none_raises_an_alert(seen: Seen) -> None:
    """But that of the freeze may be about to."""
    assert seen.rule_faults == {}
    assert {each.labels["alertname"] for each in seen.alerts} <= {"ZimogsStandstill"}
    assert {each.labels["alertstate"] for each in seen.alerts} <= {"pending"}


def test_every_series_has_the_labels_that_its_name_is_made_of(answers: dict[str, list[Series]]) -> None:
    for expr, legend in QUERIES.items():
        labels = set(re.findall(r"{{(\w+)}}", legend))
        assert all(labels <= set(series.labels) for series in answers[expr]), expr


def figures(answers: dict[str, list[Series]], title: str) -> dict[str, float]:
    """What the panel of that title shows, by the names of its series."""
    (panel,) = (panel for panel in PANELS if panel["title"] == title)
    return {
        series.named(target["legendFormat"]): round(series.value)
        for target in panel["targets"]
        for series in answers[target["expr"]]
        if math.isfinite(series.value) and round(series.value)
    }


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Received, by way in", {"folder": DROPPED + WAITING, "submit": SUBMITTED, "queue": QUEUED}),
        ("Sealed, by way in", {"folder": DROPPED, "submit": SUBMITTED, "queue": QUEUED}),
        ("Sealed", {"documents": SEALED}),
        ("Quarantine, by reason", {"not-a-pdf": REFUSED}),
        ("Waiting for approval", {"documents": WAITING}),
        ("Documents per authorization", {"documents": SEALED}),
        ("Authorizations", {"authorizations": 1}),
        ("Signature calls", {"calls": 1}),
        ("Timestamps", {"invoices seal": SEALED}),
        ("Batches in the ledger, by route", {"invoices": 2}),
        ("Judgements, by path", {"fast": SEALED}),
        ("Promises kept", {"asked": 1, "sealed": 1}),
        ("Allowance left", {"asked": 1, "sealed": 1, "unexplained": 1}),
        ("What stands still, by cause", {"frozen": 1}),
        ("Unexplained", {}),
        ("Approved in vain", {}),
    ],
)
def test_a_panel_shows_what_happened(answers: dict[str, list[Series]], title: str, shown: dict[str, float]) -> None:
    """Counted once, though one process takes in, works and serves pages at once."""
    assert figures(answers, title) == shown


@each_board
def test_a_picture_shows_every_panel_with_figures(seen: Seen, board: Board) -> None:
    texts = [element.text or "" for element in etree.fromstring(seen.pictures[board.name].encode()).iter()]
    assert {panel["title"] for panel in panels_of(board)} <= set(texts)
    assert "no data" not in texts


@each_board
def test_a_picture_of_it_stands_in_the_readme(board: Board) -> None:
    assert f"(pictures/{board.name}.svg)" in (PICTURES.parent / "README.md").read_text(encoding="utf-8")
    drawn = etree.fromstring((PICTURES / f"{board.name}.svg").read_bytes())
    titles = {element.text for element in drawn.iter()}
    missing = {panel["title"] for panel in panels_of(board)} - titles
    assert not missing, "run `python -m tests.operations.pictures`"


def _evaluate(folder: Path, expr: str, series: dict[str, str], expected: float) -> None:
    """Have promtool evaluate the query after ten hours of these series, a value each minute."""
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f"round({fill_in(expr, __range='9h')})",
                "eval_time": "10h",
                "exp_samples": [{"labels": "{}", "value": expected}],
            }
        ],
    }
    path = folder / "day.yml"
    path.write_text(yaml.safe_dump({"tests": [test]}))
    verdict = run("promtool", "test", "rules", path)
    assert verdict.returncode == 0, verdict.stdout


def _query_of(title: str) -> str:
    (panel,) = (panel for panel in PANELS if panel["title"] == title)
    (target,) = panel["targets"]
    expr: str = target["expr"]
    return expr


@pytest.mark.parametrize("values", ["_x300 100x300", "7x300 107x300", "0x299 40x100 0x99 60x100"])
def test_a_hundred_documents_are_counted_as_a_hundred_however_the_series_went(tmp_path: Path, values: str) -> None:
    """The series begins with them, or grows by them, or its process is restarted between them."""
    _evaluate(tmp_path, _query_of("Sealed"), {'zimogs_documents_sealed_total{route="invoices"}': values}, 100)


def test_what_two_processes_did_is_added_up(tmp_path: Path) -> None:
    series = {
        f'zimogs_documents_sealed_total{{route="invoices", instance="{instance}"}}': f"0x299 {count}x301"
        for instance, count in (("a", 60), ("b", 40))
    }
    _evaluate(tmp_path, _query_of("Sealed"), series, 100)


def test_what_two_processes_tell_alike_is_counted_once_for_each_route(tmp_path: Path) -> None:
    series = {
        f'zimogs_documents{{route="{route}", state="prepared", instance="{instance}"}}': f"{count}x600"
        for route, count in (("invoices", 70), ("contracts", 30))
        for instance in ("a", "b")
    }
    _evaluate(tmp_path, _query_of("Waiting for approval"), series, 100)
