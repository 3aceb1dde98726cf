"""How long calls take, drawn from a distribution; the same seed gives the same times again."""

from abc import ABC, abstractmethod
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, model_validator

from sandbox.weather.operations import Operation


class _Latency(BaseModel, ABC):
    """Seconds that a call takes on top of its work; without `operation` every call does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation | None = None

    @abstractmethod
    def draw(self, random: Random) -> float:
        """Return the seconds of one call."""

    def concerns(self, operation: Operation) -> bool:
        """Say whether calls of this operation take so long."""
        return self.operation in {None, operation}


class Constant(_Latency):
    """Always the same."""

    distribution: Literal["constant"]
    seconds: NonNegativeFloat

    def draw(self, random: Random) -> float:  # noqa: ARG002 - nothing is left to chance
        """Return these seconds."""
        return self.seconds


class Uniform(_Latency):
    """Anything between two bounds, equally often."""

    distribution: Literal["uniform"]
    least: NonNegativeFloat
    most: NonNegativeFloat

    @model_validator(mode="after")
    def _require_order(self) -> Self:
        if self.least > self.most:
            raise ValueError("least is more than most")
        return self

    def draw(self, random: Random) -> float:
        """Return seconds between the bounds."""
        return random.uniform(self.least, self.most)


class Normal(_Latency):
    """Around a mean; what would be less than nothing is nothing."""

    distribution: Literal["normal"]
    mean: NonNegativeFloat
    deviation: NonNegativeFloat

    def draw(self, random: Random) -> float:
        """Return seconds around the mean."""
        # A normal distribution has no lower end, and time has one.
        return max(0.0, random.normalvariate(self.mean, self.deviation))


class LogNormal(_Latency):
    """Around a median, with a long tail of slow calls, as services under load are: the usual choice."""

    distribution: Literal["lognormal"]
    median: NonNegativeFloat
    sigma: NonNegativeFloat = 0.5  # of the logarithm: two in three calls lie between median / e**sigma and * e**sigma

    def draw(self, random: Random) -> float:
        """Return seconds around the median."""
        return self.median * random.lognormvariate(0.0, self.sigma)


class Exponential(_Latency):
    """Mostly short and sometimes very long, as waiting in a queue is."""

    distribution: Literal["exponential"]
    mean: float = Field(gt=0)

    def draw(self, random: Random) -> float:
        """Return seconds that are the mean on average."""
        return random.expovariate(1.0 / self.mean)


Latency = Annotated[Constant | Uniform | Normal | LogNormal | Exponential, Field(discriminator="distribution")]
