"""Browser dialogs under way. A dialog is spent by looking at it: a second callback finds nothing (RFC 6749 §10.12)."""

import secrets
from datetime import timedelta
from typing import Annotated, Literal

import structlog
from pydantic import AwareDatetime, Field, SecretStr, TypeAdapter, ValidationError
from redis.asyncio import Redis

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, APerson
from worker.storage.encryption import Cipher, NotOurs

log = structlog.get_logger()

DIALOG_LIFE = timedelta(minutes=15)
"""How long a person may stay on the platform's pages."""
_KEY = "zimogs:dialog:"


class _Begun(Frozen):
    """What every dialog has: `binding` names the browser session that it belongs to; its code is bound to `proof`."""

    binding: str = Field(repr=False)
    proof: str | None = Field(default=None, repr=False)

    @property
    def verifier(self) -> SecretStr | None:
        """What the code that comes back is exchanged with (RFC 7636 §4.5)."""
        return None if self.proof is None else SecretStr(self.proof)


class SigningIn(_Begun):
    """Somebody wants to say who they are."""

    kind: Literal["sign-in"] = "sign-in"


class Enrolling(_Begun):
    """The person signed in wants to enrol the seal of this label."""

    kind: Literal["enrol"] = "enrol"
    label: str
    holder: APerson


class Approving(_Begun):
    """The person signed in was sent to consent to exactly this summary; in a sitting they go on to the next batch."""

    kind: Literal["approve"] = "approve"
    batch: ABatch
    summary: str
    approver: APerson
    in_sitting: bool = False
    asked_at: AwareDatetime | None = None
    """When they were sent; None in dialogs of earlier versions."""


Dialog = Annotated[SigningIn | Enrolling | Approving, Field(discriminator="kind")]

_dialogs: TypeAdapter[Dialog] = TypeAdapter(Dialog)


class RedisDialogs:
    """Implements `worker.desk.ports.Dialogs`: one expiring key for each dialog, taken with one atomic GETDEL.

    What it holds is encrypted: it names people, and Redis keeps what it is given in files.
    """

    def __init__(self, redis: Redis, cipher: Cipher, life: timedelta = DIALOG_LIFE) -> None:
        self._redis = redis
        self._cipher = cipher
        self._life = life

    async def begin(self, dialog: Dialog) -> str:
        """Keep the dialog for a while; gives its state, 256 random bits."""
        state = secrets.token_urlsafe(32)
        key = _KEY + state
        await self._redis.set(key, self._cipher.encrypt(_dialogs.dump_json(dialog), key), px=self._life)
        return state

    async def take(self, state: str) -> Dialog | None:
        """Look at the dialog and thereby spend it: of several takers one gets it, the others None."""
        key = _KEY + state
        content = await self._redis.getdel(key)
        try:
            return None if content is None else _dialogs.validate_json(self._cipher.decrypt(content, key))
        except NotOurs:
            log.warning("dialog refused", why="it was not encrypted by us")
            return None
        except ValidationError:
            # Another version of zimogs wrote it: the person begins anew.
            return None
