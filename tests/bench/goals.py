"""What zimogs is to reach, as figures of a bench: each with its limit, and whether it was reached."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.bench.plan import BASE, OURS, WIDE
from tests.bench.results import Results, Scenario

Figure = Callable[[Results], float | None]
"""What was measured, None where it was not; infinite where it did not come to an end."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that shall be `limit` at most, or at least where `is_least`."""

    name: str
    limit: float
    unit: str
    figure: Figure
    is_least: bool = False

    @property
    def limit_text(self) -> str:
        """The limit in words."""
        return f"{'≥' if self.is_least else '≤'} {self.limit:g} {self.unit}".rstrip()

    def verdict(self, results: Results) -> tuple[str, str]:
        """What was measured, and whether that reaches the goal."""
        value = self.figure(results)
        if value is None:
            return "–", "not measured"
        is_reached = value >= self.limit if self.is_least else value <= self.limit
        told = "no end" if value == float("inf") else f"{value:.3g} {self.unit}".rstrip()
        return told, "reached" if is_reached else "not reached"


def _middle(scenario: Scenario | None, contestant: str, figure: str) -> float | None:
    rounds = scenario.of(contestant) if scenario else []
    return median(getattr(each, figure) for each in rounds) if rounds else None


def _largest(results: Results) -> Scenario | None:
    """The undisturbed scenario with the most documents of the base's kind, beside the base itself."""
    like_base = [
        each
        for each in results.scenarios
        if not each.latency and not each.tls and each.format == "pdf" and each.documents > 100 and each.of(OURS)
    ]
    return max(like_base, key=lambda each: each.documents, default=None)


def _authorizations(results: Results) -> float | None:
    return _middle(results.scenario("1,000 documents"), OURS, "authorizations")


def _cpu_to_floor(results: Results) -> float | None:
    base = results.scenario(BASE)
    ratio = base.ratio(OURS) if base else None
    return ratio.middle if ratio else None


def _idle(results: Results) -> float | None:
    return median(results.idle) if results.idle else None


def _documents_a_second(results: Results) -> float | None:
    wall = _middle(_largest(results) or results.scenario(BASE), OURS, "wall")
    return 1000 / wall if wall else None


def _to_critical_path(results: Results) -> float | None:
    scenario = results.scenario("100 ms")
    ratio = scenario.ratio(OURS, WIDE, figure="wall") if scenario else None
    return ratio.middle if ratio else None


def _share(results: Results) -> float | None:
    scenario = results.scenario("1,000 documents, 100 ms")
    ratio = scenario.ratio(WIDE, OURS, figure="wall") if scenario else None
    return 100 * ratio.middle if ratio else None


def _growth_of_cost(results: Results) -> float | None:
    many, few = _middle(_largest(results), OURS, "cpu"), _middle(results.scenario(BASE), OURS, "cpu")
    return None if many is None or few is None else 100 * (many / few - 1)


def _growth_of_memory(results: Results) -> float | None:
    many, few = _middle(_largest(results), OURS, "peak"), _middle(results.scenario(BASE), OURS, "peak")
    return None if many is None or few is None else many - few


def _closes(results: Results) -> float | None:
    return max((each.closes for one in results.scenarios for each in one.of(OURS)), default=None)


def _until_ready(results: Results) -> float | None:
    walls = [wall for start in results.starts for wall in start.wall]
    return max((float("inf") if wall is None else wall for wall in walls), default=None)


def _commands(results: Results) -> float | None:
    return max((median(command.cpu) for command in results.commands), default=None)


GOALS = (
    Goal("authorizations for 1,000 documents", 1, "", _authorizations),
    Goal("CPU of our process to the floor's, 100 PDFs of 50 kB", 2.5, "", _cpu_to_floor),
    Goal("CPU of a zimogs that has nothing to do", 2, "ms/s", _idle),
    Goal("from inbox to outbox, practice vendor included", 60, "documents/s", _documents_a_second, is_least=True),
    Goal("100 documents at 100 ms a call, time to wide's", 2, "", _to_critical_path),
    Goal("1,000 documents at 100 ms a call, speed to wide's", 80, "%", _share, is_least=True),
    Goal("CPU for each document, the most documents against 100", 10, "% more", _growth_of_cost),
    Goal("memory of our process, the most documents against 100", 30, "MB more", _growth_of_memory),
    Goal("closes for each session, in any scenario", 1, "", _closes),
    Goal("from start to ready, whatever the vendor does, at worst", 2, "s", _until_ready),
    Goal("CPU of `zimogs --help` and `zimogs status`", 0.3, "s", _commands),
)
