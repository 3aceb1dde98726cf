"""The tables of those who are told of what happens: `[notifications.NAME]`, `[webhooks.NAME]`, `[hooks.NAME]`."""

import binascii
from base64 import b64decode
from datetime import time, timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints, model_validator
from pydantic_settings import NoDecode

from config.sections import Seconds, SettingsTable
from jobs.model.events import EventKind
from jobs.model.names import APerson, ARoute
from jobs.model.text import Language

ATarget = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=40)]

_WHSEC = "whsec_"
_KEY_BYTES = range(24, 65)
"""As long as the Standard Webhooks scheme wants a secret."""
_FOR_PEOPLE = frozenset(
    set(EventKind) - {EventKind.BATCH_WAITING, EventKind.BATCH_LAPSED, EventKind.BATCH_DONE, EventKind.DOCUMENT_SEALED}
)
"""Not that a batch waits, of which the route's times say when to ask for it (`batch.request`)."""


def _split(given: object) -> object:
    """Many in one text, as a secret file or the environment has them: by white space."""
    return given.split() if isinstance(given, str) else given


def _require_webhook_secret(secret: SecretStr) -> SecretStr:
    _ = decode_webhook_secret(secret)
    return secret


def decode_webhook_secret(secret: SecretStr) -> bytes:
    """The key in a secret of the Standard Webhooks scheme: `whsec_` and base64. Raises ValueError."""
    text = secret.get_secret_value()
    try:
        key = b64decode(text.removeprefix(_WHSEC), validate=True)
    except binascii.Error:
        key = b""
    if not text.startswith(_WHSEC) or len(key) not in _KEY_BYTES:
        raise ValueError("a webhook's secret is whsec_ and 24 to 64 random bytes in base64")
    return key


Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]
AKey = Annotated[SecretStr, AfterValidator(_require_webhook_secret)]
WebhookKeys = Annotated[tuple[AKey, ...], NoDecode, BeforeValidator(_split), Field(min_length=1)]


class Told(SettingsTable):
    """Of which routes and kinds of events somebody is told; of all of them where none is named."""

    routes: frozenset[ARoute] = frozenset()
    kinds: frozenset[EventKind] = frozenset(EventKind)


class NotificationSettings(Told):
    """A person, or some people, told by apprise: what happened since the last message, in one message."""

    urls: Secrets
    """Addresses as apprise has them (`mailtos://…`, `ntfys://…`, `msteams://…`); they hold passwords."""
    language: Language | None = None
    """The house's where none is set."""
    kinds: frozenset[EventKind] = _FOR_PEOPLE
    people: frozenset[APerson] = frozenset()
    """Whose address it is: reminders and escalations for others are not sent there. Empty: all of them are."""
    at_most_every: Seconds = timedelta(minutes=15)
    quiet: tuple[time, time] | None = None
    """From when until when nothing is sent, by the clock of working hours."""


class WebhookSettings(Told):
    """A receiver of events by HTTP, signed by the Standard Webhooks scheme."""

    url: SecretStr
    secrets: WebhookKeys
    """`whsec_…`; while one is being replaced, both: each message carries a signature by each."""
    allow_private: bool = False
    """Whether it may be a private, loopback or link-local address, and `http://`."""

    @model_validator(mode="after")
    def _is_a_web_address(self) -> "WebhookSettings":
        parts = urlsplit(self.url.get_secret_value())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url must be an https:// address")
        if parts.scheme == "http" and not self.allow_private:
            raise ValueError("url must be https://; http:// only with allow_private = true, inside your own network")
        return self


class HookSettings(Told):
    """A program that is run for each event, which it reads as JSON from its standard input."""

    command: tuple[str, ...] = Field(min_length=1)
    within: Seconds = timedelta(seconds=30)
    """After which it is ended, and tried again later."""
