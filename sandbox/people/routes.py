"""Letting something happen to a seal at run time (`POST /sandbox/seals/{identity_id}`), until the next restart."""

from aiohttp import web

from sandbox.people.renewal import Happening, let_happen
from sandbox.vendor import vendor_of


async def change_seal(request: web.Request) -> web.Response:
    """Renew or revoke a seal (`{"happens": "renew"}`); answers its identity as it is afterwards."""
    vendor, identity_id = vendor_of(request), request.match_info["identity_id"]
    try:
        happening = Happening((await request.json())["happens"])
    except (ValueError, KeyError, TypeError):
        return web.json_response({"error": "What happens?", "offered": list(Happening)}, status=400)
    for holder in vendor.people.values():
        for place, seal in enumerate(holder.identities):
            if seal.is_seal and seal.id == identity_id:
                after = let_happen(happening, seal, holder, vendor.authority, vendor.now())
                vendor.people[holder.login] = after
                changed = after.identities[place]
                return web.json_response({"id": changed.id, "name": changed.common_name})
    raise web.HTTPNotFound
