"""The keys of the API: made, found by what opens with them, and revoked. A key that is revoked is void at once."""

import hmac
import re
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date, datetime
from hashlib import sha256
from typing import Protocol

from pydantic import ValidationError

from jobs.model.api_keys import ApiKey, Permission
from jobs.model.names import RouteName
from worker.storage.threads import in_thread

PREFIX = "zmk_"
"""How every key begins, so that people and scanners of source code know one when they see it."""
_TOKEN = re.compile(rf"{PREFIX}(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
_SECRET_BYTES, _ID_BYTES = 32, 6
_NOBODY = sha256(b"").hexdigest()


class KeptKeys(Protocol):
    """Where the keys are kept, each by its id and without its secret. Every method blocks, and raises OSError."""

    def ids(self) -> Iterable[str]:
        """The ids of all keys."""
        ...

    def read(self, key_id: str) -> bytes:
        """One of them. Raises FileNotFoundError."""
        ...

    def create(self, key_id: str, content: bytes) -> None:
        """Keep a new one."""
        ...

    def replace(self, key_id: str, content: bytes) -> None:
        """Keep it changed; every process knows at its next look."""
        ...

    def note_use(self, key_id: str) -> None:
        """Note that it was used this moment."""
        ...

    def last_used(self, key_id: str) -> date | None:
        """The day (UTC) on which that was noted last; None where it never was."""
        ...


class KeyBook:
    """The keys that are kept there. Every method raises OSError."""

    def __init__(self, kept: KeptKeys) -> None:
        self._kept = kept

    @in_thread
    def create(
        self,
        name: str,
        routes: Collection[RouteName],
        may: Collection[Permission],
        *,
        now: datetime,
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; gives it, and the token that opens with it, which is kept nowhere."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        key = ApiKey(
            id=secrets.token_hex(_ID_BYTES),
            name=name,
            routes=frozenset(routes),
            may=frozenset(may),
            created_at=now,
            expires_at=expires_at,
            secret_sha256=sha256(secret.encode()).hexdigest(),
        )
        self._kept.create(key.id, key.model_dump_json(indent=2).encode())
        return key, f"{PREFIX}{key.id}_{secret}"

    @in_thread
    def find(self, token: str) -> ApiKey | None:
        """The key that the token opens; None where there is none, whether it is valid or not.

        The time it takes tells nothing of a secret: what is compared are hashes, whole, and also where there is no key.
        """
        match = _TOKEN.fullmatch(token)
        key = self._read(match["id"]) if match else None
        given = sha256(match["secret"].encode() if match else b"-").hexdigest()
        is_same = hmac.compare_digest(given, key.secret_sha256 if key else _NOBODY)
        return key if is_same else None

    @in_thread
    def all(self) -> tuple[ApiKey, ...]:
        """Every key, oldest first."""
        keys = map(self._read, self._kept.ids())
        return tuple(sorted(filter(None, keys), key=lambda key: (key.created_at, key.id)))

    @in_thread
    def revoke(self, key_id: str, *, now: datetime) -> ApiKey | None:
        """Make the key void from now on; gives it, None where there is none."""
        key = self._read(key_id) if re.fullmatch(r"[0-9a-f]{12}", key_id) else None
        if key is None or key.revoked_at is not None:
            return key
        revoked = key.model_copy(update={"revoked_at": now})
        self._kept.replace(key_id, revoked.model_dump_json(indent=2).encode())
        return revoked

    @in_thread
    def note_use(self, key: ApiKey, today: date) -> None:
        """Keep the day on which the key was used last. A day is enough to find keys that nobody needs."""
        if self._kept.last_used(key.id) != today:
            self._kept.note_use(key.id)

    @in_thread
    def last_used(self, key: ApiKey) -> date | None:
        """The day (UTC) of its last use; None when it never was."""
        return self._kept.last_used(key.id)

    def _read(self, key_id: str) -> ApiKey | None:
        with suppress(FileNotFoundError, ValidationError):
            return ApiKey.model_validate_json(self._kept.read(key_id))
        return None
