"""Faults that a call has to commit itself, because they change what is done and not only what is answered."""

from aiohttp import web

from sandbox.weather.rules import Kind, Rule

RULE = web.RequestKey("RULE", Rule)


def refused_here(request: web.Request, place: int) -> bool:
    """Say whether the weather makes the entry at this place fail: the first of them, or every one."""
    rule = request.get(RULE)
    return rule is not None and (rule.kind is Kind.REFUSED or (rule.kind is Kind.PARTIAL and place == 0))
