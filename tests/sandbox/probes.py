"""What a client sees of each place where sources about the vendor differ."""

import base64
import io
import re
from collections.abc import Awaitable, Callable
from typing import Any
from zipfile import ZipFile

from asn1crypto import cms, ocsp
from pikepdf import ObjectStreamMode
from yarl import URL

from sandbox.eidas.authorization import CLAIMS, INTROSPECT, PROFILE, SIGN
from sandbox.pki import KeyKind
from tests.sandbox.integration import (
    AUTHORIZE,
    CLIENT,
    ESIGP,
    Integration,
    Prepared,
    a_pdf,
    approve_and_sign,
    b64,
    basic,
    prepare_batch,
    seal_documents,
    the_auth_certificate,
    the_seal,
)
from tests.sandbox.practice import an_invoice, change_pdf
from tests.sandbox.sealing import a_container, download_sealed

START = "/api-session/v1.0/start"
ME = "/trustedx-resources/openid/v1/users/me"
TOKEN = {"grant_type": "client_credentials", "scope": INTROSPECT}
Probe = Callable[[Integration], Awaitable[object]]


async def expires_in(integration: Integration) -> object:
    _, body = await integration.ask_token(**TOKEN)
    return body["expires_in"]


async def status_of_a_token_asked_for_in_the_query(integration: Integration) -> object:
    target = integration.url(f"{AUTHORIZE}/token").with_query(TOKEN)
    async with integration.http.post(target, headers={"Authorization": basic(CLIENT)}) as reply:
        return reply.status


async def statuses_with_encoded_and_with_plain_credentials(integration: Integration) -> object:
    plain = "Basic " + b64(f"{CLIENT.client_id}:{CLIENT.client_secret}".encode())
    statuses = []
    for credentials in (basic(CLIENT), plain):
        headers = {"Authorization": credentials}
        async with integration.http.post(integration.url(f"{AUTHORIZE}/token"), data=TOKEN, headers=headers) as reply:
            statuses.append(reply.status)
    return statuses


async def statuses_of_a_second_exchange_and_of_the_first_token_then(integration: Integration) -> object:
    target = await integration.consent(integration.question())
    token = await integration.exchange(target)
    again = {"code": target.query["code"], "redirect_uri": CLIENT.redirect_uris[0]}
    second, _ = await integration.ask_token(grant_type="authorization_code", **again)
    first, _ = await integration.call("GET", ME, token)
    return second, first


async def acr(integration: Integration) -> object:
    _, body = await integration.call("GET", ME, await integration.profile_token())
    return body["acr"]


async def first_seal(integration: Integration) -> dict[str, Any]:
    listed = await integration.identities(await integration.profile_token())
    return next(entry for entry in listed if entry["description"] == "eparaksts:qsealc:sign")


async def detail(integration: Integration) -> dict[str, Any]:
    token = await integration.profile_token()
    _, body = await integration.call("GET", f"{ESIGP}/sign_identities/{the_seal(integration).id}", token)
    return dict(body)


async def is_wrapped(integration: Integration) -> object:
    return list(await detail(integration)) == ["identity"]


async def longest_line_of_a_certificate(integration: Integration) -> object:
    lines = (await detail(integration))["identity"]["details"]["certificate"].split()
    certificate = the_seal(integration).credential.certificate_der
    assert base64.b64decode("".join(lines)) == certificate
    return len(lines) == 1 or max(map(len, lines))


async def names_in_labels(integration: Integration) -> object:
    labels = (await first_seal(integration))["labels"]
    return [label for label in labels if "PARAUGS" in label and "P-256" in label]


async def permissions(integration: Integration) -> object:
    return (await first_seal(integration))["access"][0].get("permissions")


async def address_in_the_link(integration: Integration) -> object:
    href = (await first_seal(integration))["links"]["Signatures.create.server.raw"].get("href")
    return href and URL(href).path


async def is_self_reachable(integration: Integration) -> object:
    seal = await first_seal(integration)
    assert URL(seal["self"]).path == f"{ESIGP}/sign_identities/{seal['id']}"
    return URL(seal["self"]).origin() == integration.url("/").origin()


async def letters_and_equals_signs(integration: Integration) -> object:
    headers = {"Authorization": f"Bearer {await integration.profile_token()}"}
    async with integration.http.get(integration.url(ME), headers=headers) as reply:
        text = await reply.text()
        assert "eZīmogs" in str(await reply.json())
    return "eZīmogs" in text, "=" in text


async def status_of_a_request_without_redirect_uri(integration: Integration) -> object:
    await integration.consent(integration.question())
    return (await integration.browse(integration.question(redirect_uri=None)))[0]


