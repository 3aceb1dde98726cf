"""Who the person is and which identities they may sign with (`openid/v1/users/me`, `esigp/v1/sign_identities`)."""

from typing import Any

from aiohttp import web

from sandbox.eidas.access import granted
from sandbox.eidas.authorization import CLAIMS, PROFILE, SIGN
from sandbox.encoding import encoded
from sandbox.personas import Identity, Person
from sandbox.refusals import PlatformRefusal
from sandbox.vendor import Vendor, vendor_of

ESIGP = "/trustedx-resources/esigp/v1"
RAW_LINK = "Signatures.create.server.raw"


async def users_me(request: web.Request) -> web.Response:
    """Answer the claims and the sign identities, each only as far as the token's scope goes."""
    grant = granted(request, PROFILE, CLAIMS)
    person = vendor_of(request).people[grant.login]
    body: dict[str, Any] = {"sub": person.subject}
    if grant.covers(CLAIMS):
        body |= _claims(person)
    if grant.covers(PROFILE):
        body["sign_identities"] = [_summary(request, person, identity) for identity in person.identities]
    return web.json_response(body)


async def sign_identity(request: web.Request) -> web.Response:
    """Answer one identity of the person with its certificate, wrapped in `identity` unless set to be flat."""
    grant = granted(request, PROFILE)
    vendor = vendor_of(request)
    person, identity = _owned(vendor, request.match_info["identity_id"])
    if person.login != grant.login:
        raise PlatformRefusal(403, "access_denied", "This identity belongs to another person.")
    detail = _detail(request, person, identity)
    return web.json_response(detail if vendor.settings.flat_identities else {"identity": detail})


def _owned(vendor: Vendor, identity_id: str) -> tuple[Person, Identity]:
    """Return the identity with its owner; raises `PlatformRefusal` 404."""
    for person in vendor.people.values():
        if identity := person.identity(identity_id):
            return person, identity
    raise PlatformRefusal(404, "NotFoundException", "There is no such identity.")


def _claims(person: Person) -> dict[str, Any]:
    return {
        "domain": "citizen",
        "acr": "urn:eparaksts:authentication:flow:mobileid",
        "amr": ["urn:safelayer:tws:policies:authentication:adaptive:methods:mobileid"],
        "given_name": person.given_name.upper(),
        "family_name": person.surname.upper(),
        "name": person.name.upper(),
        "serial_number": person.personal_code,
        "eips": "",
    }


def _summary(request: web.Request, person: Person, identity: Identity) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": identity.id,
        "self": f"{request.url.origin()}{ESIGP}/sign_identities/{identity.id}",
        "description": identity.description,
        "type": "pki:x509",
        "domain": "citizen",
        "status": {"value": "enabled" if identity.enabled else "disabled"},
        "labels": list(identity.labels),
        "access": [{"user_id": person.subject, "permissions": ["sign"]}],
    }
    if identity.device_id:
        entry["device_id"] = identity.device_id
    if identity.server_usable:
        entry["links"] = {RAW_LINK: _raw_link(request)}
    return entry


def _raw_link(request: web.Request) -> dict[str, Any]:
    return {
        "href": f"{request.url.origin()}{ESIGP}/signatures/server/raw",
        "auth": {"oauth2": {"scopes": [SIGN]}},
    }


def _detail(request: web.Request, person: Person, identity: Identity) -> dict[str, Any]:
    details = {
        "certificate": encoded(identity.credential.certificate_der),
        "activation_mode": "password",
        "public_key": encoded(identity.public_key_der),
    }
    return _summary(request, person, identity) | {"details": details}
