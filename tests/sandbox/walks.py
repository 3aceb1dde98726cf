"""Walks through everything that is served, which between them meet every answer there is."""

from typing import Any

import aiohttp

from sandbox.pki import KeyKind
from sandbox.routes import SERVED
from tests.sandbox import sealing as containers
from tests.sandbox.integration import (
    ESIGP,
    OTHER_CLIENT,
    Integration,
    a_pdf,
    b64,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)

ME = "/trustedx-resources/openid/v1/users/me"
BATCH = f"{ESIGP}/signatures/server/raw/batch"
LARGEST = 500_000
"""Bytes that a file may have where these walks are walked."""
SIGNING = "/api-sign/v1.0"
OTHERS = ("finalizeSigning", "addArchive")
LOGOUT = "/trustedx-authserver/lvrtc-eipsign-idp/logout"


async def walk_to_a_sealed_file(integration: Integration) -> None:
    token = await integration.profile_token()
    await integration.identities(token)
    await integration.call("POST", ME, token)
    (session_id,) = await seal_documents(integration, [a_pdf()])
    await integration.call("GET", "/api-session/v1.0/start?amount=2")
    path = f"/api-storage/v1.0/{session_id}"
    _, listed = await integration.call("GET", f"{path}/list")
    document_id = listed["data"][0]["id"]
    await integration.call("GET", f"{path}/{document_id}")
    for version in ("v1.0", "v2.0"):
        await integration.call("GET", f"/api-validation/{version}/{session_id}/{document_id}/validate")
    order = {"sessions": [{"sessionId": session_id}], "authCertificate": the_auth_certificate(integration)}
    await integration.call("POST", f"{SIGNING}/addArchive", json=order)
    await integration.call("DELETE", f"{path}/{document_id}")
    await integration.call("GET", f"/api-session/v1.0/{session_id}/close")
    for config in ("/api-config/v1.0", "/api-config/v1.0/", "/api-config/v1.0/public/key"):
        await integration.call("GET", config)
    await integration.call("POST", "/api-sign/v1.0/eSealCreate", json={})


async def walk_to_sealed_containers(integration: Integration) -> None:
    await integration.introspect()
    whole, by_hashes = await containers.a_session(integration), await integration.start()
    await containers.add_digests(integration, by_hashes, containers.hashed())
    await containers.add_digests(integration, by_hashes, [{**containers.hashed()[0], "name": "3.txt"}])
    await containers.list_files(integration, by_hashes)
    await containers.seal_files(integration, [whole, by_hashes], anew=True)
    for session_id in (whole, by_hashes):
        await containers.validate(integration, await containers.download_sealed(integration, session_id))
        (entry,) = await containers.list_files(integration, session_id)
        await containers.report(integration, session_id, entry["id"], "v1.0")
        order = {"sessions": [{"sessionId": session_id}], "authCertificate": the_auth_certificate(integration)}
        await integration.call("POST", f"{SIGNING}/addArchive", json=order)
        await containers.report(integration, session_id, entry["id"])


async def walk_through_raw_and_identities(integration: Integration) -> None:
    seal = the_seal(integration, KeyKind.RSA2048)
    batch = await prepare_batch(integration, [a_pdf()], seal)
    token = await integration.authorize_signing(seal.id, batch.summary)
    order = {"sign_identity_id": seal.id, "signature_algorithm": "rsa-sha256", "digest_value": batch.digests[0]}
    await integration.call("POST", f"{ESIGP}/signatures/server/raw", token, json=order)
    profile = await integration.profile_token()
    await integration.certificate(profile, seal.id)
    await integration.call("GET", f"{ESIGP}/sign_identities/unheard-of", profile)
    foreign = await integration.profile_token("janis", "urn:safelayer:eidas:sign:identity:profile")
    await integration.call("GET", f"{ESIGP}/sign_identities/{seal.id}", foreign)


async def walk_away_from_the_dialog(integration: Integration) -> None:
    await integration.browse(integration.question(prompt="login"))
    await integration.browse(integration.question(scope=None))
    await integration.browse(integration.question(client_id="unheard-of"))
    await integration.submit(integration.question(client_id="unheard-of"))
    seal = the_seal(integration)
    question = integration.key_question(seal.id, "A" * 43)
    await integration.submit(question, login="anna")
    await integration.submit(question, action="approve", password="wrong")
    await integration.submit(question, action="cancel")
    await integration.submit(question, login="anna")
    for query in ("", "?redirect_uri=https://desk.example/"):
        async with integration.http.get(integration.url(LOGOUT + query), allow_redirects=False):
            pass


