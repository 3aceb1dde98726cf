"""What a bench found, in the shape of `results.json`: single readings, from which every figure of a report is made."""

from statistics import median
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, NonNegativeFloat, NonNegativeInt, PositiveInt

SECONDS_PER_APPROVAL = 60.0
"""Assumed, not measured: a person looks at the batch, takes the phone, and enters the password of the seal's key."""

Reading = Annotated[NonNegativeFloat, AfterValidator(lambda value: round(value, 4))]
"""What was measured, to as many digits as are worth anything."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Spread(_Frozen):
    """The least, the middle and the most of some readings."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Self:
        """Of one value at least."""
        return cls(least=min(values), middle=median(values), most=max(values))


class MachineClass(_Frozen):
    """What kind of machine it was, and nothing by which it could be told from others."""

    cores: PositiveInt
    memory_gb: PositiveInt
    system: str
    python: str


class RoundCost(_Frozen):
    """What one contestant needed for one round. Times are milliseconds for each document.

    `cpu` is processor time of the contestant's own process, `others` that of the processes it started (the Valkey,
    inspectors, drawers); the practice vendor is never counted. `peak` is megabytes that its own process had resident.
    """

    contestant: str
    round: NonNegativeInt
    documents: PositiveInt
    cpu: Reading
    others: Reading
    wall: Reading
    peak: Reading
    calls: Reading
    closes: Reading
    authorizations: NonNegativeInt

    @property
    def all_cpu(self) -> float:
        """Of its own process and all that it started."""
        return self.cpu + self.others


class Scenario(_Frozen):
    """The same documents for every contestant, in turn; `latency` is milliseconds that every vendor call takes more."""

    name: str
    documents: PositiveInt
    size: PositiveInt
    format: str
    latency: NonNegativeInt
    tls: bool
    rounds: tuple[RoundCost, ...]

    def of(self, contestant: str) -> list[RoundCost]:
        """The rounds of one contestant, in their order."""
        return [each for each in self.rounds if each.contestant == contestant]

    @property
    def contestants(self) -> list[str]:
        """Who took part, in the order of the first round."""
        return list(dict.fromkeys(each.contestant for each in self.rounds))

    def ratio(
        self, contestant: str, base: str = "floor", *, figure: str = "cpu", base_figure: str | None = None
    ) -> Spread | None:
        """One contestant's figure to another's, round by round; None where one of them took no part."""
        pairs = zip(self.of(contestant), self.of(base), strict=False)
        ratios = [getattr(one, figure) / getattr(other, base_figure or figure) for one, other in pairs]
        return Spread.of(ratios) if ratios else None


class StageCost(_Frozen):
    """Processor time of one stage, milliseconds for each document, in each round."""

    name: str
    cpu: tuple[Reading, ...]


class Start(_Frozen):
    """From the start of the program until `/readyz` says yes, in seconds; None: not while it was waited for."""

    name: str
    wall: tuple[Reading | None, ...]
    cpu: tuple[Reading, ...]


class Command(_Frozen):
    """Processor seconds of a command, all its processes together."""

    name: str
    cpu: tuple[Reading, ...]


class Results(_Frozen):
    """One run of the bench. `idle` is milliseconds of processor time a second of a zimogs that has nothing to do."""

    version: str
    mode: str
    machine: MachineClass
    seconds_per_approval: Reading = SECONDS_PER_APPROVAL
    scenarios: tuple[Scenario, ...]
    stages: tuple[StageCost, ...]
    idle: tuple[Reading, ...]
    starts: tuple[Start, ...]
    commands: tuple[Command, ...]

    def scenario(self, name: str) -> Scenario | None:
        """The scenario of this name, where it was run."""
        return next((each for each in self.scenarios if each.name == name), None)
