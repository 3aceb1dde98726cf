"""The table of the queue: documents that programs hand in by a Redis Stream, and what they are told of them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import ByteSize, Field, PositiveInt, SecretStr, StringConstraints, model_validator

from config.notices import Told
from config.redis import RedisUrl
from config.sections import Base, Seconds, SettingsTable, is_loopback
from jobs.model.events import EventKind

AHost = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]+(:[0-9]+)?$", to_lower=True)]
ABucket = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$")]


class S3Settings(SettingsTable):
    """The storage, by the S3 protocol, of which entries may name objects; none without `buckets`.

    Without the two keys they are those of AWS' own environment variables, or the role that the machine has there.
    """

    buckets: frozenset[ABucket] = frozenset()
    """The only buckets."""
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]+$")
    endpoint: Base | None = None
    """The storage's address; without it that of AWS in the region. No other host is asked for an object."""
    allow_http: bool = False
    """Whether the endpoint may be `http://`, inside your own network; on this machine it may be without."""
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None

    @property
    def address(self) -> str:
        """The endpoint that is called."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"

    @model_validator(mode="after")
    def _is_safe_and_whole(self) -> "S3Settings":
        parts = urlsplit(self.address)
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ValueError("endpoint is https:// and a host, and nothing after it")
        if parts.scheme == "http" and not (self.allow_http or is_loopback(self.address)):
            raise ValueError("endpoint must be https://; http:// only with allow_http = true, inside your own network")
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key stand together, or neither does")
        return self


class QueueSettings(Told):
    """Whether and how documents come by the stream `zimogs:intake`; `zimogs:results` tells what became of them.

    Without `url` it is the doorbell's Redis, or the embedded Valkey. Of `routes` alone documents are taken, and told;
    of all where none is named.
    """

    enabled: bool = False
    url: RedisUrl | None = None
    kinds: frozenset[EventKind] = frozenset({EventKind.DOCUMENT_SEALED, EventKind.DOCUMENT_QUARANTINED})
    max_bytes: ByteSize = Field(default=ByteSize(50_000_000), gt=0)
    """Of a document that stands in the entry itself: so much of each is in memory."""
    at_once: int = Field(default=4, ge=1, le=32)
    """How many entries a process has under way."""
    paths: tuple[Path, ...] = ()
    """The only folders, with all that is below them, out of which entries may name a file."""
    remove_files: bool = False
    """Whether such a file is removed once it is taken, where its entry does not say."""
    url_hosts: frozenset[AHost] = frozenset()
    """The only hosts from which entries may name an `https://` address."""
    allow_private: bool = False
    """Whether these may have private, loopback or link-local addresses, and `http://`."""
    s3: S3Settings = S3Settings()
    deliveries: PositiveInt = 5
    """How often an entry is begun with, and its process dies, before it is put aside."""
    claim_after: Seconds = Field(default=timedelta(seconds=60), ge=timedelta(seconds=1))
    """Without a sign of life from whoever has an entry, after which another process takes it over."""
    max_waiting: PositiveInt = 10_000
    """Documents that wait for a batch, of all routes together, from which on no more are taken."""
    keep_entries: bool = False
    """Whether entries stay in the stream once they are taken; then somebody else must trim it."""
    max_results: PositiveInt = 100_000
    """About so many results are kept."""

    @model_validator(mode="after")
    def _names_hosts_before_it_trusts_them(self) -> "QueueSettings":
        if self.allow_private and not self.url_hosts:
            raise ValueError("allow_private is about url_hosts, and there is none")
        return self

    def below(self, base: Path) -> "QueueSettings":
        """The same, with folders made absolute."""
        return self.model_copy(update={"paths": tuple((base / path).resolve() for path in self.paths)})
