"""The tables of the TOML file, one class each. A misspelt key is an error, not a silent default."""

from datetime import timedelta
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    PositiveInt,
    SecretStr,
    model_validator,
)

from jobs.model.names import RouteName
from jobs.model.text import Language

Base = Annotated[str, BeforeValidator(lambda url: str(AnyHttpUrl(str(url))).rstrip("/"))]
Seconds = Annotated[timedelta, Field(ge=timedelta(0))]


PRACTICE_CLIENT = "practice"
"""The client id that every practice vendor knows, with a secret that is published."""


def is_loopback(url: str) -> bool:
    """Say whether the address is on this machine, where nobody listens on the way (RFC 6761 §6.3 for the name)."""
    host = (urlsplit(url).hostname or "").lower()
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


class SettingsTable(BaseModel):
    """One table of the TOML file, checked whole and frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Folders(SettingsTable):
    """Where files come from and go to. Relative paths count from the folder of the TOML file."""

    inbox: Path = Path("inbox")
    outbox: Path = Path("outbox")
    quarantine: Path = Path("quarantine")
    data: Path = Path("data")

    def below(self, base: Path) -> "Folders":
        """The same folders, made absolute."""
        return Folders(**{name: (base / path).resolve() for name, path in self})


class Eparaksts(SettingsTable):
    """The vendor: addresses, the client's credentials, and how hard it may be pressed."""

    platform_url: Base = "https://eidas-demo.eparaksts.lv"
    signapi_url: Base = "https://signapi-prep.eparaksts.lv"
    client_id: str = Field(min_length=1)
    client_secret: SecretStr
    authentication_flow: str | None = None
    """`acr_values`: the way of logging in that is offered; the person chooses when it is not set (vendor §3.3)."""
    timestamps_by: Literal["authentication", "signing"] = "authentication"
    """Which certificate of its holder is enrolled with a seal, to open the timestamp service (vendor §4.8)."""
    consenting_person: Literal["checked", "unchecked"] = "checked"
    """Whether nothing is signed before the platform told that it was the approver who consented (vendor §3.2)."""
    pkce: bool = True
    """Whether codes are bound to whoever asked for them (RFC 7636); a server that does not know it overlooks it."""
    concurrency: PositiveInt = 8
    """Calls for single documents that are under way at once to begin with; what the vendor bears is found out."""
    least_concurrency: PositiveInt | None = None
    """Of them so many are always tried; without it two, or `concurrency` where that is one."""
    most_concurrency: PositiveInt | None = None
    """Of them never more; without it four times as many as to begin with."""
    attempts: PositiveInt = 3
    insecure_practice: bool = False
    """Whether a practice vendor on another machine will do: `http://`, its client id, its root. Never in earnest."""

    @model_validator(mode="after")
    def _concurrency_lies_between(self) -> Self:
        least, most = self.concurrency_bounds
        if not least <= self.concurrency <= most:
            raise ValueError("concurrency lies between least_concurrency and most_concurrency")
        return self

    @property
    def concurrency_bounds(self) -> tuple[int, int]:
        """Fewest and most calls for single documents at once."""
        return self.least_concurrency or min(2, self.concurrency), self.most_concurrency or 4 * self.concurrency

    @property
    def may_practise(self) -> bool:
        """Whether practice things will do, since somebody said so or the whole vendor is on this machine."""
        return self.insecure_practice or (is_loopback(self.platform_url) and is_loopback(self.signapi_url))


class Desk(SettingsTable):
    """The pages. `public_url` is what the browser sees; `<public_url>/callback` is registered with the vendor.

    Where it is not set, it is this machine, at the `port`.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=0, le=65535)
    public_url: Base = "http://127.0.0.1:8400"
    session_life: Seconds = timedelta(hours=8)
    session_idle: Seconds = timedelta(minutes=30)
    """After which a session in which nobody did anything ends."""
    dialogs_per_address: PositiveInt = 60
    """How often one network address may go to the platform's pages within a quarter of an hour."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Whose `X-Forwarded-For` is believed; without it all who come through a proxy count as one address."""
    connections: PositiveInt = 500
    """How many browsers, kept-alive ones included, are served at once."""
    preview_bytes: ByteSize = Field(default=ByteSize(200_000_000), gt=0)
    """How much the pictures of documents' first pages may take on disk."""
    preview_life: Seconds = timedelta(days=7)
    """How long such a picture is kept; then it is drawn anew where somebody asks."""

    @model_validator(mode="before")
    @classmethod
    def _is_seen_at_its_port(cls, given: Any) -> Any:
        port = str(given.get("port", "0")) if isinstance(given, dict) else "0"
        if port.isdecimal() and int(port) and "public_url" not in given:
            return {**given, "public_url": f"http://127.0.0.1:{port}"}
        return given

    @property
    def redirect_uri(self) -> str:
        """The exact redirect URI that the vendor must have registered."""
        return f"{self.public_url}/callback"


