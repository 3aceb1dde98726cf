"""The keys of the API, one file each, so that a key that is revoked is void at once in every process.

data/api-keys/<id>.json     the key without its secret; mode 0600, in a folder of mode 0700
data/api-keys/<id>.used     empty; its time tells the day of the key's last use
"""

import hmac
import os
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from jobs.model.api_keys import ApiKey, Permission
from jobs.model.names import RouteName
from worker.storage.durable import make_folder, read_file, write_once, write_over
from worker.storage.threads import in_thread

PREFIX = "zmk_"
"""How every key begins, so that people and scanners of source code know one when they see it."""
_TOKEN = re.compile(rf"{PREFIX}(?P<id>[0-9a-f]{{12}})_(?P<secret>[A-Za-z0-9_-]{{43}})")
_SECRET_BYTES, _ID_BYTES = 32, 6
_NOBODY = sha256(b"").hexdigest()


class KeyBook:
    """The keys below one data folder. Every method raises OSError."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "api-keys"

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
        make_folder(self._folder.parent)
        make_folder(self._folder, 0o700)
        write_once(self._path(key.id), key.model_dump_json(indent=2).encode(), mode=0o600)
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
        keys = (self._read(path.stem) for path in self._folder.glob("*.json"))
        return tuple(sorted(filter(None, keys), key=lambda key: (key.created_at, key.id)))

    @in_thread
    def revoke(self, key_id: str, *, now: datetime) -> ApiKey | None:
        """Make the key void from now on; gives it, None where there is none."""
        key = self._read(key_id) if re.fullmatch(r"[0-9a-f]{12}", key_id) else None
        if key is None or key.revoked_at is not None:
            return key
        revoked = key.model_copy(update={"revoked_at": now})
        write_over(self._path(key_id), revoked.model_dump_json(indent=2).encode(), mode=0o600)
        return revoked

    @in_thread
    def note_use(self, key: ApiKey, today: date) -> None:
        """Keep the day on which the key was used last. A day is enough to find keys that nobody needs."""
        if self._last_used(key) != today:
            path = self._path(key.id).with_suffix(".used")
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            os.utime(path)

    @in_thread
    def last_used(self, key: ApiKey) -> date | None:
        """The day (UTC) of its last use; None when it never was."""
        return self._last_used(key)

    def _last_used(self, key: ApiKey) -> date | None:
        with suppress(FileNotFoundError):
            return datetime.fromtimestamp(self._path(key.id).with_suffix(".used").stat().st_mtime, UTC).date()
        return None

    def _read(self, key_id: str) -> ApiKey | None:
        with suppress(FileNotFoundError, ValidationError):
            return ApiKey.model_validate_json(read_file(self._path(key_id)))
        return None

    def _path(self, key_id: str) -> Path:
        return self._folder / f"{key_id}.json"
