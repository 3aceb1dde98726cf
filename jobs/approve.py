"""One person is asked to consent to one frozen batch. Nothing is changed here; it only decides."""

from datetime import datetime, timedelta

from jobs.model.documents import Route
from jobs.model.errors import NotApprovable
from jobs.model.freeze import Freeze
from jobs.model.glance import Preparation
from jobs.model.history import History
from jobs.model.lifecycle import State
from jobs.model.names import PersonalCode
from jobs.model.records import Lapsed, Prepared, Released
from jobs.model.roles import Action, actions_of
from jobs.model.seals import AuthorizationRequest, Seal
from jobs.model.text import Text
from jobs.ports import Age, Tools
from jobs.prompts import escalation_time

SEAL_RENEWED = Text("the seal was enrolled again with a new certificate, and the digests held the old one")
SEAL_ENDED = Text("the certificate of the seal has ended")
FROZEN = Text("sealing was frozen when the consent came")


def find_obstacle(
    person: PersonalCode, history: History, route: Route | None, *, now: datetime, freeze: Freeze | None
) -> Text | None:
    """Why this person cannot approve this batch now; None where they can. `route` is None if it is gone.

    How the batch stands is not looked at, but for its release. Who released it does not approve it as well.
    """
    name = history.gathered.route
    if route is None or Action.APPROVE not in actions_of(person, route):
        return Text("You are not on the list of approvers of route {route}.", route=name)
    if freeze is not None:
        return Text("Nothing is sealed until this is lifted. {freeze}", freeze=freeze.sentence)
    if route.four_eyes and not history.has(Released):
        return Text("In route {route} somebody else has to release a batch before it can be approved.", route=name)
    if route.four_eyes and history.last(Released).releaser == person:
        return Text("You released this batch yourself; in route {route} somebody else has to approve it.", route=name)
    return None if person in route.approvers else _find_obstacle_of_deputy(history, route, now)


def _find_obstacle_of_deputy(history: History, route: Route, now: datetime) -> Text | None:
    at = escalation_time(history, route)
    if at is None:
        return Text("Nobody was asked to approve this yet, and deputies are the last to be.")
    if now >= at:
        return None
    when = f"{at.astimezone(route.asking.calendar.zone):%Y-%m-%d %H:%M}"
    return Text("As a deputy you may approve this from {when} on, unless it is approved before.", when=when)


def require_approver(
    person: PersonalCode, history: History, route: Route | None, *, now: datetime, freeze: Freeze | None
) -> None:
    """Raises NotApprovable unless the person may approve this batch now; `route` is None if it is gone."""
    obstacle = find_obstacle(person, history, route, now=now, freeze=freeze)
    if obstacle is not None:
        raise NotApprovable(obstacle)


def authorization_request(
    history: History, person: PersonalCode, route: Route, *, now: datetime, freeze: Freeze | None
) -> AuthorizationRequest:
    """Say exactly what the person will be asked to consent to.

    Raises NotApprovable when the person may not, or the batch does not wait for anyone.
    """
    require_approver(person, history, route, now=now, freeze=freeze)
    if history.state is not State.PREPARED:
        raise NotApprovable(Text("Batch {batch} does not wait for an approval now.", batch=history.batch))
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
