"""Sittings are kept in Redis for as long as a session lives: lost with it, a person begins another, and no consent."""

import hashlib
from datetime import timedelta

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from jobs.model.names import BatchId
from worker.desk.sitting import BatchStep, Plan, Sitting
from worker.storage.encryption import Cipher, NotOurs

log = structlog.get_logger()

_KEY = "zimogs:sitting:"
_PLAN = "plan"


class RedisSittings:
    """Implements `worker.desk.ports.Sittings`: one hash for each session, a field for the plan and for each batch.

    So two pages of one person never write over each other. All of it is encrypted, as dialogs are.
    """

    def __init__(self, redis: Redis, cipher: Cipher, life: timedelta) -> None:
        self._redis = redis
        self._cipher = cipher
        self._life = life

    async def begin(self, session: str, plan: Plan) -> None:
        """Let the session's sitting be this one; an earlier one is forgotten."""
        key = _key(session)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, _PLAN, self._seal(plan, key, _PLAN))
            pipe.pexpire(key, self._life)
            await pipe.execute()

    async def note(self, session: str, batch: BatchId, progress: BatchStep) -> None:
        """Note how far it is with a batch."""
        key = _key(session)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, batch, self._seal(progress, key, batch))
            # The plan may have expired since it was read: what is left alone shall not stay for ever.
            pipe.pexpire(key, self._life)
            await pipe.execute()

    async def forget(self, session: str, batch: BatchId) -> None:
        """Let the batch be one that nobody was asked about."""
        async with self._redis.pipeline() as pipe:
            pipe.hdel(_key(session), batch)
            await pipe.execute()

    async def find(self, session: str) -> Sitting | None:
        """The session's sitting, None where it has none."""
        key = _key(session)
        try:
            async with self._redis.pipeline() as pipe:
                pipe.hgetall(key)
                (found,) = await pipe.execute()
            kept = {name.decode(): content for name, content in found.items()}
            opened = {name: self._cipher.decrypt(content, f"{key}/{name}") for name, content in kept.items()}
            if _PLAN not in opened:
                return None
            plan = Plan.model_validate_json(opened.pop(_PLAN))
            progress = {BatchId(name): BatchStep.model_validate_json(content) for name, content in opened.items()}
        except (NotOurs, ResponseError, UnicodeError):
            log.warning("sitting refused", why="it was not encrypted by us")
            return None
        except ValidationError:
            # Another version of zimogs wrote it: the person begins anew.
            return None
        return Sitting(plan=plan, progress=progress)

    def _seal(self, value: Plan | BatchStep, key: str, field: str) -> str:
        return self._cipher.encrypt(value.model_dump_json().encode(), f"{key}/{field}")


def _key(session: str) -> str:
    # The session's id is a secret of its cookie.
    return _KEY + hashlib.sha256(session.encode()).hexdigest()