async def walk_into_the_platforms_refusals(integration: Integration) -> None:
    await integration.ask_token()
    await integration.ask_token(OTHER_CLIENT.model_copy(update={"client_secret": "wrong"}))
    seal = the_seal(integration)
    batch = await prepare_batch(integration, [a_pdf()], seal)
    token = await integration.authorize_signing(seal.id, batch.summary)
    for path in (BATCH, BATCH.removesuffix("/batch")):
        await integration.call("POST", path, token, data=b"", headers={"Content-Type": "text/plain"})
        await integration.call("POST", path, token, json={})
        await integration.call("POST", path, "invented", json={})
        await integration.call("POST", path, json={})  # the client's own token
    for method, path in (("GET", ME), ("POST", ME), ("GET", f"{ESIGP}/sign_identities/{seal.id}")):
        await integration.call(method, path, "invented")
        await integration.call(method, path)
    await integration.choose(user_call="get")
    await integration.call("POST", ME)
    await integration.choose()


async def walk_into_signapis_refusals(integration: Integration) -> None:
    for method, path in [(route.method, route.path) for route in SERVED if route.path.startswith("/api-")]:
        await integration.call(method, path.replace("{session_id}", "0" * 64).replace("{document_id}", "0" * 32), "no")
    await integration.introspect()
    await integration.call("GET", "/api-session/v1.0/start?amount=0")
    gone = "0" * 64
    for method, path in [(route.method, route.path) for route in SERVED if "{session_id}" in route.path]:
        order: dict[str, Any] = {"json": {}} if method == "POST" else {}
        await integration.call(method, path.format(session_id=gone, document_id="0" * 32), **order)
    session_id = await integration.start()
    storage = f"/api-storage/v1.0/{session_id}"
    await integration.call("PUT", f"{storage}/upload", json={})
    await integration.call("PUT", f"{storage}/upload", data=aiohttp.FormData({"other": "x"}, default_to_multipart=True))
    await integration.upload(session_id, b"x" * (LARGEST + 1))
    _, body = await integration.upload(session_id, b"no PDF")
    await integration.call("GET", f"/api-validation/v1.0/{session_id}/{body['data']['id']}/validate")
    await integration.call("GET", f"/api-validation/v2.0/{session_id}/{body['data']['id']}/validate")
    certificate = b64(the_seal(integration).credential.certificate_der)
    await integration.calculate([session_id], certificate)
    await integration.calculate([gone], certificate)
    await integration.calculate([], certificate)
    await integration.finalize([session_id], ["AA=="], the_auth_certificate(integration))
    await integration.finalize([session_id], ["AA=="], certificate)
    await integration.call("POST", f"{storage}/addDocumentDigest", json={})
    for path in (f"{storage}/addDocumentDigest", *(f"{SIGNING}/{name}" for name in ("CalculateDigest", *OTHERS))):
        await integration.call("POST", path, data=b"", headers={"Content-Type": "text/plain"})
    order = {"sessions": [{"sessionId": session_id}], "authCertificate": the_auth_certificate(integration)}
    await integration.call("POST", f"{SIGNING}/addArchive", json=order)
    await integration.call("DELETE", f"{storage}/{body['data']['id']}")


async def walk_through_the_sandbox(integration: Integration) -> None:
    paths = ["/", *(f"/sandbox/{each}" for each in ("counters", "root.pem", "openapi.json", "openapi"))]
    paths += [
        "/sandbox/cards/liga.pem",
        "/sandbox/cards/nobody.pem",
        "/sandbox/static/practice.css",
        "/sandbox/static/practice.svg",
        "/sandbox/static/live.js",
        "/sandbox/static/no",
    ]
    for path in paths:
        await integration.call("GET", path)
    rule = {"operation": "close", "kind": "reset"}
    latency = [{"distribution": "lognormal", "median": 1}, {"distribution": "uniform", "least": 0, "most": 1}]
    orders: tuple[dict[str, Any], ...] = ({"rules": [rule], "latency": latency}, {"rules": [{}]})
    for order in orders:
        await integration.call("POST", "/sandbox/weather", json=order)
    for method in ("GET", "DELETE"):
        await integration.call(method, "/sandbox/weather")
    for choice in ({"start_status": "200", "upload_status": "200", "config_path": "slash"}, {"colour": "red"}):
        await integration.call("PUT", "/sandbox/variants", json=choice)
    await integration.call("GET", "/sandbox/variants")
    seal = integration.sandbox.vendor.people["marta"].seals[0]
    for identity, happening in ((seal.id, "renew"), (seal.id, "renew"), ("nobody", "explode")):
        await integration.call("POST", f"/sandbox/seals/{identity}", json={"happens": happening})
    await integration.introspect()
    await integration.upload(await integration.start(), a_pdf())
    await integration.call("GET", "/api-config/v1.0")
    await integration.submit(integration.question(), login="anna")
    for path in ("/sandbox/journal", "/sandbox/live"):
        await integration.call("GET", path)
    integration.sandbox.vendor.journal.close()  # or the stream would have no end
    await integration.call("GET", "/sandbox/live/events")


WALKS = [
    walk_to_a_sealed_file,
    walk_to_sealed_containers,
    walk_through_raw_and_identities,
    walk_away_from_the_dialog,
    walk_into_the_platforms_refusals,
    walk_into_signapis_refusals,
    walk_through_the_sandbox,
]
