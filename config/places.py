"""The tables of folders elsewhere: `[inboxes.NAME]`, from which documents are fetched, and `[outboxes.NAME]`.

Each is a prefix of a bucket (S3 protocol) or a folder that a server gives by SFTP.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationError, model_validator

from config.sections import Seconds, SettingsTable
from config.storage import StorageSettings
from jobs.model.names import ARoute, RouteName

_PORT = 22
_EMPTY = frozenset({"", ".", ".."})
AHostKey = Annotated[str, StringConstraints(pattern=r"^SHA256:[A-Za-z0-9+/]{43}$")]
"""A host key's fingerprint, as `ssh-keygen -l` shows it."""


class PlaceSettings(SettingsTable):
    """One folder elsewhere. With `route` it is that route's own; without, it has a folder for each route.

    S3 takes `access_key_id` and `secret_access_key`, or finds keys in AWS' own ways. SFTP takes a `password` or a
    `key_file`, and must know the server: by `host_keys`, fingerprints, or by a `known_hosts` file.
    """

    url: str
    """`s3://bucket/prefix?region=…&endpoint=…`, or `sftp://user@host:22/folder`."""
    route: ARoute | None = None
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    password: SecretStr | None = None
    key_file: Path | None = None
    """The private key, without a passphrase, which would lie beside it; a file of zimogs' user alone."""
    host_keys: tuple[AHostKey, ...] = ()
    known_hosts: Path | None = None

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        match urlsplit(self.url).scheme:
            case "s3":
                self._require_bucket()
            case "sftp":
                self._require_server()
            case _:
                raise ValueError("url is s3://bucket/prefix or sftp://user@host/folder")
        return self

    @property
    def is_bucket(self) -> bool:
        """Whether it is a prefix of a bucket."""
        return self.url.startswith("s3:")

    @property
    def storage(self) -> StorageSettings:
        """The bucket, as the storage's own table would name it. Raises ValueError for what is none."""
        return StorageSettings(url=self.url, access_key_id=self.access_key_id, secret_access_key=self.secret_access_key)

    @property
    def server(self) -> tuple[str, int, str, str]:
        """Host, port, user and folder of an SFTP server."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or _PORT, unquote(parts.username or ""), unquote(parts.path) or "/"

    @property
    def address(self) -> str:
        """The folder and whose it is, the same however the settings write and call it; it holds no secret."""
        return self._folder if self.route is None else f"{self._folder} {self.route}"

    def folders(self, routes: Iterable[RouteName]) -> frozenset[str]:
        """Where files of its routes stand; `routes` are all that there are."""
        folder = self._folder.rstrip("/")
        return frozenset({folder} if self.route is not None else {f"{folder}/{route}" for route in routes})

    @property
    def _folder(self) -> str:
        if self.is_bucket:
            return f"{self.storage.endpoint}/{self.storage.bucket}/{self.storage.prefix}"
        host, port, user, path = self.server
        return f"sftp://{user}@{host}:{port}/{path.strip('/')}"

    def below(self, base: Path) -> Self:
        """The same, with files made absolute."""
        files = {name: getattr(self, name) for name in ("key_file", "known_hosts")}
        absolute = {name: (base / path).resolve() for name, path in files.items() if path is not None}
        return self.model_copy(update=absolute)

    def _require_bucket(self) -> None:
        if "@" in urlsplit(self.url).netloc:
            raise ValueError("url holds no keys: set access_key_id and secret_access_key, or leave them to AWS")
        if self.password or self.key_file or self.host_keys or self.known_hosts:
            raise ValueError("password, key_file, host_keys and known_hosts are for sftp://")
        try:
            _ = self.storage
        except ValidationError as error:
            raise ValueError(f"url {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None

    def _require_server(self) -> None:
        parts = urlsplit(self.url)
        if parts.password is not None:
            raise ValueError("url holds no password: set password, better as a secret file")
        if not parts.hostname or not parts.username or parts.query or parts.fragment:
            raise ValueError("url is sftp://user@host:22/folder, and nothing after it")
        if _EMPTY & {*self.server[3].strip("/").split("/")[:-1]} or re.search(r"[\x00-\x1f\x7f]", self.server[3]):
            raise ValueError("url names a folder by its whole path, without .. in it")
        if self.access_key_id or self.secret_access_key:
            raise ValueError("access_key_id and secret_access_key are for s3://")
        if (self.password is None) == (self.key_file is None):
            raise ValueError("either password or key_file is set, and not both")
        if bool(self.host_keys) == (self.known_hosts is not None):
            raise ValueError(
                "either host_keys or known_hosts says which server it is: `ssh-keyscan HOST | ssh-keygen -lf -` shows "
                'the fingerprints ("SHA256:…"), and whoever runs the server has to confirm them'
            )


class InboxPlace(PlaceSettings):
    """A folder elsewhere from which documents are fetched; each stays there until it is ours."""

    after: Literal["remove", "move"] = "remove"
    """What becomes of what was taken: it is removed, or moved into the folder `processed` beside it."""
    settle: Seconds = timedelta(seconds=5)
    """How long size and time of a file must stay as they are."""
    rescan: Seconds = Field(default=timedelta(seconds=10), ge=timedelta(seconds=1))


class OutboxPlace(PlaceSettings):
    """A folder elsewhere into which each sealed file is copied, with its sidecar; our own outbox keeps both."""
