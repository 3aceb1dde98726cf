"""Every path of the two services and of the sandbox itself; a route's name up to the dot is its operation."""

from aiohttp import web

from sandbox.desk import card_certificate, counted, index, root_certificate
from sandbox.eidas.dialog import answer, logout, show
from sandbox.eidas.hsm import sign_batch, sign_raw
from sandbox.eidas.identities import sign_identity, users_me
from sandbox.eidas.token import token
from sandbox.signapi.calculation import calculate_digest
from sandbox.signapi.finalizing import finalize
from sandbox.signapi.session_calls import close, config, not_offered, start
from sandbox.signapi.storage import delete, download, list_files, upload
from sandbox.signapi.validation import validate
from sandbox.weather.routes import clear_weather, set_weather, show_weather

AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
ESIGP = "/trustedx-resources/esigp/v1"


def any_case(path: str) -> str:
    """Return the path as a pattern whose fixed segments match in any case; `{name}` segments stay as they are."""
    segments = path.strip("/").split("/")
    return "".join(
        f"/{segment}" if segment.startswith("{") else f"/{{_{place}:(?i:{segment})}}"
        for place, segment in enumerate(segments)
    )


EIDAS = [
    web.get(AUTHORIZE, show, name="authorize.show"),
    web.post(AUTHORIZE, answer, name="authorize.answer"),
    web.post(f"{AUTHORIZE}/token", token, name="token"),
    web.get("/trustedx-authserver/lvrtc-eipsign-idp/logout", logout),
    web.get("/trustedx-resources/openid/v1/users/me", users_me, name="users_me"),
    web.get(ESIGP + "/sign_identities/{identity_id}", sign_identity, name="sign_identity"),
    web.post(f"{ESIGP}/signatures/server/raw", sign_raw, name="sign.raw"),
    web.post(f"{ESIGP}/signatures/server/raw/batch", sign_batch, name="sign.batch"),
]
STORAGE = "/api-storage/v1\\.0/{session_id}"
SIGN = "/api-sign/v1\\.0"
SIGNAPI = [
    web.get(any_case("/api-session/v1\\.0/start"), start, name="start"),
    web.get(any_case("/api-session/v1\\.0/{session_id}/close"), close, name="close"),
    web.put(any_case(f"{STORAGE}/upload"), upload, name="upload"),
    web.get(any_case(f"{STORAGE}/list"), list_files, name="list"),
    web.post(any_case(f"{STORAGE}/addDocumentDigest"), not_offered),
    web.get(any_case(f"{STORAGE}/{{document_id}}"), download, name="download"),
    web.delete(any_case(f"{STORAGE}/{{document_id}}"), delete),
    web.post(any_case(f"{SIGN}/CalculateDigest"), calculate_digest, name="calculate_digest"),
    web.post(any_case(f"{SIGN}/finalizeSigning"), finalize, name="finalize"),
    web.post(any_case(f"{SIGN}/addArchive"), not_offered),
    web.post(any_case(f"{SIGN}/eSealCreate"), not_offered),
    web.get(any_case("/api-validation/v[12]\\.0/{session_id}/{document_id}/validate"), validate, name="validate"),
    web.get(any_case("/api-config/v1\\.0") + "{_slash:/?}", config, name="config"),
    web.get(any_case("/api-config/v1\\.0/public/key"), not_offered),
]
SANDBOX = [
    web.get("/", index),
    web.get("/sandbox/counters", counted),
    web.get("/sandbox/root.pem", root_certificate),
    web.get("/sandbox/cards/{login}.pem", card_certificate),
    web.get("/sandbox/weather", show_weather),
    web.post("/sandbox/weather", set_weather),
    web.delete("/sandbox/weather", clear_weather),
]
ROUTES = [*EIDAS, *SIGNAPI, *SANDBOX]
