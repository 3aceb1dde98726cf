"""What may go wrong, where, and how often."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator


class Operation(StrEnum):
    """The vendor's calls, as rules and counters name them."""

    AUTHORIZE = "authorize"
    TOKEN = "token"  # noqa: S105 - the name of a call
    USERS_ME = "users_me"
    SIGN_IDENTITY = "sign_identity"
    SIGN = "sign"
    START = "start"
    UPLOAD = "upload"
    LIST = "list"
    DOWNLOAD = "download"
    CALCULATE_DIGEST = "calculate_digest"
    FINALIZE = "finalize"
    VALIDATE = "validate"
    CLOSE = "close"
    CONFIG = "config"


class Kind(StrEnum):
    """Ways to fail: the first four fit every operation, the others those in `SPECIAL`."""

    STATUS = "status"  # answer with an HTTP status
    RESET = "reset"  # break the connection off without an answer
    DELAY = "delay"  # take `seconds` longer
    HALF_BODY = "half_body"  # break the connection off in the middle of the answer
    WRONG_VALUE = "wrong_value"  # one bit is not what it should be
    SWAPPED = "swapped"  # two answers have changed places
    WRONG_COUNT = "wrong_count"  # one answer is missing
    P1363 = "p1363"  # ECDSA values as r || s (IEEE P1363) instead of DER
    OBJECTS = "objects"  # each signature value inside an object
    DOUBLE_BASE64 = "double_base64"  # base64 of base64
    PARTIAL = "partial"  # the first session fails, the others are carried out
    REFUSED = "refused"  # every session fails
    FOREIGN_CERTIFICATE = "foreign_certificate"  # the certificate of another identity


SPECIAL: dict[Kind, frozenset[Operation]] = {
    Kind.WRONG_VALUE: frozenset(
        {Operation.SIGN, Operation.CALCULATE_DIGEST, Operation.DOWNLOAD, Operation.VALIDATE},
    ),
    Kind.SWAPPED: frozenset({Operation.SIGN, Operation.CALCULATE_DIGEST, Operation.DOWNLOAD}),
    Kind.WRONG_COUNT: frozenset({Operation.SIGN, Operation.CALCULATE_DIGEST, Operation.FINALIZE}),
    Kind.P1363: frozenset({Operation.SIGN}),
    Kind.OBJECTS: frozenset({Operation.SIGN}),
    Kind.DOUBLE_BASE64: frozenset({Operation.SIGN}),
    Kind.PARTIAL: frozenset({Operation.FINALIZE}),
    Kind.REFUSED: frozenset({Operation.FINALIZE}),
    Kind.FOREIGN_CERTIFICATE: frozenset({Operation.SIGN_IDENTITY}),
}


class Rule(BaseModel):
    """One fault: after `skip` calls of the operation, the next `times` calls (None: all) fail in this way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: Operation
    kind: Kind
    status: int = Field(default=503, ge=400, le=599)
    retry_after: NonNegativeInt | None = None  # seconds
    seconds: NonNegativeFloat = 0.5
    after_work: bool = False  # the work is done, only its answer is lost
    times: PositiveInt | None = None
    skip: NonNegativeInt = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.operation not in SPECIAL.get(self.kind, frozenset(Operation)):
            raise ValueError(f"{self.kind} cannot happen to {self.operation}")
        return self

    def strikes(self, call: int) -> bool:
        """Say whether this rule's turn has come at the operation's call of this number, counted from 0."""
        return call >= self.skip and (self.times is None or call < self.skip + self.times)


class Weather(BaseModel):
    """All rules in force; of several that fit one call the first is obeyed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = ()


def rule_for(weather: Weather, operation: Operation, call: int) -> Rule | None:
    """Return the rule that this call of the operation, counted from 0, has to suffer."""
    return next((rule for rule in weather.rules if rule.operation == operation and rule.strikes(call)), None)
