"""Who may do what in a route. This table is the law: no page and no story says it for itself."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from jobs.model.documents import Route
from jobs.model.names import PersonalCode


class RouteRole(StrEnum):
    """What somebody is in a route; one person may be several things."""

    VIEWER = "viewer"
    """Sees batches and files, and decides nothing."""
    RELEASER = "releaser"
    """With four eyes: looks first, and lets a batch go on to the approvers."""
    APPROVER = "approver"
    """Consents to sealing."""
    DEPUTY = "deputy"
    """Sees everything, and approves what the approvers left waiting for too long."""


class Action(StrEnum):
    """What can be done in a route."""

    SEE = "see"
    GATHER = "gather"
    """Have a batch made of what waits now."""
    RELEASE = "release"
    APPROVE = "approve"
    CANCEL = "cancel"
    ASK_AGAIN = "ask-again"
    RETRY = "retry"
    """Send documents in quarantine through again, or put them aside for good."""
    ENROL = "enrol"
    FREEZE = "freeze"
    """Freeze the route, or lift that."""
    DECIDE = "decide"
    """Whatever else changes something."""


_DECIDING = frozenset({RouteRole.APPROVER, RouteRole.RELEASER})

ALLOWED: Mapping[Action, frozenset[RouteRole]] = MappingProxyType(
    {
        Action.SEE: frozenset(RouteRole),
        Action.GATHER: _DECIDING,
        Action.RELEASE: frozenset({RouteRole.RELEASER}),
        # When a deputy may is for `jobs.approve` to say: it depends on how long the batch has waited.
        Action.APPROVE: frozenset({RouteRole.APPROVER, RouteRole.DEPUTY}),
        Action.CANCEL: _DECIDING,
        Action.ASK_AGAIN: _DECIDING,
        Action.RETRY: _DECIDING,
        Action.ENROL: frozenset({RouteRole.APPROVER}),
        Action.FREEZE: _DECIDING,
        Action.DECIDE: frozenset({RouteRole.APPROVER}),
    }
)


def people_of(route: Route) -> Mapping[RouteRole, frozenset[PersonalCode]]:
    """Who is what in the route. Approvers release where four eyes are asked for and nobody else is named."""
    releasers = (route.releasers or route.approvers) if route.four_eyes else frozenset()
    return {
        RouteRole.VIEWER: route.viewers | route.releasers,
        RouteRole.RELEASER: releasers,
        RouteRole.APPROVER: route.approvers,
        RouteRole.DEPUTY: route.deputies,
    }


def actions_of(person: PersonalCode, route: Route) -> frozenset[Action]:
    """What the person may do in the route; empty for a stranger."""
    roles = {role for role, people in people_of(route).items() if person in people}
    return frozenset(action for action, allowed in ALLOWED.items() if roles & allowed)
