from collections.abc import Mapping

from tests.torture.progress import Progress
from tests.torture.trials import Trial

HEADING = f"{'trial':66} {'documents':>9} {'kills':>5} {'approvals':>9} {'sealed':>6} {'aside':>5} {'resumed':>7}"


class Account:
    """All trials so far, and what they come to; so many are to come, by their lanes. Times are seconds."""

    def __init__(self, lanes: Mapping[str, int]) -> None:
        self.trials: list[Trial] = []
        self.lost: list[str] = []
        self.doubled: list[str] = []
        self._progress = Progress(lanes)

    def add(self, lane: str, trial: Trial, again: str) -> None:
        """Note a trial, and print it; `again` are the options by which it is made alone."""
        self.trials.append(trial)
        facts = f"{trial.documents:9}"
        if what := trial.settled:
            facts += f" {what.kills:5} {what.approvals:9} {what.sealed:6} {what.put_aside:5} {what.resumed_within:7.1f}"
        print(f"{trial.name:66} {facts:46} {trial.complaint or 'well':12} {self._progress.count(lane)}", flush=True)
        if trial.complaint:
            print(f'    again, alone: make torture ARGS="{again}"', flush=True)

    def sum_up(self) -> str:
        """The last line."""
        facts = {
            "trials": len(self.trials),
            "lost": " ".join(map(str, [len(self.lost), *self.lost])),
            "doubled": " ".join(map(str, [len(self.doubled), *self.doubled])),
            "unexplained": sum(bool(trial.complaint) for trial in self.trials),
            "kills": sum(trial.settled.kills for trial in self.trials if trial.settled),
            "documents": sum(trial.documents for trial in self.trials),
            "longest resume": f"{self._longest(is_take_over=False):.1f} s",
            "longest take-over": f"{self._longest(is_take_over=True):.1f} s",
        }
        return ", ".join(f"{name} {value}" for name, value in facts.items())

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost, doubled or otherwise than it must be."""
        return not (self.lost or self.doubled or any(trial.complaint for trial in self.trials))

    def _longest(self, *, is_take_over: bool) -> float:
        chosen = (trial for trial in self.trials if trial.is_take_over is is_take_over)
        return max((trial.settled.resumed_within for trial in chosen if trial.settled), default=0.0)
