"""Browser dialogs under way. A dialog is spent by looking at it: a second callback finds nothing (RFC 6749 §10.12)."""

import secrets
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from redis.asyncio import Redis

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, APerson

DIALOG_LIFE = timedelta(minutes=15)
"""How long a person may stay on the platform's pages."""
_KEY = "zimogs:dialog:"


class SigningIn(Frozen):
    """Somebody wants to say who they are. `binding` names the browser session that the dialog belongs to."""

    kind: Literal["sign-in"] = "sign-in"
    binding: str = Field(repr=False)


class Enrolling(Frozen):
    """The person signed in wants to enrol the seal of this label."""

    kind: Literal["enrol"] = "enrol"
    binding: str = Field(repr=False)
    label: str
    holder: APerson


class Approving(Frozen):
    """The person signed in was sent to consent to exactly this summary."""

    kind: Literal["approve"] = "approve"
    binding: str = Field(repr=False)
    batch: ABatch
    summary: str
    approver: APerson


Dialog = Annotated[SigningIn | Enrolling | Approving, Field(discriminator="kind")]

_dialogs: TypeAdapter[Dialog] = TypeAdapter(Dialog)


class RedisDialogs:
    """Implements `worker.desk.ports.Dialogs`: one expiring key for each dialog, taken with one atomic GETDEL."""

    def __init__(self, redis: Redis, life: timedelta = DIALOG_LIFE) -> None:
        self._redis = redis
        self._life = life

    async def begin(self, dialog: Dialog) -> str:
        """Keep the dialog for a while; gives its state, 256 random bits."""
        state = secrets.token_urlsafe(32)
        await self._redis.set(_KEY + state, _dialogs.dump_json(dialog), px=self._life)
        return state

    async def take(self, state: str) -> Dialog | None:
        """Look at the dialog and thereby spend it: of several takers one gets it, the others None."""
        content = await self._redis.getdel(_KEY + state)
        return None if content is None else _dialogs.validate_json(content)
