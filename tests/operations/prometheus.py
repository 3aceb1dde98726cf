"""A real Prometheus for the time of a block, on a port that it chooses itself."""

import asyncio
import math
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.programs import required
from tests.support.waiting import PATIENCE

_CONFIG = """
global: {{ scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 1s }}
rule_files: [{rules}]
scrape_configs: [{{ job_name: zimogs, static_configs: [{{ targets: ["{target}"] }}] }}]
"""
_ADDRESS = re.compile(r'msg="?Listening on"? address=(\S+)')


RULES = [Path(__file__).parents[2] / "deploy" / "prometheus" / name for name in ("rules.yml", "slo.yml")]


@dataclass(frozen=True, slots=True)
class Series:
    """One series of an answer: its labels, and its values by time (Unix, seconds), oldest first."""

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]

    @property
    def value(self) -> float:
        """The newest."""
        return self.points[-1][1]

    def named(self, legend: str) -> str:
        """What Grafana calls it by a legend such as `{{route}} in`."""
        return re.sub(r"{{(\w+)}}", lambda label: self.labels[label[1]], legend)


class QueryRefused(Exception):
    """Prometheus could not make sense of a query, or failed over it."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    http: aiohttp.ClientSession
    url: str

    async def ask(self, expr: str) -> list[Series]:
        """Evaluate the expression now. Raises QueryRefused."""
        found = await self._query("query", query=expr)
        return [Series(each["metric"], _points([each["value"]])) for each in found]

    async def ask_over(self, expr: str, seconds: float) -> list[Series]:
        """Evaluate the expression over the last so many seconds, in hundred steps; now, where that is 0."""
        if not seconds:
            return await self.ask(expr)
        now, step = time.time(), seconds / 100
        found = await self._query("query_range", query=expr, start=now - seconds, end=now, step=step)
        return [Series(each["metric"], _points(each["values"])) for each in found]

    async def ask_until_known(self, expr: str, seconds: float = 0) -> list[Series]:
        """The same once there is a figure among the answers: a machine that is busy misses a scrape."""
        async with asyncio.timeout(PATIENCE):
            while True:
                answers = await self.ask_over(expr, seconds)
                if any(math.isfinite(value) for series in answers for _, value in series.points):
                    return answers
                await asyncio.sleep(0.1)

    async def rule_faults(self) -> dict[str, str]:
        """Rules that could not be evaluated, by their names, and why; those that were not yet too."""
        async with self.http.get(f"{self.url}/api/v1/rules") as reply:
            groups = (await reply.json())["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return {rule["name"]: rule.get("lastError") or rule["health"] for rule in rules if rule["health"] != "ok"}

    async def _query(self, kind: str, **data: object) -> list[dict[str, Any]]:
        async with self.http.post(
            f"{self.url}/api/v1/{kind}", data={key: str(value) for key, value in data.items()}
        ) as reply:
            answer: dict[str, Any] = await reply.json()
        if answer["status"] != "success":
            raise QueryRefused(f"{data['query']}: {answer['error']}")
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result


def _points(values: Iterable[tuple[float, str]]) -> list[tuple[float, float]]:
    return [(at, float(value)) for at, value in values]


@asynccontextmanager
async def scraping(target: str, folder: Path) -> AsyncIterator[Prometheus]:
    """Have a Prometheus, which lives in `folder`, scrape `target` (host:port) all the time and evaluate our rules."""
    config, log = folder / "prometheus.yml", folder / "prometheus.log"
    config.write_text(_CONFIG.format(target=target, rules=", ".join(map(str, RULES))))
    options = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}", "--web.listen-address=127.0.0.1:0")
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(required("prometheus"), *options, stdout=output, stderr=output)
    try:
        async with aiohttp.ClientSession() as http:
            url = f"http://{await _address(log, process)}"
            await _ready(http, url)
            yield Prometheus(http, url)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _address(log: Path, process: asyncio.subprocess.Process) -> str:
    async with asyncio.timeout(PATIENCE):
        while process.returncode is None:
            if found := _ADDRESS.search(_said(log)):
                return found[1]
            await asyncio.sleep(0.05)
    raise AssertionError(f"prometheus ended early:\n{_said(log)}")


def _said(log: Path) -> str:
    return log.read_text()


async def _ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with http.get(f"{url}/-/ready") as reply:
                if reply.ok:
                    return
            await asyncio.sleep(0.05)
