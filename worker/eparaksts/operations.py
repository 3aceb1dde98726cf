"""The vendor's calls: where each goes, whether it may be repeated, and how long it may take (vendor §6)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
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


class CallOutcome(StrEnum):
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
    """After 429 only: what it spends (a code, a token, a digest) is gone whatever any other answer was."""


class Rank(IntEnum):
    """Who goes first. Calls of a document wait for a slot, the least rank first; all others never wait behind them."""

    PERSON = 0
    """Somebody waits for it, or all others do: tokens, people, signatures, limits."""
    BATCH = 1
    """One call for many documents."""
    DOWNLOAD = 2
    """What is fetched makes room: its document is nearly done."""
    LIST = 3
    """Before its download; so a document that was looked at goes on before the next one is looked at."""
    UPLOAD = 4
    CLOSE = 5

    @property
    def is_of_a_document(self) -> bool:
        """Whether a call is made for one document alone, by the thousand."""
        return self > Rank.BATCH


class Service(Enum):
    """The two services (vendor §0): a token refused by SignAPI can be renewed, one of a person's cannot."""

    PLATFORM = "platform"
    SIGNAPI = "signapi"


@dataclass(frozen=True, slots=True)
class Terms:
    """How one operation is called; `path` names in braces what a call fills in.

    `patience` is seconds by attempt; the last figure holds for all further ones. `largest` is bytes of an answer about
    one thing, refusals included; a call about many, or about large things, adds its own room.
    """

    service: Service
    method: str
    path: str
    repeat: Repeat
    patience: tuple[float, ...] = (60.0,)
    largest: int = 256 * 1024
    rank: Rank = Rank.PERSON

    def seconds(self, attempt: int) -> float:
        """Say how long this attempt (counting from 1) may take."""
        return self.patience[min(attempt, len(self.patience)) - 1]


_AUTHORIZE = "/trustedx-authserver/oauth/{authorization_server}"
_TOKEN = f"{_AUTHORIZE}/token"
_IDENTITY = "/trustedx-resources/esigp/v1/sign_identities/{identity}"
_SIGN = "/trustedx-resources/esigp/v1/signatures/server/raw/batch"
_STORAGE = "/api-storage/v1.0/{session}"
_MB = 1024 * 1024
BYTES_PER_ENTRY = 4096
"""Room for each entry of an answer that tells of many: a value, a digest, or a file with the longest name."""

_SLOWLY, _QUICKLY = 2.0, 0.2
"""Seconds for each of the first hundred, and for each of the others."""


def seconds_for(count: int) -> float:
    """How long a call about so many documents may take, beside its own patience.

    An HSM signs one after the other. Who takes thousands at once is quicker than who takes a hundred, and a call that
    hangs must not hold a batch up for hours.
    """
    return _SLOWLY * min(count, 100) + _QUICKLY * max(0, count - 100)


TERMS: Mapping[Operation, Terms] = MappingProxyType(
    {
        Operation.EXCHANGE: Terms(Service.PLATFORM, "POST", _TOKEN, Repeat.NEVER),
        Operation.INTROSPECT: Terms(Service.PLATFORM, "POST", _TOKEN, Repeat.FREELY, (30.0,)),
        Operation.USER: Terms(
            Service.PLATFORM, "GET", "/trustedx-resources/openid/v1/users/me", Repeat.FREELY, (30.0,), largest=_MB
        ),
        Operation.IDENTITY: Terms(Service.PLATFORM, "GET", _IDENTITY, Repeat.FREELY, (30.0,)),
        Operation.SIGN: Terms(Service.PLATFORM, "POST", _SIGN, Repeat.NEVER),
        # While the vendor's session store is down a start hangs for a minute, and the next one succeeds at once
        # (vendor §4.1).
        Operation.START: Terms(
            Service.SIGNAPI,
            "GET",
            "/api-session/v1.0/start?amount={amount}",
            Repeat.FREELY,
            (10.0, 60.0),
            rank=Rank.BATCH,
        ),
        Operation.UPLOAD: Terms(Service.SIGNAPI, "PUT", f"{_STORAGE}/upload", Repeat.UNLESS_SENT, rank=Rank.UPLOAD),
        Operation.ADD_DIGESTS: Terms(
            Service.SIGNAPI, "POST", f"{_STORAGE}/addDocumentDigest", Repeat.UNLESS_SENT, rank=Rank.UPLOAD
        ),
        Operation.LIST: Terms(Service.SIGNAPI, "GET", f"{_STORAGE}/list", Repeat.FREELY, (30.0,), rank=Rank.LIST),
        # What a seal adds to the original: certificates, revocation lists, timestamps, and some waste.
        Operation.DOWNLOAD: Terms(
            Service.SIGNAPI, "GET", f"{_STORAGE}/{{document}}", Repeat.FREELY, largest=8 * _MB, rank=Rank.DOWNLOAD
        ),
        Operation.CALCULATE_DIGEST: Terms(
            Service.SIGNAPI, "POST", "/api-sign/v1.0/CalculateDigest", Repeat.UNLESS_BEGUN, rank=Rank.BATCH
        ),
        Operation.FINALIZE: Terms(
            Service.SIGNAPI, "POST", "/api-sign/v1.0/finalizeSigning", Repeat.NEVER, rank=Rank.BATCH
        ),
        # A second one would add a second timestamp (vendor §4.9).
        Operation.ARCHIVE: Terms(Service.SIGNAPI, "POST", "/api-sign/v1.0/addArchive", Repeat.NEVER, rank=Rank.BATCH),
        Operation.VALIDATE: Terms(
            Service.SIGNAPI,
            "GET",
            "/api-validation/v2.0/{session}/{document}/validate",
            Repeat.UNLESS_BEGUN,
            largest=4 * _MB,
            rank=Rank.DOWNLOAD,
        ),
        Operation.CLOSE: Terms(
            Service.SIGNAPI, "GET", "/api-session/v1.0/{session}/close", Repeat.FREELY, (10.0,), rank=Rank.CLOSE
        ),
        Operation.CONFIG: Terms(Service.SIGNAPI, "GET", "/api-config/v1.0/", Repeat.FREELY, (30.0,)),
    }
)
"""The one table that says where a call goes and what may be repeated."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base addresses of the two services without a trailing slash, and the id of the authorization server."""

    platform_url: str
    signapi_url: str
    authorization_server: str = "lvrtc-eipsign-as"

    @property
    def authorize(self) -> str:
        """Where the browser is sent (vendor §3.1)."""
        return self.platform_url + _AUTHORIZE.format(authorization_server=self.authorization_server)

    @property
    def sign_out(self) -> str:
        """Where the browser is sent to end single sign-on (vendor §3.12)."""
        return f"{self.platform_url}/trustedx-authserver/lvrtc-eipsign-idp/logout"

    def url(self, operation: Operation, **parts: str) -> str:
        """The full address of a call; `parts` fill in the names in its path, fit to stand there as they are."""
        terms = TERMS[operation]
        base = self.platform_url if terms.service is Service.PLATFORM else self.signapi_url
        return base + terms.path.format(authorization_server=self.authorization_server, **parts)
