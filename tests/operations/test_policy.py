"""What the doctor says of people and times, and what freezing is from a terminal."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from config.routes import Approval, RouteSettings
from config.settings import Settings
from jobs.model.freeze import Freeze
from tests.support.builders import INVOICES, NOON
from tests.support.installation import an_installation
from tests.whole.rehearsal import run_command
from worker.doctor.finding import Severity
from worker.doctor.policy import examine_policy

ANNA, JANIS = "000123-00001", "000123-00002"
SETTINGS = """
[eparaksts]
platform_url = "http://127.0.0.1:9"
signapi_url = "http://127.0.0.1:9"
client_id = "client"
client_secret = "secret"
[trust]
anchors = ["root.pem"]
[routes.invoices]
seal = "CN:SIA PARAUGS: eZīmogs"
approvers = ["000123-00001"]
ask_at = ["10:00"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "zimogs.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


def settings(folder: Path, approval: Approval = Approval(), **route: object) -> Settings:  # noqa: B008
    values = {"seal": "S", "approvers": [ANNA]} | route
    return an_installation(folder).model_copy(
        update={"routes": {INVOICES: RouteSettings.model_validate(values)}, "approval": approval}
    )


@pytest.mark.parametrize(
    ("route", "severity", "words"),
    [
        ({}, Severity.OK, "approved by one person; asked at once on working days"),
        ({"ask_at": [time(10)]}, Severity.OK, "asked at 10:00 on working days"),
        ({"four_eyes": True}, Severity.FAULT, "one person is all there is"),
        ({"four_eyes": True, "releasers": [ANNA]}, Severity.FAULT, "one person is all there is"),
        ({"four_eyes": True, "releasers": [ANNA, JANIS]}, Severity.WARNING, "no approver is left"),
        ({"four_eyes": True, "releasers": [JANIS]}, Severity.OK, "released by one person"),
        ({"deputies": [ANNA], "escalate_after": 600}, Severity.WARNING, "tells nobody new"),
        ({"ask_at": [time(20)]}, Severity.WARNING, "outside of working hours"),
        (
            {"deputies": [JANIS], "escalate_after": 600, "remind_after": 1200},
            Severity.WARNING,
            "before the approvers are reminded",
        ),
    ],
)
def test_the_doctor_tells_where_people_or_times_do_not_fit(
    tmp_path: Path, route: dict[str, object], severity: Severity, words: str
) -> None:
    approval = Approval(working_hours=(time(8), time(17)))
    (finding,) = examine_policy(settings(tmp_path, approval, **route), (), NOON)
    assert (finding.severity, finding.subject) == (severity, "people of route invoices")
    assert words in finding.found


def test_the_doctor_tells_of_windows_that_do_not_open_for_long(tmp_path: Path) -> None:
    away = frozenset(NOON.date() + timedelta(days=day) for day in range(20))
    found = settings(tmp_path, Approval(days_off=away), ask_at=[time(10)])
    (finding,) = examine_policy(found, (), NOON)
    assert finding.found == "nobody is asked before 2026-12-14"


def test_the_doctor_tells_of_a_freeze(tmp_path: Path) -> None:
    freeze = Freeze(at=NOON, by="root", reason="an audit")
    (finding,) = examine_policy(settings(tmp_path), (freeze,), datetime.now(UTC))
    assert finding.severity is Severity.WARNING
    assert "root froze all sealing: an audit" in finding.found


def test_freezing_is_told_by_status_and_lifted_from_a_terminal(config: Path) -> None:
    begun = run_command("freeze", "--config", config, "--route", "invoices", "--reason", "wrong  template")
    assert begun.code == 0
    assert "zimogs unfreeze --route invoices" in begun.output
    status = run_command("status", "--config", config)
    assert "froze sealing in route invoices: wrong template" in status.output
    (route,) = run_command("status", "--config", config, "--json").facts["routes"]
    assert "wrong template" in route["frozen"]
    assert datetime.fromisoformat(route["collected_until"]) > datetime.now(UTC)
    ended = run_command("unfreeze", "--config", config)
    assert ended.code == 3
    assert "lift that with zimogs unfreeze --route invoices" in ended.complaints
    lifted = run_command("unfreeze", "--config", config, "--route", "invoices", "--json").facts
    assert (lifted["lifted"]["freeze"]["reason"], lifted["frozen"]) == ("wrong template", [])
    (route,) = run_command("status", "--config", config, "--json").facts["routes"]
    assert route["frozen"] == ""


def test_everything_is_frozen_apart_from_a_route(config: Path) -> None:
    run_command("freeze", "--config", config, "--route", "invoices", "--reason", "one")
    assert run_command("freeze", "--config", config, "--reason", "all", "--json").facts["route"] is None
    lifted = run_command("unfreeze", "--config", config)
    assert lifted.code == 0
    assert "Still frozen" in lifted.output


@pytest.mark.parametrize("arguments", [("--reason", "  "), ("--reason", "x", "--route", "none"), ()])
def test_a_freeze_without_a_reason_or_of_no_route_is_refused(config: Path, arguments: tuple[str, ...]) -> None:
    assert run_command("freeze", "--config", config, *arguments).code == 2
