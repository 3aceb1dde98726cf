"""The dashboard shows what is exported, all of it, and every query gives figures on a real Prometheus."""

import asyncio
import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from grafana.writing import OVERVIEW, written
from tests.operations.busy_app import BusyApp
from tests.operations.prometheus import Prometheus, Series, scraping
from tests.support.programs import run
from tests.support.waiting import PATIENCE

DASHBOARD: dict[str, Any] = json.loads(OVERVIEW.read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES: dict[str, str] = {target["expr"]: target["legendFormat"] for panel in PANELS for target in panel["targets"]}
SHOWN_TIMES = {"$__rate_interval": "5s", "$__range": "1m"}


def metric_names(expr: str) -> set[str]:
    """The metrics of an expression; of a histogram the name without its `_bucket`."""
    return {name.removesuffix("_bucket") for name in re.findall(r"\bzimogs_\w+", expr)}


async def exported() -> set[str]:
    """Every metric that a app exports in which everything has happened; `_created` only says when a series began."""
    app = BusyApp()
    app.work()
    families = list(text_string_to_metric_families(app.exposition()))
    names = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    return {name for name in names if not name.endswith("_created")}


def test_the_committed_dashboard_is_the_one_in_code() -> None:
    assert OVERVIEW.read_text(encoding="utf-8") == written(), "run `python -m grafana`"


async def test_every_exported_metric_is_shown_and_every_shown_one_is_exported() -> None:
    assert set().union(*map(metric_names, QUERIES)) == await exported()


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: str(panel["title"]))
def test_a_panel_has_a_title_a_unit_and_a_sentence_about_itself(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["description"].endswith(".")


def test_no_two_panels_share_an_id_or_a_place() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]}) == len(
        DASHBOARD["panels"]
    )


def test_panels_fill_their_lines() -> None:
    lines = {panel["gridPos"]["y"] for panel in PANELS}
    widths = {y: sum(panel["gridPos"]["w"] for panel in PANELS if panel["gridPos"]["y"] == y) for y in lines}
    assert set(widths.values()) == {24}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Series]]:
    """What a real Prometheus answered to every query; it was asked until there were figures, or patience ended."""
    return asyncio.run(_answers(tmp_path_factory.mktemp("prometheus")))


async def _answers(folder: Path) -> dict[str, list[Series]]:
    app = BusyApp()
    async with app.served() as target, scraping(target, folder) as prometheus:
        found: dict[str, list[Series]] = {}
        ends = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < ends:
            app.work()
            found |= {expr: await _answer(prometheus, expr) for expr in QUERIES if not has_figures(found.get(expr, []))}
            if all(map(has_figures, found.values())):
                break
            await asyncio.sleep(0.2)
        return found


async def _answer(prometheus: Prometheus, expr: str) -> list[Series]:
    for variable, value in SHOWN_TIMES.items():
        expr = expr.replace(variable, value)
    return await prometheus.ask(expr)


def has_figures(series: list[Series]) -> bool:
    return bool(series) and all(math.isfinite(one.value) for one in series)


def test_every_query_gives_figures(answers: dict[str, list[Series]]) -> None:
    assert {expr: series for expr, series in answers.items() if not has_figures(series)} == {}


def test_every_series_has_the_labels_that_its_name_is_made_of(answers: dict[str, list[Series]]) -> None:
    for expr, legend in QUERIES.items():
        labels = set(re.findall(r"{{(\w+)}}", legend))
        assert all(labels == set(series.labels) - _fixed(expr) for series in answers[expr]), expr


def _fixed(expr: str) -> set[str]:
    """Labels that a query chose one value of, which need not stand in the name."""
    return set(re.findall(r'(\w+)="', expr))


@pytest.mark.parametrize("values", ["_x300 100x300", "7x300 107x300", "0x299 40x100 0x99 60x100"])
def test_a_hundred_documents_are_counted_as_a_hundred_however_the_series_went(tmp_path: Path, values: str) -> None:
    """The series begins with them, or grows by them, or its process is restarted between them."""
    (expr,) = (expr for expr in QUERIES if expr.startswith("sum (") and "documents_sealed" in expr)
    test = {
        "interval": "1m",
        "input_series": [{"series": 'zimogs_documents_sealed_total{route="invoices"}', "values": values}],
        "promql_expr_test": [
            {
                "expr": f"round({expr.replace('$__range', '9h')})",
                "eval_time": "10h",
                "exp_samples": [{"labels": "{}", "value": 100}],
            }
        ],
    }
    path = tmp_path / "day.yml"
    path.write_text(yaml.safe_dump({"tests": [test]}))
    verdict = run("promtool", "test", "rules", path)
    assert verdict.returncode == 0, verdict.stdout
