"""Choosing between the variants at run time (`GET` and `PUT /sandbox/variants`)."""

from aiohttp import web
from pydantic import ValidationError

from sandbox.variants.model import Variants, describe_switches
from sandbox.vendor import vendor_of


async def show_variants(request: web.Request) -> web.Response:
    """Answer the choice in force, and everything that could be chosen with its source."""
    return variants_json(vendor_of(request).variants)


async def choose_variants(request: web.Request) -> web.Response:
    """Take over the switches named in the body, the others go back to their defaults; 400 tells what there is."""
    try:
        chosen = Variants.model_validate_json(await request.read())
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        return web.json_response({"error": problems, "offered": describe_switches()}, status=400)
    vendor_of(request).switchboard.set(chosen)
    return variants_json(chosen)


def variants_json(chosen: Variants) -> web.Response:
    """Return the choice, with what there is to choose."""
    return web.json_response({"variants": chosen.model_dump(mode="json"), "offered": describe_switches()})
