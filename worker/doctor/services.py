"""Whether Redis answers and keeps what it is given; whether the vendor is reached, accepts us, and shares our clock."""

import asyncio
from collections.abc import Awaitable, Mapping
from datetime import timedelta

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.model.errors import SealingError
from worker.doctor.finding import Finding, caution, fault, fine
from worker.eparaksts.skew import TOLERATED_SKEW, measure_skew
from worker.error_text import error_text
from worker.redis_server import opened_server

_PATIENCE = 15.0
"""Seconds; calls that are made in earnest wait longer, and are repeated."""


async def examine_redis(url: str | None) -> list[Finding]:
    """Look at the configured server; without a URL an embedded one is started by the worker itself."""
    if url is None:
        return [fine("redis", "none configured: an embedded Valkey is used, with its own append-only file")]
    try:
        async with opened_server(url, Redis, socket_timeout=5, socket_connect_timeout=5) as redis:
            server = await redis.info("server")
            if alone := judge_mode(server):
                return [alone]
            persistence = await redis.info("persistence")
            saves = (await redis.config_get("save")).get("save")
    except (RedisError, OSError) as error:
        return [fault("redis", str(error), "Start Redis or Valkey, or correct redis.url.")]
    answers = fine("redis", f"answers, version {server['redis_version']}")
    if persistence.get("aof_enabled") or saves:
        kept = "append-only file" if persistence.get("aof_enabled") else "snapshots"
        return [answers, fine("redis persistence", kept)]
    return [
        answers,
        caution(
            "redis persistence",
            "Redis keeps nothing across a restart",
            "No document is lost by that, but a person may have to approve a batch again. Set `appendonly yes`.",
        ),
    ]


def judge_mode(server: Mapping[str, object]) -> Finding | None:
    """What is wrong with a server that is no single one (INFO); None where it is."""
    match server.get("redis_mode", server.get("server_mode")):
        case "cluster":
            advice = "The queue needs several keys in one transaction. Name one without cluster mode, or Sentinels."
            return fault("redis", "is a cluster, with which the queue does not work", advice)
        case "sentinel":
            advice = "Write redis+sentinel://host:26379,host:26379/NAME/0, so that it is asked for the primary."
            return fault("redis", "is a Sentinel, which keeps nothing itself", advice)
        case _:
            return None


async def examine_clock(url: str) -> Finding:
    """Compare our clock with the platform's."""
    try:
        skew = await measure_skew(url)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        return fault(
            "vendor",
            f"{url} is not reached: {error_text(error)}",
            "Check eparaksts.platform_url, the network and the proxy.",
        )
    if skew is None:
        return caution("clock", f"{url} does not tell the time", "Check by hand that this machine's clock is right.")
    if abs(skew) > TOLERATED_SKEW:
        seconds, side = round(abs(skew).total_seconds()), "ahead of" if skew > timedelta(0) else "behind"
        advice = "Turn time synchronisation on (NTP), and restart zimogs once the clock is right."
        return fault("clock", f"ours is {seconds} s {side} the vendor's: seals would be judged by a wrong time", advice)
    return fine("clock", "agrees with the vendor's")


async def examine_vendor(limit: Awaitable[int], patience: float = _PATIENCE) -> Finding:
    """Ask SignAPI for its configuration, which needs working credentials on both services; `patience` is seconds."""
    try:
        async with asyncio.timeout(patience):
            size = await limit
    except TimeoutError:
        advice = "Check eparaksts.signapi_url, the network and the proxy, and ask the vendor."
        return fault("vendor", f"does not answer within {patience:.0f} s", advice)
    except SealingError as error:
        advice = "Check eparaksts.signapi_url, eparaksts.client_id and the client secret with the vendor."
        return fault("vendor", str(error), advice)
    return fine("vendor", f"accepts our credentials; files up to {size / 1e6:.1f} MB")
