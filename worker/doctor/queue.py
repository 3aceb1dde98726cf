"""Whether the Redis that programs hand documents in by keeps them, and whether the folders they may name are there."""

from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from config.settings import Settings
from worker.doctor.finding import Finding, caution, fault, fine
from worker.doctor.services import judge_mode
from worker.redis_server import opened_server

_OLDEST = (6, 2)
"""The first version that finds entries by how long nobody went on with them."""


async def examine_queue(settings: Settings) -> list[Finding]:
    """Look at the server of the streams and at `queue.paths`."""
    findings = [finding for folder in settings.queue.paths if (finding := _examine_folder(folder))]
    url = settings.queue.url or settings.redis.url
    if url is None:
        told = "the embedded Valkey: programs reach it by its socket, as zimogs' own user, while zimogs runs"
        return [*findings, fine("queue", told)]
    try:
        async with opened_server(str(url), Redis, socket_timeout=5, socket_connect_timeout=5) as redis:
            return [*findings, *_judge(await redis.info())]
    except (RedisError, OSError):
        return [*findings, fault("queue", "its Redis does not answer", "Start it, or correct queue.url or redis.url.")]


def _judge(server: dict[str, object]) -> list[Finding]:
    if alone := judge_mode(server):
        return [alone]
    version = str(server["redis_version"])
    if tuple(map(int, version.split(".")[:2])) < _OLDEST:
        return [fault("queue", f"its Redis is {version}", "Streams are read from Redis 6.2 on; any Valkey will do.")]
    findings = [fine("queue", f"its Redis answers, version {version}")]
    if not server.get("aof_enabled"):
        findings.append(
            caution(
                "queue persistence",
                "its Redis keeps no append-only file",
                "What programs have added and zimogs has not taken yet is lost when it ends. Set `appendonly yes`.",
            )
        )
    if str(server.get("maxmemory_policy", "noeviction")) != "noeviction" and server.get("maxmemory"):
        findings.append(
            fault(
                "queue memory",
                f"its Redis forgets keys when it is full ({server['maxmemory_policy']})",
                "A whole stream may vanish. Set `maxmemory-policy noeviction`, or queue.url to a Redis of its own.",
            )
        )
    return findings


def _examine_folder(folder: Path) -> Finding | None:
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        return fault("queue paths", f"{folder}: {error.strerror}", "Correct queue.paths, or let zimogs' user read it.")
    return None
