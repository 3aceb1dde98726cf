"""The table that says where ledger, documents and sealed files stand: in folders, or in a bucket (S3 protocol).

The address holds no secret: keys are settings of their own, or are found in AWS' own ways.
"""

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import AfterValidator, AnyHttpUrl, SecretStr, model_validator

from config.sections import SettingsTable, is_loopback

_KNOWN = frozenset({"region", "endpoint", "allow_http"})
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _require_usable(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "file":
        if parts.netloc not in {"", "localhost"} or not unquote(parts.path).startswith("/"):
            raise ValueError("names a folder of this machine as file:///srv/zimogs/data")
        return url
    if parts.scheme != "s3":
        raise ValueError("begins with file:// for folders, or with s3:// for a bucket")
    if "@" in parts.netloc:
        raise ValueError("holds no keys: set storage.access_key_id and storage.secret_access_key, or leave them to AWS")
    if not _BUCKET.fullmatch(parts.netloc):
        raise ValueError("names a bucket and what is in front of all keys, as s3://our-bucket/zimogs?region=eu-north-1")
    query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if unknown := query.keys() - _KNOWN:
        raise ValueError(f"knows {', '.join(sorted(_KNOWN))}, and no {min(unknown)}")
    if "endpoint" in query:
        _require_safe(str(AnyHttpUrl(query["endpoint"])), allow_http=query.get("allow_http") == "true")
    return url


def _require_safe(endpoint: str, *, allow_http: bool) -> None:
    parts = urlsplit(endpoint)
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("endpoint is https:// and a host, and nothing after it")
    if parts.scheme == "http" and not (allow_http or is_loopback(endpoint)):
        raise ValueError("endpoint must be https://; http:// only with allow_http=true, inside your own network")


class StorageSettings(SettingsTable):
    """Where everything stands that must outlive a machine. Machines that share a bucket need no folder in common."""

    url: Annotated[str, AfterValidator(_require_usable)] | None = None
    """`file:///folder` takes the place of `folders.data`; `s3://bucket/prefix?region=…&endpoint=…` shares it all."""
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None

    @model_validator(mode="after")
    def _has_both_keys_or_none(self) -> "StorageSettings":
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key stand together, or neither does")
        return self

    @property
    def folder(self) -> Path | None:
        """The data folder that the address names, None where it names none."""
        parts = urlsplit(self.url or "")
        return Path(unquote(parts.path)) if parts.scheme == "file" else None

    @property
    def is_in_bucket(self) -> bool:
        """Whether machines share it as objects."""
        return self.url is not None and self.url.startswith("s3:")

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return urlsplit(self.url or "").netloc

    @property
    def prefix(self) -> str:
        """What stands in front of all keys there."""
        return unquote(urlsplit(self.url or "").path).strip("/")

    @property
    def region(self) -> str:
        """The region of the bucket."""
        return self._query.get("region", "us-east-1")

    @property
    def endpoint(self) -> str:
        """The address that is called: without one that of AWS in the region."""
        return self._query.get("endpoint", f"https://s3.{self.region}.amazonaws.com").rstrip("/")

    @property
    def keys(self) -> tuple[str, str] | None:
        """Id and secret, None where they are found in AWS' own ways."""
        if self.access_key_id is None or self.secret_access_key is None:
            return None
        return self.access_key_id, self.secret_access_key.get_secret_value()

    @property
    def _query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url or "").query))
