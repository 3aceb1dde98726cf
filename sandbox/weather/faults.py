"""Faults that a call has to commit itself, because they change what is done and not only what is answered."""

from collections.abc import Callable

from aiohttp import web

from sandbox.variants import Variants
from sandbox.variants.choice import Choice
from sandbox.variants.platform import BatchBase64, BatchReply, Ecdsa
from sandbox.vendor import vendor_of
from sandbox.weather.acts import HostileAct
from sandbox.weather.changes import drop_last, flip_first, swap_first_two
from sandbox.weather.rules import Kind, Rule

RULE = web.RequestKey("RULE", Rule)

# Spelled differently for one call: as a variant would spell it for all of them.
FOR_ONE_CALL: dict[Kind, dict[str, Choice]] = {
    Kind.P1363: {"ecdsa": Ecdsa.P1363},
    Kind.OBJECTS: {"batch_reply": BatchReply.VALUES},
    Kind.DOUBLE_BASE64: {"batch_base64": BatchBase64.TWICE},
}
VALUES: dict[Kind, Callable[[list[bytes]], list[bytes]]] = {
    Kind.WRONG_VALUE: flip_first,
    Kind.SWAPPED: swap_first_two,
    Kind.WRONG_COUNT: drop_last,
}


def is_refused(request: web.Request, place: int) -> bool:
    """Say whether the weather makes the entry at this place fail: the first of them, or every one."""
    kind = _kind(request)
    return kind is Kind.REFUSED or (kind is Kind.PARTIAL and place == 0)


def act_of(request: web.Request) -> HostileAct | None:
    """Return what a hostile vendor does to the documents of this call, if that is its weather."""
    rule = request.get(RULE)
    return rule.act if rule else None


def variants_for(request: web.Request) -> Variants:
    """Return the choice in force where sources differ, or the other one that the weather makes for this call."""
    chosen = vendor_of(request).variants
    kind = _kind(request)
    return chosen.model_copy(update=FOR_ONE_CALL[kind]) if kind in FOR_ONE_CALL else chosen


def change_values(request: web.Request, values: list[bytes]) -> list[bytes]:
    """Return the signature values as the weather leaves them."""
    kind = _kind(request)
    return VALUES[kind](values) if kind in VALUES else values


def _kind(request: web.Request) -> Kind | None:
    rule = request.get(RULE)
    return rule.kind if rule else None
