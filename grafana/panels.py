"""The three kinds of panel that the dashboard is made of: a figure, bars, and lines over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import TypeVar

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import BigValueGraphMode, StackingMode, TooltipDisplayMode, VizOrientation
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, DataSourceRef, Threshold, ThresholdsMode

Panel = stat.Panel | bargauge.Panel | timeseries.Panel
P = TypeVar("P", stat.Panel, bargauge.Panel, timeseries.Panel)

SOURCE = DataSourceRef("prometheus", "${datasource}")
"""Whichever Prometheus is chosen above the panels."""
CALM = (Threshold(None, "green"),)
"""Thresholds of what is never alarming."""

_FIGURE_HEIGHT = 4
_CHART_HEIGHT = 8


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression, and how its series are called."""

    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as Grafana names it, and how many decimals are worth reading (None: Grafana decides)."""

    name: str
    decimals: int | None = None


COUNT = Unit("short", 0)
SECONDS = Unit("s")
DAYS = Unit("d", 0)
PER_SECOND = Unit("cps")
SHARE = Unit("percentunit")
BYTES = Unit("bytes")
BYTES_PER_SECOND = Unit("Bps")


def worse_above(orange: float, red: float) -> tuple[Threshold, ...]:
    """The more, the worse."""
    return (*CALM, Threshold(orange, "orange"), Threshold(red, "red"))


def red_from(limit: float) -> tuple[Threshold, ...]:
    """Wrong from there on."""
    return (*CALM, Threshold(limit, "red"))


def worse_below(orange: float, red: float) -> tuple[Threshold, ...]:
    """The less, the worse."""
    return (Threshold(None, "red"), Threshold(red, "orange"), Threshold(orange, "green"))


def figure(
    title: str,
    description: str,
    query: Query,
    *,
    unit: Unit,
    width: int,
    thresholds: Sequence[Threshold] = CALM,
    empty: str = "no data",
    alert: str = "",
) -> Panel:
    """One number as it is now, or `empty`. `width` counts columns of 24; `alert` has the page that says what to do."""
    panel = stat.Panel().graph_mode(BigValueGraphMode.NONE).no_value(empty).reduce_options(_newest())
    panel.targets([target.instant() for target in _targets([query])])
    return _dress(
        panel.height(_FIGURE_HEIGHT).span(width), title, description, unit=unit, thresholds=thresholds, alert=alert
    )


def bars(
    title: str,
    description: str,
    *queries: Query,
    unit: Unit,
    width: int,
    thresholds: Sequence[Threshold] = CALM,
    alert: str = "",
) -> Panel:
    """One bar for each series as it is now."""
    panel = bargauge.Panel().orientation(VizOrientation.HORIZONTAL).min(0).reduce_options(_newest())
    panel.targets([target.instant() for target in _targets(queries)])
    return _dress(
        panel.height(_CHART_HEIGHT).span(width), title, description, unit=unit, thresholds=thresholds, alert=alert
    )


def lines(
    title: str, description: str, *queries: Query, unit: Unit, width: int, stacked: bool = False, alert: str = ""
) -> Panel:
    """One line for each series over the shown time."""
    panel = timeseries.Panel().min(0).fill_opacity(10)
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    panel.targets([target.range() for target in _targets(queries)])
    return _dress(panel.height(_CHART_HEIGHT).span(width), title, description, unit=unit, thresholds=CALM, alert=alert)


def _dress(panel: P, title: str, description: str, *, unit: Unit, thresholds: Sequence[Threshold], alert: str) -> P:
    steps = dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(list(thresholds))
    panel.title(title).description(description).datasource(SOURCE).unit(unit.name).thresholds(steps)
    if alert:
        page = dashboard.DashboardLink(f"Runbook: {alert}").type(DashboardLinkType.LINK).target_blank(target_blank=True)
        panel.links([page.url(f"${{runbook}}#{alert.lower()}")])
    return panel if unit.decimals is None else panel.decimals(unit.decimals)


def _targets(queries: Sequence[Query]) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().ref_id(name).expr(query.expr).legend_format(query.legend)
        for name, query in zip(ascii_uppercase, queries, strict=False)
    ]


def _newest() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])
