"""Answers that say nothing but that the weather is bad."""

from datetime import timedelta
from email.utils import format_datetime

from aiohttp import web

from sandbox.refusals import refusal_for, refusal_response
from sandbox.vendor import vendor_of
from sandbox.weather.rules import Rule

CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def weather_answer(request: web.Request, rule: Rule) -> web.Response:
    """Return the rule's status in the error body of the service, or as a page of a proxy before it."""
    said = f"bad weather: {rule.status}"
    if rule.page:
        answer = web.Response(text=f"<h1>{said}</h1>", status=rule.status, content_type="text/html")
    else:
        answer = refusal_response(refusal_for(request.path, rule.status, "weather", said))
    if rule.status == web.HTTPUnauthorized.status_code:
        answer.headers.update(CHALLENGE)
    answer.headers.update(_retry_after(request, rule))
    return answer


def _retry_after(request: web.Request, rule: Rule) -> dict[str, str]:
    """Return the header that asks for patience, in seconds or as a moment (RFC 9110 §10.2.3)."""
    if rule.retry_after is None:
        return {}
    moment = vendor_of(request).now() + timedelta(seconds=rule.retry_after)
    return {"Retry-After": format_datetime(moment, usegmt=True) if rule.retry_after_date else str(rule.retry_after)}
