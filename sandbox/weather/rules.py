"""What may go wrong, where, and how often."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from sandbox.weather.acts import HostileAct
from sandbox.weather.latency import Latency
from sandbox.weather.operations import WITHOUT_BEARER, Operation


class Kind(StrEnum):
    """Ways to fail: the first eight fit every operation, the others those in `SPECIAL`."""

    STATUS = "status"  # answer with an HTTP status
    RESET = "reset"  # break the connection off without an answer
    DELAY = "delay"  # take `seconds` longer
    HANG = "hang"  # answer nothing for `seconds`, then an HTTP status
    HALF_BODY = "half_body"  # break the connection off in the middle of the answer
    FLOOD = "flood"  # the answer, and spaces behind it, 64 MB of them
    DRIP = "drip"  # the answer, and a space every `seconds` behind it, for as long as anybody listens
    BOMB = "bomb"  # the answer and 64 MB of spaces, packed into a few bytes with gzip
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the bearer expires just before the call
    SPENT_CODE = "spent_code"  # somebody else spent the authorization code just before
    WRONG_VALUE = "wrong_value"  # one bit is not what it should be; a report says TOTAL-FAILED, a list terabytes
    INDETERMINATE = "indeterminate"  # a report says INDETERMINATE
    SWAPPED = "swapped"  # two answers have changed places
    WRONG_COUNT = "wrong_count"  # one answer is missing
    P1363 = "p1363"  # ECDSA values as r || s (IEEE P1363) instead of DER
    OBJECTS = "objects"  # each signature value inside an object
    DOUBLE_BASE64 = "double_base64"  # base64 of base64
    PARTIAL = "partial"  # the first session fails, the others are carried out
    REFUSED = "refused"  # every session fails
    FOREIGN_CERTIFICATE = "foreign_certificate"  # the certificate of another identity
    HOSTILE = "hostile"  # the `act` of a vendor that is not honest, on every document of the call


SPECIAL: dict[Kind, frozenset[Operation]] = {
    Kind.EXPIRED_TOKEN: frozenset(Operation) - WITHOUT_BEARER,
    Kind.SPENT_CODE: frozenset({Operation.TOKEN}),
    Kind.WRONG_VALUE: frozenset(
        {Operation.SIGN, Operation.LIST, Operation.CALCULATE_DIGEST, Operation.DOWNLOAD, Operation.VALIDATE},
    ),
    Kind.INDETERMINATE: frozenset({Operation.VALIDATE}),
    Kind.SWAPPED: frozenset({Operation.SIGN, Operation.CALCULATE_DIGEST, Operation.DOWNLOAD}),
    Kind.WRONG_COUNT: frozenset(
        {Operation.SIGN, Operation.CALCULATE_DIGEST, Operation.FINALIZE, Operation.ARCHIVE},
    ),
    Kind.P1363: frozenset({Operation.SIGN}),
    Kind.OBJECTS: frozenset({Operation.SIGN}),
    Kind.DOUBLE_BASE64: frozenset({Operation.SIGN}),
    Kind.PARTIAL: frozenset({Operation.FINALIZE, Operation.ARCHIVE}),
    Kind.REFUSED: frozenset({Operation.FINALIZE, Operation.ARCHIVE}),
    Kind.FOREIGN_CERTIFICATE: frozenset({Operation.SIGN_IDENTITY}),
    Kind.HOSTILE: frozenset(act.operation for act in HostileAct),
}
DEFAULT_SECONDS: dict[Kind, float] = {
    Kind.HANG: 60.0,
    Kind.DELAY: 0.5,
    Kind.DRIP: 0.5,
}  # seconds, where a rule does not say


class Rule(BaseModel):
    """One fault: after `skip` calls of the operation, the next `times` calls (None: all) fail in this way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation
    kind: Kind
    status: int = Field(default=503, ge=400, le=599)
    page: bool = False  # with the status comes an HTML page, as from a proxy, and no JSON
    retry_after: NonNegativeInt | None = None  # seconds
    retry_after_date: bool = False  # tell the moment instead of the seconds (RFC 9110 §10.2.3)
    seconds: NonNegativeFloat | None = None
    act: HostileAct | None = None  # of a hostile vendor
    after_work: bool = False  # the work is done, only its answer is lost
    times: PositiveInt | None = None
    skip: NonNegativeInt = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.operation not in SPECIAL.get(self.kind, frozenset(Operation)):
            raise ValueError(f"{self.kind} cannot happen to {self.operation}")
        if (self.kind is Kind.HOSTILE) != (self.act is not None):
            raise ValueError("an act belongs to what is hostile, and to nothing else")
        if self.act and self.act.operation is not self.operation:
            raise ValueError(f"{self.act} happens at {self.act.operation}")
        return self

    @property
    def duration(self) -> float:
        """Return for how many seconds a delay or hang goes on."""
        return DEFAULT_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    def applies(self, call: int) -> bool:
        """Say whether this rule's turn has come at the operation's call of this number, counted from 0."""
        return call >= self.skip and (self.times is None or call < self.skip + self.times)


class Weather(BaseModel):
    """All rules and latencies in force; of several that fit one call the first is obeyed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = ()
    latency: tuple[Latency, ...] = ()
    capacity: NonNegativeInt = 0  # calls at once; what comes on top of them is answered with 429. 0 is no bound
    seed: int = 0  # of the latencies: the same one draws the same seconds for each operation again

    def before(self, other: "Weather") -> "Weather":
        """Return both weathers together, this one's rules and latencies first; the seed is this one's."""
        return Weather(
            rules=self.rules + other.rules,
            latency=self.latency + other.latency,
            capacity=self.capacity or other.capacity,
            seed=self.seed,
        )


def rule_for(weather: Weather, operation: Operation, call: int) -> Rule | None:
    """Return the rule that this call of the operation, counted from 0, has to suffer."""
    return next((rule for rule in weather.rules if rule.operation == operation and rule.applies(call)), None)