async def answer_to_a_login_that_asks_for_signing_too(integration: Integration) -> object:
    target = await integration.consent(integration.question(f"{CLAIMS} {PROFILE} {SIGN}"))
    return "code" if "code" in target.query else "error"


async def statuses_of_users_me_by_get_and_by_post(integration: Integration) -> object:
    token = await integration.profile_token()
    return [(await integration.call(method, ME, token))[0] for method in ("GET", "POST")]


async def answers_with_and_without_the_verifier(integration: Integration) -> object:
    # The example of RFC 7636, Appendix B.
    verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    asked = integration.question(code_challenge=challenge, code_challenge_method="S256")
    answers: list[object] = []
    for proof in ({"code_verifier": verifier}, {}):
        target = await integration.consent(asked)
        if "error" in target.query:
            answers.append("error")
            continue
        form = {"grant_type": "authorization_code", "redirect_uri": integration.client.redirect_uris[0]}
        answers.append((await integration.ask_token(**form, code=target.query["code"], **proof))[0])
    return answers


async def status_of_users_me_by_a_signing_token(integration: Integration) -> object:
    batch = await a_batch(integration)
    asked = integration.key_question(batch.seal.id, batch.summary, scope=f"{CLAIMS} {SIGN}")
    return (await integration.call("GET", ME, await integration.exchange(await integration.consent(asked))))[0]


async def status_of_a_hash_without_its_algorithm(integration: Integration) -> object:
    await integration.introspect()
    path = f"/api-storage/v1.0/{await integration.start()}/addDocumentDigest"
    return (await integration.call("POST", path, json={"files": [{"name": "a.txt", "digest": b64(bytes(32))}]}))[0]


async def name_of_the_algorithm_for_an_early_client(integration: Integration) -> object:
    session_id = await a_session(integration)
    target = integration.url(f"{AUTHORIZE}/token").with_query(TOKEN)
    async with integration.http.post(target, headers={"Authorization": basic(CLIENT)}) as reply:
        integration.bearer = (await reply.json())["access_token"]
    certificate = b64(the_seal(integration).credential.certificate_der)
    return (await integration.calculate([session_id], certificate))[1]["data"].get("signature_algorithm")


async def a_batch(integration: Integration, key: KeyKind = KeyKind.P256) -> Prepared:
    return await prepare_batch(integration, [a_pdf("1"), a_pdf("2")], the_seal(integration, key))


async def sign_batch(integration: Integration, batch: Prepared) -> Any:
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    _, body = await integration.sign_batch(token, batch)
    return body


def without_texts(value: Any) -> Any:
    """Return the shape of some JSON, every text left empty."""
    if isinstance(value, dict):
        return {name: without_texts(each) for name, each in value.items()}
    return [without_texts(each) for each in value] if isinstance(value, list) else ""


async def shape_of_a_batch(integration: Integration) -> object:
    return without_texts(await sign_batch(integration, await a_batch(integration)))


async def alphabet_padding_and_length(integration: Integration) -> object:
    texts = (await sign_batch(integration, await a_batch(integration, KeyKind.RSA2048)))["signatures"]
    alphabet = "url-safe" if set("-_") & set("".join(texts)) else "standard"
    return alphabet, all(text.endswith("=") for text in texts), {len(text.rstrip("=")) for text in texts}


async def lengths_of_ecdsa_values(integration: Integration) -> object:
    values = [
        base64.b64decode(text) for text in (await sign_batch(integration, await a_batch(integration)))["signatures"]
    ]
    return all(len(value) == 64 for value in values)


async def statuses_of_two_signature_calls(integration: Integration) -> object:
    batch = await a_batch(integration)
    token = await integration.authorize_signing(batch.seal.id, batch.summary)
    return [(await integration.sign_batch(token, batch))[0] for _ in range(2)]


async def status_of_a_path_in_other_case(integration: Integration) -> object:
    await integration.introspect()
    return (await integration.call("GET", "/API-Session/V1.0/Start"))[0]


async def statuses_of_the_config_with_and_without_a_slash(integration: Integration) -> object:
    await integration.introspect()
    return [(await integration.call("GET", path))[0] for path in ("/api-config/v1.0/", "/api-config/v1.0")]


async def names_of_sessions(integration: Integration) -> object:
    await integration.introspect()
    answers = [await integration.call("GET", START + query) for query in ("", "?amount=1", "?amount=2")]
    return [name for _, body in answers for name in body["data"]]


async def status_of_a_start(integration: Integration) -> object:
    await integration.introspect()
    return (await integration.call("GET", START))[0]


async def upload_pdf(integration: Integration) -> tuple[int, Any]:
    await integration.introspect()
    return await integration.upload(await integration.start(), a_pdf())


async def status_of_an_upload(integration: Integration) -> object:
    return (await upload_pdf(integration))[0]


