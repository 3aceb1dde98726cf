"""Who the person is and which identities they may sign with (`openid/v1/users/me`, `esigp/v1/sign_identities`)."""

from textwrap import wrap
from typing import Any

from aiohttp import web

from sandbox.eidas.authorization import CLAIMS, PROFILE, SIGN
from sandbox.eidas.grants import Grant
from sandbox.eidas.methods import LEVEL, Method
from sandbox.eidas.permissions import require_scope
from sandbox.encoding import encode_base64
from sandbox.people.person import Identity, Person
from sandbox.refusals import PlatformRefusal
from sandbox.variants.platform import Acr, CertificateText, IdentityReply, NameLabel, Permissions
from sandbox.vendor import Vendor, vendor_of

ESIGP = "/trustedx-resources/esigp/v1"
RAW_LINK = "Signatures.create.server.raw"
HIGH = f"{LEVEL}high"
LINE = 64  # characters of a certificate written in lines


async def show_user(request: web.Request) -> web.Response:
    """Answer the claims and the sign identities, each only as far as the token's scope goes."""
    grant = require_scope(request, PROFILE, CLAIMS)
    vendor = vendor_of(request)
    person, method = _person_of(vendor, grant)
    body: dict[str, Any] = {"sub": person.subject(method)}
    if grant.covers(CLAIMS):
        body |= claims(person, method, vendor.variants.acr)
    if grant.covers(PROFILE):
        shown = person.platform_identities if _is_ready(vendor, person.login, vendor.settings.late_identities) else ()
        body["sign_identities"] = [_describe(request, person, method, identity) for identity in shown]
    return web.json_response(body)


async def show_identity(request: web.Request) -> web.Response:
    """Answer one identity of the person with its certificate."""
    grant = require_scope(request, PROFILE)
    vendor = vendor_of(request)
    person, method = _person_of(vendor, grant)
    identity_id = request.match_info["identity_id"]
    identity = person.identity(identity_id)
    if identity is None:
        if any(other.identity(identity_id) for other in vendor.people.values()):
            raise PlatformRefusal(403, "access_denied", "This identity belongs to another person.")
        raise PlatformRefusal(404, "NotFoundException", "There is no such identity.")
    if not _is_ready(vendor, identity.id, vendor.settings.late_certificates):
        raise PlatformRefusal(404, "NotFoundException", "The certificate is not there yet.")
    certificate = encode_base64(identity.credential.certificate_der)
    if vendor.variants.certificate is CertificateText.LINES:
        certificate = "\n".join(wrap(certificate, LINE))
    detail = _describe(request, person, method, identity) | {
        "details": {
            "certificate": certificate,
            "activation_mode": "password",
            "public_key": encode_base64(identity.public_key_der),
        }
    }
    return web.json_response(detail if vendor.variants.identity is IdentityReply.FLAT else {"identity": detail})


def _person_of(vendor: Vendor, grant: Grant) -> tuple[Person, Method]:
    """Return who granted this and how they had logged in; scopes of people are granted by people only."""
    assert grant.login is not None  # noqa: S101 - the scopes required here are none that a client gets by itself
    return vendor.people[grant.login.login], grant.login.method


def _is_ready(vendor: Vendor, wanted: str, late: int) -> bool:
    """Count one lookup of what is wanted, and say whether the first `late` ones, which find nothing, are over."""
    vendor.grants.lookups[wanted] += 1
    return vendor.grants.lookups[wanted] > late


def claims(person: Person, method: Method, acr: Acr) -> dict[str, Any]:
    """Return what users/me says of the person; names are in capitals, as the platform has them (vendor §3.5)."""
    return {
        "domain": "citizen",
        "acr": method.acr if acr is Acr.FLOW else HIGH,
        "amr": [method.amr],
        "given_name": person.given_name.upper(),
        "family_name": person.surname.upper(),
        "name": person.name.upper(),
        "serial_number": person.personal_code,
        "eips": "",
    }


def _describe(request: web.Request, person: Person, method: Method, identity: Identity) -> dict[str, Any]:
    """Return an identity as a list and a detail of it begin (vendor §3.5)."""
    variants = vendor_of(request).variants
    prefix = "" if variants.name_label is NameLabel.PREFIXED else "CN:"
    access = {"user_id": person.subject(method)}
    entry: dict[str, Any] = {
        "id": identity.id,
        "self": f"{request.url.origin()}{ESIGP}/sign_identities/{identity.id}",
        "description": identity.description,
        "type": "pki:x509",
        "domain": "citizen",
        "status": {"value": "enabled" if identity.is_enabled else "disabled"},
        "labels": [label.removeprefix(prefix) for label in identity.labels],
        "access": [access | ({"permissions": ["sign"]} if variants.permissions is Permissions.LISTED else {})],
    }
    if identity.device_id:
        entry["device_id"] = identity.device_id
    if identity.server_usable:
        raw = f"{request.url.origin()}{ESIGP}/signatures/server/raw"
        entry["links"] = {RAW_LINK: {"href": raw, "auth": {"oauth2": {"scopes": [SIGN]}}}}
    return entry
