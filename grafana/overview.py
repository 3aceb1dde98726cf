"""The overview: what a person wants to know at nine in the morning, most urgent first."""

from itertools import count

from grafana_foundation_sdk.builders.dashboard import Dashboard, DatasourceVariable, Row
from grafana_foundation_sdk.models import dashboard

from grafana.panels import Panel
from grafana.rows.machinery import app, intake, notices, vendor
from grafana.rows.standing import places, stuck
from grafana.rows.work import done, durations


def overview() -> dashboard.Dashboard:
    """Build the dashboard, which shows every metric that zimogs exports."""
    built = (
        Dashboard("zimogs")
        .uid("zimogs-overview")
        .description("Sealing in bulk: what is stuck, what was done today, how the approval and the vendor went.")
        .tags(["zimogs"])
        .time("now/d", "now")
        .refresh("30s")
        .timezone("browser")
        .readonly()
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    ids = count(1)
    for title, panels in _rows():
        built.with_row(Row(title).id(next(ids)))
        for panel in panels:
            built.with_panel(panel.id(next(ids)))
    return built.build()


def _rows() -> tuple[tuple[str, tuple[Panel, ...]], ...]:
    return (
        ("Is anything stuck?", stuck()),
        ("Where everything stands", places()),
        ("Done in the shown time (today, unless you choose)", done()),
        ("How long it took", durations()),
        ("The vendor", vendor()),
        ("Telling others", notices()),
        ("The queue of documents", intake()),
        ("The app", app()),
    )
