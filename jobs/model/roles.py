"""Who may do what in a route. This table is the law: no page and no story says it for itself."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from jobs.model.documents import Route
from jobs.model.names import PersonalCode


class Role(StrEnum):
    """What somebody is in a route; one person may be several things."""

    VIEWER = "viewer"
    """Sees batches and files, and decides nothing."""
    RELEASER = "releaser"
    """With four eyes: looks first, and lets a batch go on to the approvers."""
    APPROVER = "approver"
    """Consents to sealing."""
    DEPUTY = "deputy"
    """Sees everything, and approves what the approvers left waiting for too long."""


class Act(StrEnum):
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


_DECIDING = frozenset({Role.APPROVER, Role.RELEASER})

ALLOWED: Mapping[Act, frozenset[Role]] = MappingProxyType(
    {
        Act.SEE: frozenset(Role),
        Act.GATHER: _DECIDING,
        Act.RELEASE: frozenset({Role.RELEASER}),
        # When a deputy may is for `jobs.approve` to say: it depends on how long the batch has waited.
        Act.APPROVE: frozenset({Role.APPROVER, Role.DEPUTY}),
        Act.CANCEL: _DECIDING,
        Act.ASK_AGAIN: _DECIDING,
        Act.RETRY: _DECIDING,
        Act.ENROL: frozenset({Role.APPROVER}),
        Act.FREEZE: _DECIDING,
    }
)


def people_of(route: Route) -> Mapping[Role, frozenset[PersonalCode]]:
    """Who is what in the route. Approvers release where four eyes are asked for and nobody else is named."""
    releasers = (route.releasers or route.approvers) if route.four_eyes else frozenset()
    return {
        Role.VIEWER: route.viewers | route.releasers,
        Role.RELEASER: releasers,
        Role.APPROVER: route.approvers,
        Role.DEPUTY: route.deputies,
    }


def acts_of(person: PersonalCode, route: Route) -> frozenset[Act]:
    """What the person may do in the route; empty for a stranger."""
    roles = {role for role, people in people_of(route).items() if person in people}
    return frozenset(act for act, allowed in ALLOWED.items() if roles & allowed)