def _require_time_zone(name: str | None) -> str | None:
    try:
        return name if name is None else ZoneInfo(name).key
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"there is no time zone {name!r}: write it as Europe/Riga") from error


class House(SettingsTable):
    """How zimogs talks to the people of the house, where nobody chose otherwise."""

    language: Language = Language.ENGLISH
    """Of pages whose reader prefers none that zimogs knows, and the first one in the quarantine's texts."""
    time_zone: Annotated[str | None, AfterValidator(_require_time_zone)] = None
    """By whose clock times are told, and meant in the settings (IANA); without it the machine's own, and Latvia's."""

    @property
    def zone(self) -> ZoneInfo | None:
        """The time zone, None for the machine's own."""
        return None if self.time_zone is None else ZoneInfo(self.time_zone)

    @property
    def working_zone(self) -> ZoneInfo:
        """The zone of times of day in the settings: Latvia's where none is set; servers run by UTC, people do not."""
        return self.zone or ZoneInfo("Europe/Riga")


class InboxSettings(SettingsTable):
    """How the inbox is watched: how long a file must stand still, and how often everything is looked at anew.

    A folder that is one document may hold `max_files` files; any document `max_bytes` bytes, all its files together.
    """

    settle: Seconds = timedelta(seconds=2)
    rescan: Seconds = timedelta(seconds=2)
    keep_originals: bool = True
    max_files: int = Field(default=1000, ge=1, le=1000)
    max_bytes: ByteSize = Field(default=ByteSize(5_000_000_000), gt=0)


class Order(StrEnum):
    """What of a sealed file and its sidecar appears first in the outbox: consumers should look for the other one."""

    SIDECAR_FIRST = "sidecar-first"
    """Who finds the sealed file finds its sidecar beside it."""
    SEALED_FIRST = "sealed-first"
    """Who finds the sidecar finds the sealed file beside it."""


class OutboxSettings(SettingsTable):
    """How sealed files are delivered: in which order, and whether sidecars name the approver by personal code."""

    order: Order = Order.SIDECAR_FIRST
    name_approver: bool = True


class TrustSettings(SettingsTable):
    """Whose word counts: certificates (PEM) of the roots that seals and timestamps must lead to."""

    anchors: tuple[Path, ...] = Field(min_length=1)


class Approvers(StrEnum):
    """How the log names who approved."""

    PSEUDONYM = "pseudonym"
    """By a keyed hash: the same person is told from others, and not known."""
    PLAIN = "plain"
    """By their personal code."""


class Log(SettingsTable):
    """What the log tells."""

    approvers: Approvers = Approvers.PSEUDONYM


class Observed(SettingsTable):
    """Where `/metrics` is served, and `/livez` and `/readyz` with their reasons: a listener apart from the desk's.

    Processes that share a machine need a port each.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=8401, ge=0, le=65535)


class AuditSettings(SettingsTable):
    """How the ledger is fixed: which route seals its daily checkpoint, and where a copy of it all is kept."""

    checkpoint_route: RouteName | None = None
    """A route with `format = "edoc"`; without one checkpoints are written and not sealed."""
    copy_to: Path | None = None
    """A folder on another disk or machine, or on storage that is written once; relative to the TOML file's folder."""

    def below(self, base: Path) -> "AuditSettings":
        """The same, with the folder made absolute."""
        where = None if self.copy_to is None else (base / self.copy_to).resolve()
        return AuditSettings(checkpoint_route=self.checkpoint_route, copy_to=where)
