"""Who the person is and which identities they may sign with (`openid/v1/users/me`, `esigp/v1/sign_identities`)."""

from textwrap import wrap
from typing import Any

from aiohttp import web

from sandbox.eidas.access import granted
from sandbox.eidas.authorization import CLAIMS, PROFILE, SIGN
from sandbox.eidas.grants import Grant
from sandbox.eidas.methods import LEVEL, Method
from sandbox.encoding import encoded
from sandbox.people.person import Identity, Person
from sandbox.refusals import PlatformRefusal
from sandbox.variants.platform import Acr, CertificateText, IdentityReply, NameLabel, Permissions
from sandbox.vendor import Vendor, vendor_of

ESIGP = "/trustedx-resources/esigp/v1"
RAW_LINK = "Signatures.create.server.raw"
HIGH = f"{LEVEL}high"
LINE = 64  # characters of a certificate written in lines


async def users_me(request: web.Request) -> web.Response:
    """Answer the claims and the sign identities, each only as far as the token's scope goes."""
    grant = granted(request, PROFILE, CLAIMS)
    vendor = vendor_of(request)
    person, method = _logged_in(vendor, grant)
    body: dict[str, Any] = {"sub": person.subject(method)}
    if grant.covers(CLAIMS):
        body |= _claims(person, method, vendor.variants.acr)
    if grant.covers(PROFILE):
        shown = person.listed if _ready(vendor, person.login, vendor.settings.late_identities) else ()
        body["sign_identities"] = [_summary(request, person, method, identity) for identity in shown]
    return web.json_response(body)


async def sign_identity(request: web.Request) -> web.Response:
    """Answer one identity of the person with its certificate."""
    grant = granted(request, PROFILE)
    vendor = vendor_of(request)
    person, method = _logged_in(vendor, grant)
    owner, identity = _owned(vendor, request.match_info["identity_id"])
    if owner != person:
        raise PlatformRefusal(403, "access_denied", "This identity belongs to another person.")
    if not _ready(vendor, identity.id, vendor.settings.late_certificates):
        raise PlatformRefusal(404, "NotFoundException", "The certificate is not there yet.")
    detail = _detail(request, person, method, identity)
    return web.json_response(detail if vendor.variants.identity is IdentityReply.FLAT else {"identity": detail})


def _logged_in(vendor: Vendor, grant: Grant) -> tuple[Person, Method]:
    """Return who granted this and how they had logged in; scopes of people are granted by people only."""
    assert grant.login is not None  # noqa: S101 - `granted` was asked for scopes that a client never gets by itself
    return vendor.people[grant.login.login], grant.login.method


def _ready(vendor: Vendor, wanted: str, late: int) -> bool:
    """Count one look at what is wanted, and say whether the first `late` looks, which find nothing, are over."""
    vendor.grants.looks[wanted] += 1
    return vendor.grants.looks[wanted] > late


def _owned(vendor: Vendor, identity_id: str) -> tuple[Person, Identity]:
    """Return the identity with its owner; raises `PlatformRefusal` 404."""
    for person in vendor.people.values():
        if identity := person.identity(identity_id):
            return person, identity
    raise PlatformRefusal(404, "NotFoundException", "There is no such identity.")


def _claims(person: Person, method: Method, acr: Acr) -> dict[str, Any]:
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


def _summary(request: web.Request, person: Person, method: Method, identity: Identity) -> dict[str, Any]:
    variants = vendor_of(request).variants
    entry: dict[str, Any] = {
        "id": identity.id,
        "self": f"{request.url.origin()}{ESIGP}/sign_identities/{identity.id}",
        "description": identity.description,
        "type": "pki:x509",
        "domain": "citizen",
        "status": {"value": "enabled" if identity.enabled else "disabled"},
        "labels": _labels(identity, variants.name_label),
        "access": [_access(person.subject(method), variants.permissions)],
    }
    if identity.device_id:
        entry["device_id"] = identity.device_id
    if identity.server_usable:
        entry["links"] = {RAW_LINK: _raw_link(request)}
    return entry


def _labels(identity: Identity, written: NameLabel) -> list[str]:
    if written is NameLabel.PREFIXED:
        return list(identity.labels)
    return [label.removeprefix("CN:") for label in identity.labels]


def _access(subject: str, written: Permissions) -> dict[str, Any]:
    permissions = {"permissions": ["sign"]} if written is Permissions.LISTED else {}
    return {"user_id": subject, **permissions}


def _raw_link(request: web.Request) -> dict[str, Any]:
    return {
        "href": f"{request.url.origin()}{ESIGP}/signatures/server/raw",
        "auth": {"oauth2": {"scopes": [SIGN]}},
    }


def _detail(request: web.Request, person: Person, method: Method, identity: Identity) -> dict[str, Any]:
    details = {
        "certificate": _certificate(identity, vendor_of(request).variants.certificate),
        "activation_mode": "password",
        "public_key": encoded(identity.public_key_der),
    }
    return _summary(request, person, method, identity) | {"details": details}


def _certificate(identity: Identity, written: CertificateText) -> str:
    text = encoded(identity.credential.certificate_der)
    return text if written is CertificateText.ONE_LINE else "\n".join(wrap(text, LINE))
