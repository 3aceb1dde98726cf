"""Where sources about the vendor differ: every switch, met from outside in each of its positions."""

from typing import Any

import pytest

from sandbox.variants import Variants
from sandbox.variants.model import SWITCHES
from tests.sandbox import limit_probes as count
from tests.sandbox import probes as see
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import ESIGP, Integration

SEEN: dict[str, tuple[see.Probe, dict[str, object]]] = {
    "redirect_uri": (see.status_of_a_request_without_redirect_uri, {"optional": 302, "required": 400}),
    "sign_scope": (see.answer_to_a_login_that_asks_for_signing_too, {"beside_others": "code", "bound": "error"}),
    "user_call": (see.statuses_of_users_me_by_get_and_by_post, {"get_and_post": [200, 200], "get": [200, 405]}),
    "expires_in": (see.expires_in, {"number": 600, "text": "600"}),
    "token_parameters": (see.status_of_a_token_asked_for_in_the_query, {"form_and_query": 200, "form": 400}),
    "api_key": (
        see.statuses_with_encoded_and_with_plain_credentials,
        {"encoded": [200, 401], "plain": [401, 200], "either": [200, 200]},
    ),
    "code_reuse": (
        see.statuses_of_a_second_exchange_and_of_the_first_token_then,
        {"refused": (400, 200), "revokes": (400, 401)},
    ),
    "pkce": (
        see.answers_with_and_without_the_verifier,
        {
            "supported": [200, 400],
            "ignored": [200, 200],
            "refused": ["error", "error"],
        },
    ),
    "signing_user": (see.status_of_users_me_by_a_signing_token, {"told": 200, "withheld": 403}),
    "acr": (
        see.acr,
        {
            "flow": "urn:eparaksts:authentication:flow:mobileid",
            "level": "urn:safelayer:tws:policies:authentication:level:high",
        },
    ),
    "identity": (see.is_wrapped, {"wrapped": True, "flat": False}),
    "certificate": (see.longest_line_of_a_certificate, {"one_line": True, "lines": 64}),
    "name_label": (
        see.names_in_labels,
        {"prefixed": ["CN:SIA PARAUGS (P-256): eZīmogs"], "plain": ["SIA PARAUGS (P-256): eZīmogs"]},
    ),
    "permissions": (see.permissions, {"absent": None, "listed": ["sign"]}),
    "links": (see.address_in_the_link, {"scopes": None, "address": f"{ESIGP}/signatures/server/raw"}),
    "self_link": (see.is_self_reachable, {"reachable": True, "internal": False}),
    "json_text": (see.letters_and_equals_signs, {"ascii": (False, True), "raw": (True, False)}),
    "batch_reply": (
        see.shape_of_a_batch,
        {
            "texts": {"signatures": ["", ""]},
            "values": {"signatures": [{"value": ""}, {"value": ""}]},
            "signature_values": {"signatures": [{"signature_value": ""}, {"signature_value": ""}]},
            "bare_signatures": [{"signature": ""}, {"signature": ""}],
            "bare_texts": ["", ""],
        },
    ),
    "batch_base64": (
        see.alphabet_padding_and_length,
        {
            "standard": ("standard", True, {342}),
            "url_safe": ("url-safe", True, {342}),
            "unpadded": ("standard", False, {342}),
            "twice": ("standard", True, {459}),
        },
    ),
    "ecdsa": (see.lengths_of_ecdsa_values, {"der": False, "p1363": True}),
    "signing_token": (see.statuses_of_two_signature_calls, {"single_use": [200, 401], "reusable": [200, 200]}),
    "signing_parts": (count.statuses_of_two_parts, {"refused": [403, 401], "in_order": [200, 200]}),
    "signing_token_life": (count.life_of_a_signing_token, {"as_set": 600, "seconds": 3}),
    "calculate_limit": (
        count.sessions_that_are_counted_before_digests_are_calculated,
        {"none": None, "1000": 1000, "10": 10},
    ),
    "consent_limit": (count.is_consent_asked_for_digests_of_a_hundred_and_one, {"none": True, "100": False}),
    "sign_limit": (
        count.digests_that_are_counted_before_they_are_signed,
        {"none": None, "1000": 1000, "10": 10},
    ),
    "finalize_limit": (count.values_that_are_counted_before_they_are_used, {"none": None, "10": 10}),
    "too_many": (
        count.refusal_of_too_many,
        {"counted": (400, True), "wordless": (400, False), "413": (413, False), "422": (422, False)},
    ),
    "refused_batch": (count.status_of_a_smaller_call_after_one_too_large, {"keeps": 403, "spends": 401}),
    "paths": (see.status_of_a_path_in_other_case, {"any_case": 201, "exact": 404}),
    "config_path": (see.statuses_of_the_config_with_and_without_a_slash, {"either": [200, 200], "slash": [200, 404]}),
    "start_reply": (
        see.names_of_sessions,
        {
            "by_amount": ["sessionId", "sessionIds", "sessionIds"],
            "session_id": ["sessionId", "sessionId", "sessionIds"],
            "session_ids": ["sessionIds", "sessionIds", "sessionIds"],
        },
    ),
    "start_status": (see.status_of_a_start, {"201": 201, "200": 200}),
    "upload_status": (see.status_of_an_upload, {"201": 201, "200": 200}),
    "upload_reply": (see.type_of_an_upload, {"object": dict, "array": list}),
    "list_reply": (see.type_of_a_list, {"object": dict, "array": list}),
    "digest_algorithm": (see.status_of_a_hash_without_its_algorithm, {"required": 400, "optional": 200}),
    "sizes": (see.types_of_sizes, {"number": {int}, "text": {str}}),
    "pdf_with_edoc": (see.status_of_a_pdf_in_a_new_container, {"refused": 400, "ignored": 200}),
    "signature_algorithm": (
        see.names_of_algorithms,
        {
            "platform": ["ecdsa", "rsa-sha256"],
            "upper": ["ECDSA", "RSA-SHA256"],
            "java": ["SHA384withECDSA", "SHA256withRSA"],
            "absent": [None, None],
        },
    ),
    "early_clients": (see.name_of_the_algorithm_for_an_early_client, {"as_ever": None, "as_today": "ecdsa"}),
    "auth_certificate": (
        see.statuses_by_whose_certificate_it_is,
        {
            "person": [200, 400, 400],
            "signing_too": [200, 200, 400],
            "signing": [400, 200, 400],
            "any": [200, 200, 200],
        },
    ),
    "signature_value": (see.statuses_of_values_encoded_once_and_twice, {"once": [200, 400], "twice_too": [200, 200]}),
    "ocsp_time": (
        see.seconds_from_the_timestamp_to_the_answer,
        {"with": 0, "before": -3600, "just_before": -1, "after": 1200},
    ),
    "first_report": (see.files_and_times_in_the_first_report, {"detailed": (True, True), "brief": (False, False)}),
    "pdf_writer": (
        see.habits_of_the_writer,
        {
            "pyhanko": ["nothing special", "nothing special"],
            "rewriting": ["pages again", "pages again"],
            "table": ["length elsewhere", "length elsewhere"],
            "stream": ["nothing special", "predicted index"],
            "hybrid": ["hidden objects", "nothing special"],
        },
    ),
    "container_writer": (
        see.signature_file_and_its_first_identifier,
        {
            "baseline": ("META-INF/signatures0.xml", "S0"),
            "edoc": ("META-INF/edoc-signatures-S1.xml", "S1"),
        },
    ),
}

POSITIONS = [(name, choice.value) for name, switch in SWITCHES.items() for choice in switch]


async def choose(integration: Integration, **choice: str) -> None:
    status, body = await integration.call("PUT", "/sandbox/variants", json=choice)
    assert status == 200, body


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
        assert await see.status_of_a_start(integration) == 200


async def test_what_is_not_named_goes_back_to_its_first_position(integration: Integration) -> None:
    await choose(integration, start_status="200")
    await choose(integration, identity="flat")
    assert await see.status_of_a_start(integration) == 201


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
