"""Results as tables: the same ones on a terminal and in RESULTS.md, made of the readings alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.bench.goals import GOALS
from tests.bench.plan import BASE
from tests.bench.results import Results, Round, Scenario, Spread

_HEAD = (
    "",
    "CPU ms/document",
    "to the floor",
    "its processes' CPU ms",
    "wall ms",
    "documents/s",
    "peak MB",
    "calls/document",
    "authorizations",
    "person-seconds per 1,000",
)
_INTRODUCTION = """\
# What zimogs costs

Made by `make bench ARGS="{option}--write"` out of [results.json](results.json); a test compares the two, so nothing here is written by hand.
zimogs {version}, {cores} cores, {memory} GB, {system}, {python}, practice vendor and everything else on the same machine.

Three figures are the least, the middle and the most of the rounds. All contestants seal as many documents in turn, in an order that
turns from round to round, each a process of its own that has nothing to do meanwhile; CPU is that of this process. No two documents
have one name or content. The practice vendor is a further process and never counted.

| contestant | is |
|---|---|
| floor | an ordinary aiohttp client that makes the vendor's calls, eight at once, a hundred documents under one authorization; it checks nothing and keeps no record |
| floor again | the same in another process: what differs is the machine |
| lean | the leanest aiohttp client: one session, no forms, no cookies, files read and written in place |
| bare | asyncio streams and hand-written HTTP |
| script | the obvious script: one document after the other, each with an authorization of its own |
| wide | lean, with all calls at once that may be: the vendor's own critical path |
| zimogs | `zimogs run`: watch, work, desk, sweep and all, from files in the inbox to verified files in the outbox and closed sessions |

A person is assumed to need {seconds:.0f} seconds for an authorization. The script is given ten documents a round.
"""
_ELSEWHERE = """\
Not here: that nothing is lost or sealed twice (`make torture`), what hostile inputs cost ([HOSTILE.md](HOSTILE.md)), and what many
closed batches cost (`python -m tests.bench.ledger`).
"""


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
    introduction = _INTRODUCTION.format(
        option="" if results.mode == "default" else f"--{results.mode} ",
        version=results.version,
        cores=machine.cores,
        memory=machine.memory_gb,
        system=machine.system,
        python=machine.python,
        seconds=results.seconds_per_approval,
    )
    return "\n".join([introduction, *(sheet.as_markdown() for sheet in sheets(results)), _ELSEWHERE])


def sheets(results: Results) -> Iterator[Sheet]:
    """Every table of a report: the goals first."""
    yield Sheet(
        "Goals",
        ("goal", "wanted", "measured", ""),
        tuple((goal.name, goal.wanted, *goal.verdict(results)) for goal in GOALS),
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
    ratio = scenario.ratio(name)
    per_thousand = 1000 * _middle(rounds, "authorizations") / rounds[0].documents
    return (
        name,
        _spread(Spread.of([each.cpu for each in rounds])),
        _spread(ratio) if ratio else "",
        f"{_middle(rounds, 'others'):.1f}",
        _spread(Spread.of([each.wall for each in rounds]), digits=1),
        f"{1000 / _middle(rounds, 'wall'):.1f}",
        f"{max(each.peak for each in rounds):.0f}",
        f"{_middle(rounds, 'calls'):.2f}",
        f"{_middle(rounds, 'authorizations'):.0f}",
        f"{per_thousand * seconds_per_approval:,.0f}",
    )


def _stage_sheet(results: Results) -> Sheet:
    middles = {stage.name: median(stage.cpu) for stage in results.stages}
    whole = sum(middles.values())
    rows = [
        (stage.name, *_three(Spread.of(list(stage.cpu))), f"{middles[stage.name] / whole:.0%}")
        for stage in results.stages
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


def _middle(rounds: Sequence[Round], figure: str) -> float:
    return median(getattr(each, figure) for each in rounds)


def _spread(spread: Spread, digits: int = 2) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in (spread.least, spread.middle, spread.most))


def _three(spread: Spread) -> tuple[str, str, str]:
    least, middle, most = (
        "no end" if value == float("inf") else f"{value:.2f}" for value in (spread.least, spread.middle, spread.most)
    )
    return least, middle, most
