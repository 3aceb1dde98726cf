"""From a board to the dashboard that Grafana knows: variables, links, annotations, numbered panels."""

from itertools import count

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.models import dashboard
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, VariableRefresh, VariableSort

from grafana.boards.board import Board
from grafana.panels import SOURCE
from grafana.queries import PROCESSES

TAG = "zimogs"

ANNOTATIONS = {
    "A process began": ("yellow", f'time() - process_start_time_seconds{{job="zimogs", {PROCESSES}}} < 60'),
    "Sealing is frozen": ("blue", 'max(zimogs_standstills{cause="frozen"}) > 0'),
    "A batch is done": (
        "green",
        f'sum(increase(zimogs_batch_records_total{{state="delivered", {PROCESSES}}}[1m])) > 0',
    ),
}
"""What is marked on the panels over time: its colour, and the query that has a value while it is so."""


def assemble(board: Board) -> dashboard.Dashboard:
    """Build it whole."""
    built = (
        Dashboard(board.title)
        .uid(f"zimogs-{board.name}")
        .description(board.description)
        .tags([TAG])
        .time("now/d", "now")
        .refresh("30s")
        .timezone("browser")
        .readonly()
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_choice("route", "Route", "label_values(zimogs_documents, route)"))
        .with_variable(_choice("instance", "Process", 'label_values(up{job="zimogs"}, instance)'))
        .with_variable(
            TextBoxVariable("runbook")
            .label("Runbook at")
            .description("Where you serve deploy/RUNBOOK.md.")
            .default_value("https://runbook.example.org/RUNBOOK.md")
        )
        .link(
            DashboardLink("zimogs")
            .type(DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .include_vars(include_vars=True)
            .keep_time(keep_time=True)
        )
        .link(
            DashboardLink("Runbook")
            .type(DashboardLinkType.LINK)
            .url("${runbook}")
            .icon("doc")
            .target_blank(target_blank=True)
        )
    )
    for name, (colour, expr) in ANNOTATIONS.items():
        built.annotation(
            AnnotationQuery().name(name).datasource(SOURCE).icon_color(colour).expr(expr).enable(enable=True)
        )
    ids = count(1)
    for title, panels in board.rows:
        built.with_row(Row(title).id(next(ids)))
        for panel in panels():
            built.with_panel(panel.id(next(ids)))
    return built.build()


def _choice(name: str, label: str, query: str) -> QueryVariable:
    """One or many of the values that the query finds; all of them at first, those without the label too."""
    return (
        QueryVariable(name)
        .label(label)
        .query(query)
        .datasource(SOURCE)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(multi=True)
        .include_all(include_all=True)
        .all_value(".*")
        .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
    )
