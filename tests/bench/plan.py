"""What a bench runs: one case as the base, and one thing changed at a time."""

from dataclasses import dataclass, replace

KB, MB = 1000, 1_000_000

BASE = "base"
OURS = "zimogs"
CLIENTS = ("floor", "floor again", "lean", "bare")
SCRIPT = "script"
"""It pays for each document alone, so a few documents tell what it costs."""
WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Planned:
    """A scenario that is to be run; one more round warms up where `warms_up`.

    `max_documents` are covered by one approval of ours at most, while the clients stay at a hundred.
    `staged` has ours run with a stopwatch for each stage, which costs a little.
    """

    name: str
    documents: int = 100
    size: int = 50 * KB
    format: str = "pdf"
    latency: int = 0
    tls: bool = False
    rounds: int = 2
    contestants: tuple[str, ...] = ("floor", "lean", OURS)
    warms_up: bool = True
    staged: bool = False
    max_documents: int = 100

    def documents_of(self, contestant: str) -> int:
        """How many documents a contestant gets in a round."""
        return min(self.documents, 10) if contestant == SCRIPT else self.documents


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a mode; `idle` is seconds, `starts` how often the program is started, `patience` seconds for each."""

    mode: str
    scenarios: tuple[Planned, ...]
    idle: float
    starts: int
    commands: int
    patience: float


_EVERYBODY = (*CLIENTS, SCRIPT, OURS)
_BASE = Planned(BASE, rounds=5, contestants=_EVERYBODY)
_STAGED = Planned("stages", rounds=3, contestants=("floor", OURS), staged=True)
_DEFAULT = (
    _BASE,
    _STAGED,
    Planned("TLS", tls=True, rounds=3, contestants=("floor", "lean", "bare", OURS)),
    Planned("10 documents", documents=10, rounds=3),
    Planned("1,000 documents", documents=1000, contestants=("floor", OURS), warms_up=False, max_documents=1000),
    Planned("1 MB", size=MB, documents=20, contestants=("floor", "lean", SCRIPT, OURS)),
    Planned("20 MB", size=20 * MB, documents=4, contestants=("floor", "lean", SCRIPT, OURS)),
    Planned("EDOC", format="edoc", rounds=3, contestants=_EVERYBODY),
    Planned("50 ms", latency=50, contestants=("floor", WIDE, OURS), warms_up=False),
    Planned("100 ms", latency=100, contestants=("floor", WIDE, OURS), warms_up=False),
    Planned("200 ms", latency=200, contestants=("floor", SCRIPT, WIDE, OURS), rounds=1, warms_up=False),
    Planned("1,000 documents, 100 ms", 1000, latency=100, contestants=(WIDE, OURS), rounds=1, warms_up=False),
)
_QUICK = (
    replace(_BASE, rounds=2),
    replace(_STAGED, rounds=1),
    Planned("EDOC", format="edoc", documents=50, rounds=1, contestants=("floor", SCRIPT, OURS), warms_up=False),
    Planned("1 MB", size=MB, documents=10, rounds=1, contestants=("floor", OURS), warms_up=False),
    Planned("100 ms", latency=100, contestants=("floor", WIDE, OURS), rounds=1, warms_up=False),
)
_FULL = (
    *_DEFAULT,
    Planned("10,000 documents", 10_000, contestants=("floor", OURS), rounds=1, warms_up=False, max_documents=1000),
)
_TINY = Planned(BASE, documents=3, rounds=1, contestants=_EVERYBODY, warms_up=False, staged=True)

PLANS = {
    "quick": Plan("quick", _QUICK, idle=3, starts=1, commands=1, patience=30),
    "default": Plan("default", _DEFAULT, idle=10, starts=3, commands=3, patience=30),
    "full": Plan("full", _FULL, idle=30, starts=5, commands=5, patience=120),
}
SMOKE = Plan("smoke", (_TINY,), idle=0.2, starts=0, commands=0, patience=10)
"""Whether the bench works, in seconds: a few documents, every contestant."""
