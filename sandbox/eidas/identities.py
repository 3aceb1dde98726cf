"""Who the person is and which identities they may sign with (`openid/v1/users/me`, `esigp/v1/sign_identities`)."""

import json
from textwrap import wrap
from typing import Any

from aiohttp import web
from yarl import URL

from sandbox.eidas.authorization import CLAIMS, PROFILE, SIGN
from sandbox.eidas.grants import Grant
from sandbox.eidas.methods import LEVEL, Method
from sandbox.eidas.permissions import require_scope
from sandbox.encoding import encode_base64
from sandbox.people.person import Identity, Person
from sandbox.refusals import PlatformRefusal
from sandbox.variants import Variants
from sandbox.variants.platform import (
    Acr,
    CertificateText,
    IdentityReply,
    JsonText,
    Links,
    NameLabel,
    Permissions,
    SelfLink,
    SigningUser,
    UserCall,
)
from sandbox.vendor import Vendor, vendor_of

ESIGP = "/trustedx-resources/esigp/v1"
RAW_LINK = "Signatures.create.server.raw"
INTERNAL_HOST = URL("https://eparaksts")
"""What stands in the vendor's sample where the host that was asked could stand: it leads nowhere."""
HIGH = f"{LEVEL}high"
LINE = 64  # characters of a certificate written in lines


async def show_user(request: web.Request) -> web.Response:
    """Answer the claims and the sign identities, each only as far as the token's scope goes."""
    vendor = vendor_of(request)
    if request.method == "POST" and vendor.variants.user_call is UserCall.GET:
        raise PlatformRefusal(405, "MethodNotAllowed", "users/me is called with GET.", {"Allow": "GET"})
    grant = require_scope(request, PROFILE, CLAIMS)
    if grant.binding is not None and vendor.variants.signing_user is SigningUser.WITHHELD:
        raise PlatformRefusal(403, "insufficient_scope", "This token signs, and does nothing else.")
    person, method = _person_of(vendor, grant)
    body: dict[str, Any] = {"sub": person.subject(method)}
    if grant.covers(CLAIMS):
        body |= claims(person, method, vendor.variants.acr)
    if grant.covers(PROFILE):
        shown = person.platform_identities if _is_ready(vendor, person.login, vendor.settings.late_identities) else ()
        origin, subject = request.url.origin(), person.subject(method)
        body["sign_identities"] = [describe(one, subject, origin, vendor.variants) for one in shown]
    return _respond(body, vendor.variants)


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
    detail = describe(identity, person.subject(method), request.url.origin(), vendor.variants) | {
        "details": {
            "certificate": certificate,
            "activation_mode": "password",
            "public_key": encode_base64(identity.public_key_der),
        }
    }
    wrapped = detail if vendor.variants.identity is IdentityReply.FLAT else {"identity": detail}
    return _respond(wrapped, vendor.variants)


def _respond(body: dict[str, Any], variants: Variants) -> web.Response:
    """Answer JSON, written as the vendor's sample writes it if set so."""
    if variants.json_text is JsonText.ASCII:
        return web.json_response(body)
    # No `=` stands outside the strings of JSON, so each one may be escaped (RFC 8259 §2, §7).
    return web.json_response(text=json.dumps(body, ensure_ascii=False).replace("=", r"\u003d"))


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


def describe(identity: Identity, user_id: str, origin: URL, variants: Variants) -> dict[str, Any]:
    """Return an identity as a list and a detail of it begin: the fields of the vendor's sample, in its order (§3.5)."""
    host = INTERNAL_HOST if variants.self_link is SelfLink.INTERNAL else origin
    prefix = "" if variants.name_label is NameLabel.PREFIXED else "CN:"
    permissions = {"permissions": ["sign"]} if variants.permissions is Permissions.LISTED else {}
    address = {"href": f"{origin}{ESIGP}/signatures/server/raw"} if variants.links is Links.ADDRESS else {}
    link = address | {"auth": {"oauth2": {"scopes": [SIGN]}}}
    return {
        "access": [{"user_id": user_id} | permissions],
        **({"device_id": identity.device_id} if identity.device_id else {}),
        "domain": "citizen",
        "self": f"{host.origin()}{ESIGP}/sign_identities/{identity.id}",
        "description": identity.description,
        **({"links": {RAW_LINK: link}} if identity.server_usable else {}),
        "id": identity.id,
        "type": "pki:x509",
        "labels": [label.removeprefix(prefix) for label in identity.labels],
        "status": {"value": "enabled" if identity.is_enabled else "disabled"},
    }
