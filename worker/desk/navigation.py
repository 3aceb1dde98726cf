"""What every page says of the others: how many documents in quarantine wait for somebody."""

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.desk.permissions import routes_of
from worker.desk.ports import DESK
from worker.desk.sessions import QUARANTINED, SESSION


@web.middleware
async def count_quarantined(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count them for the page that is asked for; unknown where they cannot be counted."""
    person, desk = request[SESSION].person, request.app[DESK]
    if person is not None and not request.path.startswith("/static/"):
        try:
            entries = await desk.documents.quarantine.entries()
        except OSError:
            return await handler(request)
        routes = {route.name for route in routes_of(person.code, desk.tools)}
        request[QUARANTINED] = sum(entry.explanation.route in routes for entry in entries)
    return await handler(request)
