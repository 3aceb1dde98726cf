"""A dashboard as a picture (SVG), drawn from what a Prometheus answered to its queries.

It shows what Grafana would show, in Grafana's places, and not what Grafana looks like.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from grafana.values import write

_COLUMN, _LINE, _MARGIN = 50, 26, 6
"""Pixels of a cell of Grafana's grid, and around what stands in it."""
_COLUMNS = 24
_TITLE = 24
_PALETTE = (
    "#3274d9",
    "#e0752d",
    "#56a64b",
    "#8f3bb8",
    "#c4162a",
    "#e0b400",
    "#37872d",
    "#1f60c4",
    "#ad4ea3",
    "#7c8a96",
)
_SIGNALS = {"green": "#56a64b", "orange": "#ff9830", "red": "#c4162a"}
_MOST_NAMES = 10
"""Bars or lines of a panel that are drawn, the largest of them."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One series: its name, and its values by time (Unix, seconds); a single one where only the newest is shown."""

    name: str
    points: Sequence[tuple[float, float]]

    @property
    def newest(self) -> float:
        """The value at its end."""
        return self.points[-1][1]


def draw(dashboard: Mapping[str, Any], curves: Mapping[int, Sequence[Curve]]) -> str:
    """Draw the dashboard (as its JSON says) with these curves, by the ids of panels."""
    height = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"]) * _LINE
    width = _COLUMNS * _COLUMN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f"<title>{escape(dashboard['title'])}</title>",
        f'<rect width="{width}" height="{height}" fill="#f4f5f5"/>',
    ]
    for panel in dashboard["panels"]:
        lines += _draw_panel(panel, [curve for curve in curves.get(panel["id"], ()) if curve.points])
    return "\n".join([*lines, "</svg>"]) + "\n"


def _draw_panel(panel: Mapping[str, Any], curves: Sequence[Curve]) -> Iterator[str]:
    place = panel["gridPos"]
    width, height = place["w"] * _COLUMN - _MARGIN, place["h"] * _LINE - _MARGIN
    yield f'<g transform="translate({place["x"] * _COLUMN + _MARGIN / 2},{place["y"] * _LINE + _MARGIN / 2})">'
    if panel["type"] == "row":
        yield _text(4, 15, panel["title"], size=14, weight="bold")
    else:
        yield f'<rect width="{width}" height="{height}" fill="#fff" stroke="#d8d9da"/>'
        yield _text(8, 16, panel["title"], weight="bold")
        yield from _PAINTERS[panel["type"]](panel, _largest(curves), width, height)
    yield "</g>"


def _largest(curves: Sequence[Curve]) -> Sequence[Curve]:
    finite = [Curve(each.name, [(at, value) for at, value in each.points if math.isfinite(value)]) for each in curves]
    known = [curve for curve in finite if curve.points]
    kept = sorted(known, key=lambda curve: -max(value for _, value in curve.points))[:_MOST_NAMES]
    return [curve for curve in known if curve in kept]


def _draw_figure(panel: Mapping[str, Any], curves: Sequence[Curve], width: float, height: float) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    if not curves:
        yield _text(width / 2, height / 2 + 16, defaults.get("noValue", "no data"), size=18, anchor="middle")
        return
    value = curves[0].newest
    colour = _signal(value, defaults["thresholds"]["steps"])
    written = write(value, defaults["unit"])
    yield _text(width / 2, height / 2 + 20, written, size=26, anchor="middle", colour=colour, weight="bold")


def _draw_bars(panel: Mapping[str, Any], curves: Sequence[Curve], width: float, height: float) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    if not curves:
        yield _text(width / 2, height / 2, "no data", anchor="middle", colour="#7c8a96")
        return
    step = min(26.0, (height - _TITLE - 6) / len(curves))
    names, most = width * 0.4, max(curve.newest for curve in curves) or 1.0
    for number, curve in enumerate(curves):
        y = _TITLE + number * step
        long = (width - names - 90) * max(0.0, curve.newest) / most
        colour = _signal(curve.newest, defaults["thresholds"]["steps"])
        size = min(12.0, step * 0.7)
        yield _text(8, y + step * 0.7, _shorten(curve.name, names), size=size)
        yield _box(names, y + step * 0.15, max(1.0, long), step * 0.7, colour)
        yield _text(names + long + 6, y + step * 0.7, write(curve.newest, defaults["unit"]), size=size)


def _draw_lines(panel: Mapping[str, Any], curves: Sequence[Curve], width: float, height: float) -> Iterator[str]:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    if not curves:
        yield _text(width / 2, height / 2, "no data", anchor="middle", colour="#7c8a96")
        return
    times = [at for curve in curves for at, _ in curve.points]
    begin, long = min(times), max(max(times) - min(times), 1e-9)
    most = max(value for curve in curves for _, value in curve.points) or 1.0
    left, top, names = 62.0, _TITLE + 6.0, 15.0 * math.ceil(len(curves) / 3)
    wide, tall = width - left - 10, height - top - names - 10
    for share in (0, 0.5, 1):
        y = top + tall * (1 - share)
        yield f'<path d="M{left} {y:.1f}h{wide:.1f}" stroke="#e4e5e6"/>'
        yield _text(left - 5, y + 4, write(most * share, unit), size=10, anchor="end", colour="#52545c")
    for number, curve in enumerate(curves):
        colour = _PALETTE[number % len(_PALETTE)]
        path = " ".join(
            f"{left + wide * (at - begin) / long:.1f},{top + tall * (1 - value / most):.1f}"
            for at, value in curve.points
        )
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        x, y = 8 + (width - 16) / 3 * (number % 3), height - names + 10 + 15 * (number // 3)
        yield _box(x, y - 9, 9, 9, colour)
        yield _text(x + 13, y, _shorten(curve.name, width / 3 - 20), size=10)


_PAINTERS = {"stat": _draw_figure, "bargauge": _draw_bars, "timeseries": _draw_lines}


def _signal(value: float, steps: Sequence[Mapping[str, Any]]) -> str:
    colour = "green"
    for step in steps:
        if step["value"] is None or value >= step["value"]:
            colour = step["color"]
    return _SIGNALS[colour]


def _shorten(name: str, width: float) -> str:
    most = max(4, int(width / 6.5))
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _box(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _text(
    x: float, y: float, text: str, *, size: float = 12, anchor: str = "start", colour: str = "#24292e", weight: str = ""
) -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:.0f}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {place}{bold}>{escape(text)}</text>"
