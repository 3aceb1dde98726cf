"""The alerts: promtool agrees, their metrics exist, and each has a page that says what to do."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest

from jobs.model.standstill import Cause
from tests.operations.exposition import exported, metric_names
from tests.support.builders import INVOICES
from tests.support.programs import run
from worker.metrics.series import Series
from worker.metrics.tally import OPEN_STATES, WAITING
from worker.storage.untaken import Obstacle

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"(?ms)^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOK))


def _groups(path: Path) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return groups


RULES = [rule for file in ("rules.yml", "slo.yml") for group in _groups(PROMETHEUS / file) for rule in group["rules"]]
ALERTS = [rule for rule in RULES if "alert" in rule]
RECORDED = {rule["record"] for rule in RULES if "record" in rule}
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))


@pytest.mark.parametrize(
    ("task", "file"),
    [("check config", "prometheus.yml"), ("test rules", "rules_test.yml"), ("test rules", "slo_test.yml")],
)
def test_promtool_agrees(task: str, file: str) -> None:
    verdict = run("promtool", *task.split(), PROMETHEUS / file)
    assert verdict.returncode == 0, verdict.stdout


def test_every_alert_was_seen_firing_and_silent() -> None:
    files = [PROMETHEUS / "rules_test.yml", PROMETHEUS / "slo_test.yml"]
    tests = [test for file in files for test in yaml.safe_load(file.read_text(encoding="utf-8"))["tests"]]
    checks = [(check["alertname"], bool(check["exp_alerts"])) for test in tests for check in test["alert_rule_test"]]
    assert {name for name, fires in checks if fires} == {alert["alert"] for alert in ALERTS}


def test_rules_are_about_metrics_that_are_exported() -> None:
    assert set().union(*(metric_names(rule["expr"]) for rule in RULES)) <= exported()


def test_rules_are_about_figures_that_other_rules_record() -> None:
    asked = {name for rule in RULES for name in re.findall(r"\bzimogs:[\w:]+", rule["expr"])}
    assert asked <= RECORDED


def test_the_limits_of_the_objectives_are_among_those_that_durations_are_counted_by() -> None:
    """Otherwise a rule would look for a bucket that is not there, and never fire."""
    page = generate_latest(Series([INVOICES]).registry).decode()
    bucket = re.compile(r'(zimogs_\w+_bucket){le="([\d.]+)"}')
    limits = {tuple(found) for rule in RULES for found in bucket.findall(rule["expr"])}
    assert limits
    assert all(f'{name}{{le="{limit}",route="invoices"}}' in page for name, limit in limits)


def test_every_alert_finds_somebody_who_is_told() -> None:
    """Each receiver, and each alert that the example of Alertmanager's settings names, is there."""
    example = yaml.safe_load((PROMETHEUS / "alertmanager.yml").read_text(encoding="utf-8"))
    routes = [example["route"], *example["route"]["routes"]]
    assert {route["receiver"] for route in routes} == {receiver["name"] for receiver in example["receivers"]}
    matchers = [text for route in routes for text in route.get("matchers", ())]
    matchers += [
        text for rule in example["inhibit_rules"] for text in rule["source_matchers"] + rule["target_matchers"]
    ]
    patterns = [found for text in matchers for found in re.findall(r'alertname=~?"(.+)"', text)]
    wanted = [each for pattern in patterns for each in pattern.split("|")]
    assert wanted
    assert all(any(re.fullmatch(each, alert["alert"]) for alert in ALERTS) for each in wanted)


@pytest.mark.skipif(shutil.which("amtool") is None, reason="amtool is not installed")
def test_alertmanager_takes_the_example_of_its_settings() -> None:
    verdict = run("amtool", "check-config", PROMETHEUS / "alertmanager.yml")
    assert verdict.returncode == 0, verdict.stdout


@each_alert
def test_an_alert_says_what_is_wrong_and_how_bad_it_is(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"warning", "critical"}
    assert alert["annotations"]["summary"]
    assert alert["annotations"]["description"].endswith(".")


@each_alert
def test_an_alert_leads_to_its_page_in_the_runbook(alert: dict[str, Any]) -> None:
    assert alert["annotations"]["runbook_url"] == f"deploy/RUNBOOK.md#{alert['alert'].lower()}"
    assert alert["alert"] in SECTIONS


def test_the_runbook_has_no_page_without_an_alert() -> None:
    assert set(SECTIONS) == {alert["alert"] for alert in ALERTS}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_page_says_what_it_means_what_to_look_at_and_what_to_do(name: str) -> None:
    assert re.findall(r"(?m)^\*\*(.+?)\.\*\*", SECTIONS[name]) == ["What it means", "What to look at", "What to do"]


def test_the_page_about_stuck_documents_names_every_state_in_which_it_can_fire() -> None:
    (alert,) = (alert for alert in ALERTS if alert["alert"] == "ZimogsStuck")
    (spared,) = re.findall(r'zimogs_oldest_age_seconds\{state!="(\w+)"\}', alert["expr"])
    rows = re.findall(r"(?m)^\| (`\w+`(?:, `\w+`)*) \|", SECTIONS["ZimogsStuck"])
    named = [state for row in rows for state in re.findall(r"\w+", row)]
    assert sorted(named) == sorted({WAITING, *OPEN_STATES} - {spared})


def test_the_page_about_what_is_left_names_every_obstacle() -> None:
    assert re.findall(r"(?m)^\| `([\w-]+)` \|", SECTIONS["ZimogsInboxUntaken"]) == list(Obstacle)


def test_the_page_about_standstills_names_every_cause() -> None:
    assert re.findall(r"(?m)^\| `([\w-]+)` \|", SECTIONS["ZimogsStandstill"]) == list(Cause)


def test_the_page_about_what_everything_stands_on_names_every_cause_of_its_alert() -> None:
    (alert,) = (alert for alert in ALERTS if alert["alert"] == "ZimogsFoundationFailing")
    causes = [cause for told in re.findall(r'cause=~"([\w|-]+)"', alert["expr"]) for cause in told.split("|")]
    named = re.findall(r"(?m)^\| `([\w-]+)` \|", SECTIONS["ZimogsFoundationFailing"])
    assert named == [cause for cause in Cause if cause in causes]
    assert len(named) == len(causes)
