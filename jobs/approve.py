"""One person is asked to consent to one frozen batch. Nothing is changed here; it only decides."""

from datetime import datetime, timedelta

from jobs.model.documents import Route
from jobs.model.errors import NotApprovable
from jobs.model.glance import Preparation
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import PersonalCode, RouteName
from jobs.model.records import Lapsed, Prepared
from jobs.model.seals import AuthorizationRequest, Seal
from jobs.ports import Age, Tools

SEAL_RENEWED = "the seal was enrolled again with a new certificate, and the digests held the old one"
SEAL_ENDED = "the certificate of the seal has ended"


def may_approve(person: PersonalCode, route: Route) -> bool:
    """Say whether this person is on the route's list of approvers."""
    return person in route.approvers


def require_approver(person: PersonalCode, name: RouteName, route: Route | None) -> None:
    """Raises NotApprovable unless the person is on the list of the route's approvers; `route` is None if it is gone."""
    if route is None or not may_approve(person, route):
        raise NotApprovable(f"You are not on the list of approvers of route {name}.")


def authorization_request(history: History, person: PersonalCode, route: Route) -> AuthorizationRequest:
    """Say exactly what the person will be asked to consent to.

    Raises NotApprovable when the person may not, or the batch does not wait for anyone.
    """
    require_approver(person, route.name, route)
    if history.state is not State.PREPARED:
        raise NotApprovable(f"Batch {history.batch} is {history.state}; it does not wait for an approval.")
    prepared = history.prepared
    return AuthorizationRequest(
        batch=history.batch,
        identity=prepared.seal.identity,
        summary=prepared.summary,
        summary_algorithm=prepared.summary_algorithm,
    )


def is_stale(history: History, fresh_for: timedelta, age: Age) -> bool:
    """Say whether the digests are too old to ask about: the signing time lies inside them (vendor §8)."""
    return history.state is State.PREPARED and age(history.since) > fresh_for


def is_expired(prepared: Prepared | Preparation, age: Age) -> bool:
    """Say whether a preparation is void: the vendor lets go of its sessions, or nobody approved for too long."""
    return age(prepared.at) >= prepared.expires_at - prepared.at


def is_superseded(history: History, seal: Seal) -> bool:
    """Say whether the batch waits for an approval of digests that hold another certificate than the enrolled one."""
    return history.state is State.PREPARED and history.prepared.seal.certificate != seal.certificate


def void_reason(history: History, seal: Seal, now: datetime) -> str | None:
    """Why nobody may be asked about these digests, nor a consent be used, with the seal that is enrolled now."""
    if is_superseded(history, seal):
        return SEAL_RENEWED
    return SEAL_ENDED if history.state is State.PREPARED and seal.has_ended(now) else None


async def renew(history: History, tools: Tools, why: str) -> History:
    """Void the digests so that they are calculated anew; the documents stay the same. Raises Conflict."""
    return await tools.ledger.append(history, Lapsed(at=tools.now(), why=why))