async def type_of_an_upload(integration: Integration) -> object:
    return type((await upload_pdf(integration))[1]["data"])


async def type_of_a_list(integration: Integration) -> object:
    return type((await integration.call("GET", f"/api-storage/v1.0/{await a_session(integration)}/list"))[1]["data"])


async def a_session(integration: Integration) -> str:
    await integration.introspect()
    session_id = await integration.start()
    await integration.upload(session_id, a_pdf())
    return session_id


async def types_of_sizes(integration: Integration) -> object:
    upload = (await upload_pdf(integration))[1]["data"]["size"]
    path = f"/api-storage/v1.0/{await a_session(integration)}/list"
    return {type(upload), type((await integration.call("GET", path))[1]["data"][0]["size"])}


async def status_of_a_pdf_in_a_new_container(integration: Integration) -> object:
    certificate = b64(the_seal(integration).credential.certificate_der)
    return (await integration.calculate([await a_session(integration)], certificate, createNewEdoc=True))[0]


async def names_of_algorithms(integration: Integration) -> object:
    certificates = [the_seal(integration, key).credential.certificate_der for key in (KeyKind.P384, KeyKind.RSA3072)]
    sessions = [await a_session(integration)]
    answers = [await integration.calculate(sessions, b64(certificate)) for certificate in certificates]
    return [body["data"].get("signature_algorithm") for _, body in answers]


async def statuses_by_whose_certificate_it_is(integration: Integration) -> object:
    anna, statuses = integration.sandbox.vendor.people["anna"], []
    for description in ("eparaksts:mobileid:auth", "eparaksts:mobileid:sign", "eparaksts:qsealc:sign"):
        batch = await a_batch(integration)
        values = await approve_and_sign(integration, batch)
        certificate = next(one.credential for one in anna.identities if one.description == description).certificate_der
        statuses.append((await integration.finalize(batch.session_ids, values, b64(certificate)))[0])
    return statuses


async def statuses_of_values_encoded_once_and_twice(integration: Integration) -> object:
    statuses = []
    for change in (str, lambda value: b64(value.encode())):
        batch = await a_batch(integration)
        values = [change(value) for value in await approve_and_sign(integration, batch)]
        statuses.append((await integration.finalize(batch.session_ids, values, the_auth_certificate(integration)))[0])
    return statuses


async def files_and_times_in_the_first_report(integration: Integration) -> object:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    _, report = await integration.call("GET", f"/api-validation/v1.0/{session_id}/{body['data'][0]['id']}/validate")
    return "includedFiles" in report["data"], "info" in report["data"]["signaturesExt"][0]


HABITS = {
    "pages again": rb"/Type /Pages",
    "length elsewhere": rb"/Length \d+ 0 R",
    "predicted index": rb"/Predictor 12",
    "hidden objects": rb"/XRefStm",
    "nothing special": rb"startxref",
}
"""What tells the hands that write PDFs from each other, in the bytes that they append; the first that fits."""


async def habits_of_the_writer(integration: Integration) -> object:
    """Seal a file with a cross-reference table and one with a stream; tell what is special about each."""
    originals = [an_invoice(), change_pdf(an_invoice(), object_stream_mode=ObjectStreamMode.generate)]
    habits = []
    for original, session_id in zip(originals, await seal_documents(integration, originals), strict=True):
        appended = (await download_sealed(integration, session_id))[len(original) :]
        habits.append(next(habit for habit, mark in HABITS.items() if re.search(mark, appended)))
    return habits


async def signature_file_and_its_first_identifier(integration: Integration) -> object:
    await integration.introspect()
    with ZipFile(io.BytesIO(await a_container(integration))) as archive:
        (name,) = (one for one in archive.namelist() if "signatures" in one)
        found = re.search(rb'Id="([^"]+)"', archive.read(name))
    return name, found and found[1].decode()


async def seconds_from_the_timestamp_to_the_answer(integration: Integration) -> object:
    """Seconds from the signature's timestamp to the OCSP answer beside it."""
    await integration.introspect()
    with ZipFile(io.BytesIO(await a_container(integration))) as archive:
        (name,) = (one for one in archive.namelist() if "signatures" in one)
        signature = archive.read(name)
    (stamp, *_), (answer, *_) = (
        [base64.b64decode(text) for text in re.findall(rb"%b[^>]*>([^<]+)<" % element, signature)]
        for element in (b"EncapsulatedTimeStamp", b"EncapsulatedOCSPValue")
    )
    stamped = cms.ContentInfo.load(stamp)["content"]["encap_content_info"]["content"].parsed["gen_time"].native
    answered = ocsp.OCSPResponse.load(answer).response_data["produced_at"].native
    return int((answered - stamped.replace(microsecond=0)).total_seconds())
