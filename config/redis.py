"""Addresses of Redis: one server, or the primary that Sentinels name. A cluster is refused with what to use instead."""

from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import PlainValidator, TypeAdapter, UrlConstraints, ValidationError, WithJsonSchema
from pydantic_core import MultiHostUrl, Url

from config.sections import SettingsTable

SENTINEL = "+sentinel"
"""Behind the scheme of an address that names Sentinels: `redis+sentinel://`, or `rediss+sentinel://` with TLS."""
_SENTINELS = frozenset({f"redis{SENTINEL}", f"rediss{SENTINEL}"})
_CLUSTER = "+cluster"
_ONE = TypeAdapter[Url](Annotated[Url, UrlConstraints(allowed_schemes=["redis", "rediss", "unix"])])


def _read(given: object) -> Url | MultiHostUrl:
    text = str(given)
    scheme = text.partition("://")[0]
    if scheme.endswith(_CLUSTER):
        raise ValueError(
            "a cluster does not work: the queue changes several keys in one transaction, which a cluster takes only "
            "where all of them are in one of its slots. Name one server, or Sentinels: redis+sentinel://…"
        )
    try:
        return _read_sentinels(text) if scheme in _SENTINELS else _ONE.validate_python(text)
    except ValidationError as error:
        # Its own sentence shows what was given, which holds a password.
        raise ValueError(error.errors(include_url=False, include_input=False)[0]["msg"]) from None


def _read_sentinels(text: str) -> MultiHostUrl:
    url = MultiHostUrl(text)
    name, _, database = (url.path or "").strip("/").partition("/")
    if not name or not (database or "0").isdecimal() or any(host["host"] is None for host in url.hosts()):
        raise ValueError(
            "names Sentinels, then what they call the primary, and the database, as "
            "redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/zimogs/0"
        )
    _ = parse_qsl(url.query or "", strict_parsing=bool(url.query))
    return url


RedisUrl = Annotated[
    Url | MultiHostUrl, PlainValidator(_read), WithJsonSchema({"type": "string", "format": "uri", "minLength": 1})
]


def has_password(url: Url | MultiHostUrl) -> bool:
    """Whether the servers are asked with a password."""
    return any(host["password"] for host in url.hosts()) if isinstance(url, MultiHostUrl) else bool(url.password)


class Redis(SettingsTable):
    """The doorbell. Without a URL an embedded Valkey keeps its files below the data folder.

    `redis://`, `rediss://` (TLS; `?ssl_ca_certs=/etc/…&ssl_certfile=…&ssl_keyfile=…`, absolute paths) and `unix://`
    name one server; `redis+sentinel://host:26379,host:26379/NAME/0` and `rediss+sentinel://…` name Sentinels, whose own
    password is `?sentinel_password=…`.
    """

    url: RedisUrl | None = None
