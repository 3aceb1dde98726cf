"""Results as tables: the same ones on a terminal and in RESULTS.md, made of the readings alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from tests.bench.goals import GOALS
from tests.bench.plan import BASE
from tests.bench.results import Results, RoundCost, Scenario, Spread
from tests.bench.stages import STAGE_NAMES

_HEAD = (
    "",
    "CPU ms",
    "× floor",
    "others' CPU ms",
    "all × floor",
    "wall ms",
    "documents/s",
    "peak MB",
    "calls",
    "authorizations",
    "person-seconds",
)
_TEMPLATE = Path(__file__).with_name("RESULTS.template.md")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its title, its head, and rows as long as it."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_rich(self) -> Table:
        """For a terminal."""
        table = Table(*self.head, title=self.title)
        for row in self.rows:
            table.add_row(*row)
        return table

    def as_markdown(self) -> str:
        """For a page."""
        lines = [self.head, tuple("---" for _ in self.head), *self.rows]
        return f"## {self.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_markdown(results: Results) -> str:
    """RESULTS.md, whole."""
    machine = results.machine
    return _TEMPLATE.read_text(encoding="utf-8").format(
        option="" if results.mode == "default" else f"--{results.mode} ",
        version=results.version,
        cores=machine.cores,
        memory=machine.memory_gb,
        system=machine.system,
        python=machine.python,
        seconds=results.seconds_per_approval,
        sheets="\n".join(sheet.as_markdown() for sheet in sheets(results)),
    )


def sheets(results: Results) -> Iterator[Sheet]:
    """Every table of a report: the goals first."""
    yield Sheet(
        "Goals",
        ("goal", "wanted", "measured", ""),
        tuple((goal.name, goal.limit_text, *goal.verdict(results)) for goal in GOALS),
    )
    base = results.scenario(BASE)
    noise = base.ratio("floor again") if base else None
    if noise:
        title = "The machine's own variance: the floor's CPU to its own"
        yield Sheet(title, ("least", "middle", "most"), (_three(noise),))
    for scenario in results.scenarios:
        yield _scenario_sheet(scenario, results.seconds_per_approval)
    if results.stages:
        yield _stage_sheet(results)
    if beside := tuple(_beside(results)):
        yield Sheet("Beside the work", ("", "least", "middle", "most"), beside)


def _scenario_sheet(scenario: Scenario, seconds_per_approval: float) -> Sheet:
    size = f"{scenario.size // 1000} kB" if scenario.size < 1_000_000 else f"{scenario.size // 1_000_000} MB"
    facts = [f"{scenario.documents:,} × {size}", scenario.format.upper()]
    facts += [f"{scenario.latency} ms more for each call"] if scenario.latency else []
    facts += ["TLS"] if scenario.tls else []
    rows = tuple(_contestant_row(scenario, name, seconds_per_approval) for name in scenario.contestants)
    return Sheet(f"{scenario.name[0].upper()}{scenario.name[1:]}: {', '.join(facts)}", _HEAD, rows)


def _contestant_row(scenario: Scenario, name: str, seconds_per_approval: float) -> tuple[str, ...]:
    rounds = scenario.of(name)
    ratio, whole = scenario.ratio(name), scenario.ratio(name, figure="all_cpu", base_figure="cpu")
    per_thousand = 1000 * _middle(rounds, "authorizations") / rounds[0].documents
    return (
        name,
        _spread(Spread.of([each.cpu for each in rounds])),
        _spread(ratio) if ratio else "",
        f"{_middle(rounds, 'others'):.1f}",
        f"{whole.middle:.2f}" if whole else "",
        _spread(Spread.of([each.wall for each in rounds]), digits=1),
        f"{1000 / _middle(rounds, 'wall'):.1f}",
        f"{max(each.peak for each in rounds):.0f}",
        f"{_middle(rounds, 'calls'):.2f}",
        f"{_middle(rounds, 'authorizations'):.0f}",
        f"{per_thousand * seconds_per_approval:,.0f}",
    )


def _stage_sheet(results: Results) -> Sheet:
    spreads = {stage.name: Spread.of(list(stage.cpu)) for stage in results.stages}
    whole = sum(spread.middle for spread in spreads.values())
    rows = [
        (name, *_three(spreads[name]), f"{spreads[name].middle / whole:.0%}")
        for name in sorted(spreads, key=STAGE_NAMES.index)
    ]
    title = "CPU of each stage, ms/document; the rest is the event loop, sockets and parsers"
    return Sheet(title, ("stage", "least", "middle", "most", "share"), tuple(rows))


def _beside(results: Results) -> Iterator[tuple[str, ...]]:
    if results.idle:
        yield "idle, CPU ms/s", *_three(Spread.of(list(results.idle)))
    for start in results.starts:
        walls = [float("inf") if wall is None else wall for wall in start.wall]
        yield f"start to ready, s; {start.name}", *_three(Spread.of(walls))
        yield f"start to ready, CPU s; {start.name}", *_three(Spread.of(list(start.cpu)))
    for command in results.commands:
        yield f"`{command.name}`, CPU s", *_three(Spread.of(list(command.cpu)))


def _middle(rounds: Sequence[RoundCost], figure: str) -> float:
    values: list[float] = [getattr(each, figure) for each in rounds]
    return median(values)


def _spread(spread: Spread, digits: int = 2) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (spread.least, spread.middle, spread.most))


def _three(spread: Spread) -> tuple[str, str, str]:
    least, middle, most = (
        "no end" if value == float("inf") else f"{value:.2f}" for value in (spread.least, spread.middle, spread.most)
    )
    return least, middle, most
