"""What becomes of a route's waiting documents and of its open batches, and why: for whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.model.documents import Route
from jobs.model.names import BatchId
from jobs.model.standstill import Cause, select_standstills
from jobs.model.text import Text
from jobs.planning.looking import PlanningTools, WaitingTools, find_gatherable, look, look_at_open_batches
from jobs.planning.rule import Decision, decide
from jobs.planning.standing import Situation, explain_batch, explain_standstill
from jobs.planning.view import RouteNow

_LETS_GATHER = frozenset({Cause.FROZEN, Cause.SEAL_NOT_ENROLLED, Cause.SEAL_EXPIRED})
"""What holds a route's batches up, and keeps none from being made."""


@dataclass(frozen=True, slots=True)
class RouteReport:
    """What is looked at in a route, what the rule says to it, and why what waits goes on waiting or does not."""

    view: RouteNow
    decision: Decision
    why: Text


async def report_route(route: Route, tools: PlanningTools, situation: Situation) -> RouteReport:
    """Look a route up. Raises what the ledger and the shelf raise."""
    waiting = await tools.shelf.waiting_list(route.name)
    gatherable = await find_gatherable(route, tools)
    view = await look(route, gatherable, tools)
    decision = decide(view)
    held = [each for each in select_standstills(situation.standing, route.name) if each.cause not in _LETS_GATHER]
    why = decision.why
    if waiting and held:
        why = explain_standstill(held[0], situation)
    elif waiting and not gatherable:
        why = Text("A damaged batch may hold these documents. They wait until it is repaired: `zimogs repair`.")
    return RouteReport(view, decision, why)


async def report_batches(tools: WaitingTools, situation: Situation) -> Mapping[BatchId, Text]:
    """Say of each open batch what it waits for; of damaged ones nothing."""
    return {glance.batch: explain_batch(glance, situation) for glance in await look_at_open_batches(tools)}
