"""Every path of the two services and of the sandbox itself; a route's name up to the dot is its operation."""

from aiohttp import web

from sandbox.about import send_card_certificate, send_root_certificate, send_static_file, show_counters, show_index
from sandbox.eidas.dialog import log_out, show_dialog, submit_page
from sandbox.eidas.hsm import sign_batch, sign_raw
from sandbox.eidas.identities import show_identity, show_user
from sandbox.eidas.token_endpoint import issue_token
from sandbox.journal.routes import show_journal, show_live, stream_news
from sandbox.openapi.document import show_openapi, show_openapi_page
from sandbox.people.routes import change_seal
from sandbox.signapi.archiving import add_archive
from sandbox.signapi.calculation import calculate_digest
from sandbox.signapi.digests import add_document_digest
from sandbox.signapi.finalizing import finalize
from sandbox.signapi.paths import in_any_case
from sandbox.signapi.session_calls import (
    close_session,
    refuse_file_seal,
    refuse_not_offered,
    show_limits,
    start_sessions,
)
from sandbox.signapi.storage import delete_file, download_file, list_files, upload_file
from sandbox.signapi.validation import validate
from sandbox.variants.routes import choose_variants, show_variants
from sandbox.weather.routes import clear_weather, set_weather, show_weather

AUTHORIZE = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
ESIGP = "/trustedx-resources/esigp/v1"


EIDAS = [
    web.get(AUTHORIZE, show_dialog, name="authorize.show"),
    web.post(AUTHORIZE, submit_page, name="authorize.answer"),
    web.post(f"{AUTHORIZE}/token", issue_token, name="token"),
    web.get("/trustedx-authserver/lvrtc-eipsign-idp/logout", log_out, name="logout"),
    web.get("/trustedx-resources/openid/v1/users/me", show_user, name="users_me"),
    web.post("/trustedx-resources/openid/v1/users/me", show_user, name="users_me.post"),
    web.get(ESIGP + "/sign_identities/{identity_id}", show_identity, name="sign_identity"),
    web.post(f"{ESIGP}/signatures/server/raw", sign_raw, name="sign.raw"),
    web.post(f"{ESIGP}/signatures/server/raw/batch", sign_batch, name="sign.batch"),
]
STORAGE = "/api-storage/v1.0/{session_id}"
VALIDATE = "{session_id}/{document_id}/validate"
SIGNAPI = [
    web.get("/api-session/v1.0/start", start_sessions, name="start"),
    web.get("/api-session/v1.0/{session_id}/close", close_session, name="close"),
    web.put(f"{STORAGE}/upload", upload_file, name="upload"),
    web.get(f"{STORAGE}/list", list_files, name="list"),
    web.post(f"{STORAGE}/addDocumentDigest", add_document_digest, name="add_document_digest"),
    web.get(f"{STORAGE}/{{document_id}}", download_file, name="download"),
    web.delete(f"{STORAGE}/{{document_id}}", delete_file, name="delete"),
    web.post("/api-sign/v1.0/CalculateDigest", calculate_digest, name="calculate_digest"),
    web.post("/api-sign/v1.0/finalizeSigning", finalize, name="finalize"),
    web.post("/api-sign/v1.0/addArchive", add_archive, name="archive"),
    web.post("/api-sign/v1.0/eSealCreate", refuse_file_seal),
    web.get(f"/api-validation/v1.0/{VALIDATE}", validate, name="validate.first"),
    web.get(f"/api-validation/v2.0/{VALIDATE}", validate, name="validate.second"),
    web.get("/api-config/v1.0", show_limits, name="config"),
    web.get("/api-config/v1.0/", show_limits, name="config.slash"),
    web.get("/api-config/v1.0/public/key", refuse_not_offered),
]
SANDBOX = [
    web.get("/", show_index),
    web.get("/sandbox/counters", show_counters),
    web.get("/sandbox/root.pem", send_root_certificate),
    web.get("/sandbox/cards/{login}.pem", send_card_certificate),
    web.get("/sandbox/static/{name}", send_static_file),
    web.get("/sandbox/journal", show_journal),
    web.get("/sandbox/live", show_live),
    web.get("/sandbox/live/events", stream_news),
    web.get("/sandbox/weather", show_weather),
    web.post("/sandbox/weather", set_weather),
    web.delete("/sandbox/weather", clear_weather),
    web.get("/sandbox/variants", show_variants),
    web.put("/sandbox/variants", choose_variants),
    web.post("/sandbox/seals/{identity_id}", change_seal),
    web.get("/sandbox/openapi.json", show_openapi),
    web.get("/sandbox/openapi", show_openapi_page),
]
SERVED = [*EIDAS, *SIGNAPI, *SANDBOX]
ROUTES = [*EIDAS, *map(in_any_case, SIGNAPI), *SANDBOX]
