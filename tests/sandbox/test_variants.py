"""Where sources about the vendor differ: every switch, met from outside in each of its positions."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sandbox.eidas.authorization import INTROSPECT
from sandbox.pki import KeyKind
from sandbox.variants import Variants
from sandbox.variants.model import SWITCHES
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import (
    AUTHORIZE,
    CLIENT,
    ESIGP,
    Integration,
    Prepared,
    a_pdf,
    approved_values,
    b64,
    basic,
    prepared,
    sealed,
    the_auth_certificate,
    the_seal,
)

START = "/api-session/v1.0/start"
ME = "/trustedx-resources/openid/v1/users/me"
TOKEN = {"grant_type": "client_credentials", "scope": INTROSPECT}
Probe = Callable[[Integration], Awaitable[object]]


async def choose(integration: Integration, **choice: str) -> None:
    status, body = await integration.call("PUT", "/sandbox/variants", json=choice)
    assert status == 200, body


# What is seen of each switch


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


async def listed_seal(integration: Integration) -> dict[str, Any]:
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
    labels = (await listed_seal(integration))["labels"]
    return [label for label in labels if "PARAUGS" in label and "P-256" in label]


async def permissions(integration: Integration) -> object:
    return (await listed_seal(integration))["access"][0].get("permissions")


async def a_batch(integration: Integration, key: KeyKind = KeyKind.P256) -> Prepared:
    return await prepared(integration, [a_pdf("1"), a_pdf("2")], the_seal(integration, key))


async def signed(integration: Integration, batch: Prepared) -> Any:
    token = await integration.signing_token(batch.seal.id, batch.summary)
    _, body = await integration.sign_batch(token, batch)
    return body


def without_texts(value: Any) -> Any:
    """Return the shape of some JSON, every text left empty."""
    if isinstance(value, dict):
        return {name: without_texts(each) for name, each in value.items()}
    return [without_texts(each) for each in value] if isinstance(value, list) else ""


async def shape_of_a_batch(integration: Integration) -> object:
    return without_texts(await signed(integration, await a_batch(integration)))


async def alphabet_padding_and_length(integration: Integration) -> object:
    texts = (await signed(integration, await a_batch(integration, KeyKind.RSA2048)))["signatures"]
    alphabet = "url-safe" if set("-_") & set("".join(texts)) else "standard"
    return alphabet, all(text.endswith("=") for text in texts), {len(text.rstrip("=")) for text in texts}


async def lengths_of_ecdsa_values(integration: Integration) -> object:
    values = [base64.b64decode(text) for text in (await signed(integration, await a_batch(integration)))["signatures"]]
    return all(len(value) == 64 for value in values)


async def statuses_of_two_signature_calls(integration: Integration) -> object:
    batch = await a_batch(integration)
    token = await integration.signing_token(batch.seal.id, batch.summary)
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


async def uploaded(integration: Integration) -> tuple[int, Any]:
    await integration.introspect()
    return await integration.upload(await integration.start(), a_pdf())


async def status_of_an_upload(integration: Integration) -> object:
    return (await uploaded(integration))[0]


async def type_of_an_upload(integration: Integration) -> object:
    return type((await uploaded(integration))[1]["data"])


async def type_of_a_list(integration: Integration) -> object:
    return type((await integration.call("GET", f"/api-storage/v1.0/{await a_session(integration)}/list"))[1]["data"])


async def a_session(integration: Integration) -> str:
    await integration.introspect()
    session_id = await integration.start()
    await integration.upload(session_id, a_pdf())
    return session_id


async def types_of_sizes(integration: Integration) -> object:
    upload = (await uploaded(integration))[1]["data"]["size"]
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


async def status_with_the_seals_own_certificate(integration: Integration) -> object:
    batch = await a_batch(integration)
    values = await approved_values(integration, batch)
    own = b64(batch.seal.credential.certificate_der)
    return (await integration.finalize(batch.session_ids, values, own))[0]


async def statuses_of_values_encoded_once_and_twice(integration: Integration) -> object:
    statuses = []
    for change in (str, lambda value: b64(value.encode())):
        batch = await a_batch(integration)
        values = [change(value) for value in await approved_values(integration, batch)]
        statuses.append((await integration.finalize(batch.session_ids, values, the_auth_certificate(integration)))[0])
    return statuses


async def files_and_times_in_the_first_report(integration: Integration) -> object:
    (session_id,) = await sealed(integration, [a_pdf()])
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    _, report = await integration.call("GET", f"/api-validation/v1.0/{session_id}/{body['data'][0]['id']}/validate")
    return "includedFiles" in report["data"], "info" in report["data"]["signaturesExt"][0]


SEEN: dict[str, tuple[Probe, dict[str, object]]] = {
    "expires_in": (expires_in, {"number": 600, "text": "600"}),
    "token_parameters": (status_of_a_token_asked_for_in_the_query, {"form_and_query": 200, "form": 400}),
    "api_key": (
        statuses_with_encoded_and_with_plain_credentials,
        {"encoded": [200, 401], "plain": [401, 200], "either": [200, 200]},
    ),
    "code_reuse": (
        statuses_of_a_second_exchange_and_of_the_first_token_then,
        {"refused": (400, 200), "revokes": (400, 401)},
    ),
    "acr": (
        acr,
        {
            "flow": "urn:eparaksts:authentication:flow:mobileid",
            "level": "urn:safelayer:tws:policies:authentication:level:high",
        },
    ),
    "identity": (is_wrapped, {"wrapped": True, "flat": False}),
    "certificate": (longest_line_of_a_certificate, {"one_line": True, "lines": 64}),
    "name_label": (
        names_in_labels,
        {"prefixed": ["CN:SIA PARAUGS (P-256): eZīmogs"], "plain": ["SIA PARAUGS (P-256): eZīmogs"]},
    ),
    "permissions": (permissions, {"listed": ["sign"], "absent": None}),
    "batch_reply": (
        shape_of_a_batch,
        {
            "texts": {"signatures": ["", ""]},
            "values": {"signatures": [{"value": ""}, {"value": ""}]},
            "signature_values": {"signatures": [{"signature_value": ""}, {"signature_value": ""}]},
            "bare_signatures": [{"signature": ""}, {"signature": ""}],
            "bare_texts": ["", ""],
        },
    ),
    "batch_base64": (
        alphabet_padding_and_length,
        {
            "standard": ("standard", True, {342}),
            "url_safe": ("url-safe", True, {342}),
            "unpadded": ("standard", False, {342}),
            "twice": ("standard", True, {459}),
        },
    ),
    "ecdsa": (lengths_of_ecdsa_values, {"der": False, "p1363": True}),
    "signing_token": (statuses_of_two_signature_calls, {"single_use": [200, 401], "reusable": [200, 200]}),
    "paths": (status_of_a_path_in_other_case, {"any_case": 201, "exact": 404}),
    "config_path": (statuses_of_the_config_with_and_without_a_slash, {"either": [200, 200], "slash": [200, 404]}),
    "start_reply": (
        names_of_sessions,
        {
            "by_amount": ["sessionId", "sessionIds", "sessionIds"],
            "session_id": ["sessionId", "sessionId", "sessionIds"],
            "session_ids": ["sessionIds", "sessionIds", "sessionIds"],
        },
    ),
    "start_status": (status_of_a_start, {"201": 201, "200": 200}),
    "upload_status": (status_of_an_upload, {"201": 201, "200": 200}),
    "upload_reply": (type_of_an_upload, {"object": dict, "array": list}),
    "list_reply": (type_of_a_list, {"object": dict, "array": list}),
    "sizes": (types_of_sizes, {"number": {int}, "text": {str}}),
    "pdf_with_edoc": (status_of_a_pdf_in_a_new_container, {"refused": 400, "ignored": 200}),
    "signature_algorithm": (
        names_of_algorithms,
        {
            "platform": ["ecdsa", "rsa-sha256"],
            "upper": ["ECDSA", "RSA-SHA256"],
            "java": ["SHA384withECDSA", "SHA256withRSA"],
            "absent": [None, None],
        },
    ),
    "auth_certificate": (status_with_the_seals_own_certificate, {"person": 400, "any": 200}),
    "signature_value": (statuses_of_values_encoded_once_and_twice, {"once": [200, 400], "twice_too": [200, 200]}),
    "first_report": (files_and_times_in_the_first_report, {"detailed": (True, True), "brief": (False, False)}),
}
POSITIONS = [(name, choice.value) for name, switch in SWITCHES.items() for choice in switch]


@pytest.mark.parametrize(("name", "choice"), POSITIONS)
async def test_a_switch_changes_what_a_client_sees(integration: Integration, name: str, choice: str) -> None:
    probe, expected = SEEN[name]
    await choose(integration, **{name: choice})
    assert await probe(integration) == expected[choice]


@pytest.mark.parametrize("name", SWITCHES)
async def test_a_switch_stands_at_its_first_position_until_somebody_turns_it(name: str) -> None:
    assert getattr(Variants(), name) is next(iter(SWITCHES[name]))


# Turning them


async def test_the_choice_can_be_made_at_the_start(open_integration: OpenIntegration) -> None:
    async with open_integration(variants={"start_status": 200}) as integration:
        assert await status_of_a_start(integration) == 200


async def test_what_is_not_named_goes_back_to_its_first_position(integration: Integration) -> None:
    await choose(integration, start_status="200")
    await choose(integration, identity="flat")
    assert await status_of_a_start(integration) == 201


@pytest.mark.parametrize("body", [{"weather": "fine"}, {"identity": "round"}, {"start_status": 202}, []])
async def test_an_unknown_variant_is_refused_with_what_there_is_and_changes_nothing(
    integration: Integration, body: Any
) -> None:
    await choose(integration, identity="flat")
    status, refusal = await integration.call("PUT", "/sandbox/variants", json=body)
    _, shown = await integration.call("GET", "/sandbox/variants")
    assert (status, shown["variants"]["identity"]) == (400, "flat")
    assert refusal["offered"]["batch_reply"]["choices"].keys() == {"texts", "values", "signature_values"} | {
        "bare_signatures",
        "bare_texts",
    }


async def test_every_choice_tells_where_it_comes_from(integration: Integration) -> None:
    _, shown = await integration.call("GET", "/sandbox/variants")
    for switch in shown["offered"].values():
        assert switch["about"].rstrip(".").endswith(")")
        assert all(len(source) > 10 for source in switch["choices"].values())
