"""Machines that share a bucket, and nothing else but the queue: each with settings, folders and a desk of its own.

Each process is one, on the network of this machine; or each has a network of its own, and several processes.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from config.reading import read_settings
from config.settings import Settings
from jobs.model.names import is_batch_id
from tests.support.object_storage import BucketServer
from tests.torture.balancer import balanced
from tests.torture.counting import BucketOutbox, Count
from tests.torture.ground import Grounded
from tests.torture.network import Network, networks
from tests.whole.running_app import reserved_address
from worker.app.in_bucket import bucket_of
from worker.app.on_disk import OnDisk
from worker.demo.practice_vendor import PracticeVendor
from worker.queue.embedded import embedded_valkey

_SILENCE = 15.0
"""Seconds after which a desk that says nothing is taken to be cut off."""
_DESK = 8400
"""The port of each desk: in networks of their own they may be the same."""


@dataclass(frozen=True)
class SharedBucket:
    """Implements `Ground` for a bucket."""

    settings: Settings
    redis: Path
    server: BucketServer
    machines: tuple[Path, ...]
    """A folder for each, in which nothing is shared with others."""
    networks: tuple[Network, ...] = ()
    """One for each, in their order, where they have their own."""
    # A lease of 15 s by the stopwatch of whoever wants it, which starts with its first look at it.
    taken_over_within: float = 45.0
    # Half of what the storage did was answering whoever looked whether anything had happened.
    look: float = 0.3

    @cached_property
    def disk(self) -> OnDisk:
        return OnDisk.of(self.settings)

    def count(self, dropped: Mapping[str, bytes]) -> Count:
        return Count(BucketOutbox(bucket_of(self.settings)), self.disk.quarantine, dropped)

    def find_lease_holder(self, pids: Collection[int]) -> int:
        bucket = bucket_of(self.settings)
        # Not those for notices and the like, which a worker keeps for as long as it lives.
        for lease in (each for each in bucket.list("leases") if is_batch_id(each.key.removeprefix("leases/"))):
            state, holder, _ = bucket.read(lease.key).decode().split()
            pid = int(holder.rpartition(":")[2])
            if state == "held" and pid in pids:
                return pid
        raise LookupError("nobody holds a batch")


@asynccontextmanager
async def on_machines(folder: Path, names: Sequence[str], desk: str, server: BucketServer) -> AsyncIterator[Grounded]:
    """Each process as a machine with settings like those in that folder; all desks stand behind that one address."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(embedded_valkey(folder / "redis"))
        shared = _tables(f"s3://{server.name}/{folder.name}?endpoint={server.endpoint}", redis)
        configs, desks = dict[str, Path](), list[str]()
        for name in names:
            desks.append(await stack.enter_async_context(reserved_address()))
            own = _with_port((folder / "zimogs.toml").read_text(), desk, desks[-1])
            configs[name] = _write(folder / name.replace(" ", "-"), own + shared)
        await stack.enter_async_context(balanced(desk, desks))
        machines = tuple(config.parent for config in configs.values())
        yield configs, SharedBucket(read_settings(configs[names[0]]), folder / "redis", server, machines)


@asynccontextmanager
async def on_networks(
    folder: Path, names: Sequence[str], desk: str, server: BucketServer, vendor: PracticeVendor
) -> AsyncIterator[Grounded]:
    """Each number in the names as a machine with a network of its own, from which only servers are reached."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(embedded_valkey(folder / "redis"))
        numbers = sorted({name.rpartition(" ")[2] for name in names})
        wired = stack.enter_context(networks(len(numbers)))
        servers = wired[0].servers
        queue = await stack.enter_async_context(balanced(f"redis://{servers}:0", [redis]))
        plan, storage = (folder / "zimogs.toml").read_text(), f"s3://{server.name}/{folder.name}"
        # We ourselves need no cable: and while we wait for an answer from the bucket, we pass nothing on.
        ours = _write(folder / "outside", plan + _tables(f"{storage}?endpoint={server.endpoint}", redis))
        plan = plan.replace("[eparaksts]\n", "[eparaksts]\ninsecure_practice = true\n")
        plan += _tables(f"{storage}?endpoint={server.endpoint}&allow_http=true", queue)
        for url in {vendor.platform_url, vendor.signapi_url, server.endpoint}:
            outside = f"http://{servers}:{urlsplit(url).port}"
            plan = plan.replace(url, await stack.enter_async_context(balanced(outside, [url])))
        machines = dict[str, Path]()
        for number, network in zip(numbers, wired, strict=True):
            at = f'host = "{network.address}"\nport = {_DESK}\n'
            machines[number] = _write(folder / f"machine-{number}", plan.replace(f"port = {urlsplit(desk).port}\n", at))
            machines[number].with_name("network").symlink_to(network.path)
        desks = [f"http://{one.address}:{_DESK}" for one in wired]
        await stack.enter_async_context(balanced(desk, desks, _SILENCE))
        configs = {name: machines[name.rpartition(" ")[2]] for name in names}
        folders = tuple(config.parent for config in machines.values())
        yield configs, SharedBucket(read_settings(ours), folder / "redis", server, folders, tuple(wired))


def _tables(storage: str, redis: str) -> str:
    keys = 'access_key_id = "key"\nsecret_access_key = "secret"'
    return f'\n[storage]\nurl = "{storage}"\n{keys}\n\n[api]\nenabled = false\n\n[redis]\nurl = "{redis}"\n'


def _with_port(plan: str, desk: str, own: str) -> str:
    """The settings with another port to listen at. What people are told is the same address everywhere."""
    return plan.replace(f"port = {urlsplit(desk).port}\n", f"port = {urlsplit(own).port}\n")


def _write(machine: Path, settings: str) -> Path:
    machine.mkdir()
    config = machine / "zimogs.toml"
    # It holds the client's secret.
    config.touch(0o600)
    config.write_text(settings)
    return config
