"""Choosing the weather at run time (`/sandbox/weather`)."""

from aiohttp import web
from pydantic import ValidationError

from sandbox.vendor import vendor_of
from sandbox.weather.rules import Weather


async def show_weather(request: web.Request) -> web.Response:
    """Answer the rules in force (`GET /sandbox/weather`)."""
    return weather_json(vendor_of(request).schedule.weather)


async def set_weather(request: web.Request) -> web.Response:
    """Replace all rules by `{"rules": […]}` (`POST /sandbox/weather`); a senseless rule is answered with 400."""
    try:
        chosen = Weather.model_validate_json(await request.read())
    except ValidationError as error:
        return web.json_response({"error": error.errors(include_url=False, include_context=False)}, status=400)
    vendor_of(request).schedule.set(chosen)
    return weather_json(chosen)


async def clear_weather(request: web.Request) -> web.Response:
    """Let the sun shine again (`DELETE /sandbox/weather`)."""
    vendor_of(request).schedule.set(Weather())
    return weather_json(Weather())


def weather_json(chosen: Weather) -> web.Response:
    """Return the weather as the three calls answer it."""
    return web.json_response(chosen.model_dump(mode="json"))
