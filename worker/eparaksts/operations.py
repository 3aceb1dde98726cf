"""The vendor's calls, and for each: how it is sent, whether it may be repeated, and how long it may take (§6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from types import MappingProxyType


class Operation(StrEnum):
    """One kind of call. Values are metric labels."""

    EXCHANGE = "exchange"
    INTROSPECT = "introspect"
    USER = "user"
    IDENTITY = "identity"
    SIGN = "sign"
    START = "start"
    UPLOAD = "upload"
    ADD_DIGESTS = "add_digests"
    LIST = "list"
    DOWNLOAD = "download"
    CALCULATE_DIGEST = "calculate_digest"
    FINALIZE = "finalize"
    ARCHIVE = "archive"
    VALIDATE = "validate"
    CLOSE = "close"
    CONFIG = "config"


class Outcome(StrEnum):
    """How one call ended. Values are metric labels."""

    OK = "ok"
    RETRYABLE = "retryable"
    UNAUTHORIZED = "unauthorized"
    REJECTED = "rejected"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"
    ABANDONED = "abandoned"
    """Given up on our side: the caller was cancelled, or our own disk failed."""


class Repeat(Enum):
    """After which failures a call may be made again."""

    FREELY = "free"
    """After any that may pass: it changes nothing at the vendor, or only something that expires."""
    UNLESS_BEGUN = "unless-begun"
    """After those that say that work was not begun: the vendor goes on working after we hang up."""
    UNLESS_SENT = "unless-sent"
    """After a failed connection or 429 only: a second one would add the same files again."""
    NEVER = "never"
    """What it spends (a code, a token, a digest) is gone whatever the answer was."""


class Service(Enum):
    """The two services (§0): a token refused by SignAPI can be renewed, one of a person's cannot."""

    PLATFORM = "platform"
    SIGNAPI = "signapi"


@dataclass(frozen=True, slots=True)
class Terms:
    """How one operation is called. `patience` is seconds by attempt; the last figure holds for all further ones."""

    method: str
    service: Service
    repeat: Repeat
    patience: tuple[float, ...] = (60.0,)

    def seconds(self, attempt: int) -> float:
        """Say how long this attempt (counting from 1) may take."""
        return self.patience[min(attempt, len(self.patience)) - 1]


TERMS: Mapping[Operation, Terms] = MappingProxyType(
    {
        Operation.EXCHANGE: Terms("POST", Service.PLATFORM, Repeat.NEVER),
        Operation.INTROSPECT: Terms("POST", Service.PLATFORM, Repeat.FREELY, (30.0,)),
        Operation.USER: Terms("GET", Service.PLATFORM, Repeat.FREELY, (30.0,)),
        Operation.IDENTITY: Terms("GET", Service.PLATFORM, Repeat.FREELY, (30.0,)),
        Operation.SIGN: Terms("POST", Service.PLATFORM, Repeat.NEVER),
        # While the vendor's session store is down a start hangs for a minute, and the next one succeeds at once (§4.1).
        Operation.START: Terms("GET", Service.SIGNAPI, Repeat.FREELY, (10.0, 60.0)),
        Operation.UPLOAD: Terms("PUT", Service.SIGNAPI, Repeat.UNLESS_SENT),
        Operation.ADD_DIGESTS: Terms("POST", Service.SIGNAPI, Repeat.UNLESS_SENT),
        Operation.LIST: Terms("GET", Service.SIGNAPI, Repeat.FREELY, (30.0,)),
        Operation.DOWNLOAD: Terms("GET", Service.SIGNAPI, Repeat.FREELY),
        Operation.CALCULATE_DIGEST: Terms("POST", Service.SIGNAPI, Repeat.UNLESS_BEGUN),
        Operation.FINALIZE: Terms("POST", Service.SIGNAPI, Repeat.NEVER),
        Operation.ARCHIVE: Terms("POST", Service.SIGNAPI, Repeat.NEVER),
        Operation.VALIDATE: Terms("GET", Service.SIGNAPI, Repeat.UNLESS_BEGUN),
        Operation.CLOSE: Terms("GET", Service.SIGNAPI, Repeat.FREELY, (10.0,)),
        Operation.CONFIG: Terms("GET", Service.SIGNAPI, Repeat.FREELY, (30.0,)),
    }
)
"""The one table that says what may be repeated."""
