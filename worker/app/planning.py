"""Why everything waits that waits, looked up in the configured folders without starting anything."""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.settings import Settings
from jobs.model.documents import Route
from jobs.model.glance import Glance
from jobs.model.names import BatchId, RouteName
from jobs.model.text import Text
from jobs.planning.looking import look_at_open_batches
from jobs.planning.report import RouteReport, report_batches, report_route
from jobs.planning.standing import Situation, explain_batch
from jobs.planning.turns import find_turns
from jobs.ports import Ledger, Shelf, VendorLimits
from worker.app.on_disk import OnDisk
from worker.app.standing import find_standstills
from worker.clock import utc_now


@dataclass(frozen=True, slots=True)
class LookingTools:
    """What is needed to look, all of it at one moment."""

    ledger: Ledger
    shelf: Shelf
    limits: VendorLimits
    routes: Mapping[RouteName, Route]
    moment: datetime
    past: MutableMapping[BatchId, Glance] = field(default_factory=dict)

    def now(self) -> datetime:
        """That moment."""
        return self.moment

    def age(self, at: datetime) -> timedelta:
        """How long before that moment it was, never less than nothing."""
        return max(timedelta(0), self.moment - at)


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why documents wait in each route, and what each open batch waits for."""

    routes: Mapping[RouteName, RouteReport]
    batches: Mapping[BatchId, Text]


async def find_reasons(settings: Settings, disk: OnDisk) -> Reasons:
    """Look everything up. Raises what the ledger and the shelf raise."""
    tools = LookingTools(disk.ledger, disk.shelf, disk.limits, settings.routes_by_name, utc_now())
    situation = await _look_around(settings, disk, tools)
    return Reasons(
        routes={name: await report_route(route, tools, situation) for name, route in tools.routes.items()},
        batches=await report_batches(tools, situation),
    )


async def find_reason(glance: Glance, settings: Settings, disk: OnDisk) -> Text | None:
    """What this batch waits for; None where it is over."""
    if glance.is_over:
        return None
    tools = LookingTools(disk.ledger, disk.shelf, disk.limits, settings.routes_by_name, utc_now())
    return explain_batch(glance, await _look_around(settings, disk, tools))


async def _look_around(settings: Settings, disk: OnDisk, tools: LookingTools) -> Situation:
    standing = await find_standstills(settings, disk)
    left_alone = {each.subject for each in standing if each.next_try is not None and each.next_try > tools.moment}
    return Situation(
        now=tools.moment,
        routes=tools.routes,
        standing=standing,
        freezes=await disk.freezes.all(),
        turns=find_turns((one for one in await look_at_open_batches(tools) if one.batch not in left_alone), tools.age),
    )
