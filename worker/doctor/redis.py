"""Whether Redis answers, and keeps what it is given across a restart."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from worker.doctor.finding import Finding, fault, fine, warning


async def examine_redis(url: str | None) -> list[Finding]:
    """Look at the configured server; without a URL an embedded one is started by the worker itself."""
    if url is None:
        return [fine("redis", "none configured: an embedded Valkey is used, with its own append-only file")]
    try:
        async with Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5) as redis:
            server = await redis.info("server")
            return [fine("redis", f"answers, version {server['redis_version']}"), await _persistence(redis)]
    except (RedisError, OSError) as error:
        return [fault("redis", str(error), "Start Redis or Valkey, or correct redis.url.")]


async def _persistence(redis: Redis) -> Finding:
    state = await redis.info("persistence")
    saves = (await redis.config_get("save")).get("save")
    if state.get("aof_enabled") or saves:
        return fine("redis persistence", "append-only file" if state.get("aof_enabled") else "snapshots")
    return warning(
        "redis persistence",
        "Redis keeps nothing across a restart",
        "No document is lost by that, but a person may have to approve a batch again. Set `appendonly yes`.",
    )
