"""Identities: which seals a person may use, and how the platform lists them."""

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from sandbox.eidas.authorization import CLAIMS, PROFILE
from sandbox.pki import KeyKind
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import ESIGP, Integration

USERS_ME = "/trustedx-resources/openid/v1/users/me"


async def list_identities(integration: Integration, login: str) -> list[dict[str, Any]]:
    return await integration.identities(await integration.profile_token(login))


def seals(identities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in identities if one["description"] == "eparaksts:qsealc:sign"]


async def test_claims_are_given_for_their_scope_alone(integration: Integration) -> None:
    _, body = await integration.call("GET", USERS_ME, await integration.profile_token(scope=CLAIMS))
    assert (body["name"], body["serial_number"]) == ("ANNA PARAUGA", "PNOLV-000123-00001")
    assert "sign_identities" not in body


async def test_identities_are_given_for_their_scope_alone(integration: Integration) -> None:
    _, body = await integration.call("GET", USERS_ME, await integration.profile_token(scope=PROFILE))
    assert set(body) == {"sub", "sign_identities"}


async def test_no_certificate_stands_in_users_me(integration: Integration) -> None:
    assert all("details" not in one for one in await list_identities(integration, "anna"))


async def test_anna_has_a_seal_of_every_kind_of_key(integration: Integration) -> None:
    assert len(seals(await list_identities(integration, "anna"))) == len(KeyKind)


async def test_janis_has_one_seal_in_use_and_one_disabled(integration: Integration) -> None:
    statuses = [seal["status"]["value"] for seal in seals(await list_identities(integration, "janis"))]
    assert sorted(statuses) == ["disabled", "enabled"]


async def test_liga_has_no_seal_and_still_her_own_identities(integration: Integration) -> None:
    identities = await list_identities(integration, "liga")
    assert not seals(identities)
    assert {one["description"] for one in identities} == {
        "eparaksts:mobileid:auth",
        "eparaksts:mobileid:sign",
        "eparaksts:serverid:sign",
        "eparaksts:eid:auth",
        "eparaksts:eid:sign",
    }


async def test_seals_are_labelled_in_both_ways(integration: Integration) -> None:
    labels = [set(seal["labels"]) for seal in seals(await list_identities(integration, "anna"))]
    assert any("qsealc" in one for one in labels)
    assert any("esealc" in one for one in labels)
    assert all("x509:keyUsage:contentCommitment" in one for one in labels)


async def test_only_identities_in_the_hsm_link_to_signing(integration: Integration) -> None:
    identities = await list_identities(integration, "anna")
    assert all(("links" in one) is ("device_id" not in one) for one in identities)


@pytest.mark.parametrize("key", list(KeyKind))
async def test_the_leading_key_is_listed_first(open_integration: OpenIntegration, key: KeyKind) -> None:
    async with open_integration(leading_key=key) as integration:
        first = seals(await list_identities(integration, "anna"))[0]
    assert any(f"({key.value.upper()})" in label for label in first["labels"])


async def test_identities_are_the_same_after_a_restart(open_integration: OpenIntegration) -> None:
    certificates = []
    for _ in range(2):
        async with open_integration() as integration:
            token = await integration.profile_token()
            certificates.append(
                [await integration.certificate(token, one["id"]) for one in await integration.identities(token)]
            )
    assert certificates[0] == certificates[1]


async def test_the_detail_is_wrapped_and_carries_the_certificate_of_the_label(integration: Integration) -> None:
    token = await integration.profile_token()
    seal = seals(await integration.identities(token))[0]
    _, body = await integration.call("GET", f"{ESIGP}/sign_identities/{seal['id']}", token)
    certificate = x509.load_der_x509_certificate(base64.b64decode(body["identity"]["details"]["certificate"]))
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert "CN:" + str(name.value) in seal["labels"]


async def test_the_detail_may_be_flat(open_integration: OpenIntegration) -> None:
    async with open_integration(variants={"identity": "flat"}) as integration:
        token = await integration.profile_token()
        seal = seals(await integration.identities(token))[0]
        _, body = await integration.call("GET", f"{ESIGP}/sign_identities/{seal['id']}", token)
    assert body["id"] == seal["id"]


@pytest.mark.parametrize(
    "path", [f"{ESIGP}/sign_identities/nothing", "/trustedx-resources/openid/v1/sign_identities/x"]
)
async def test_what_is_not_there_is_not_found(integration: Integration, path: str) -> None:
    status, body = await integration.call("GET", path, await integration.profile_token())
    assert (status, body["error"]) == (404, "NotFoundException")


async def test_a_foreign_identity_is_not_shown(integration: Integration) -> None:
    foreign = integration.sandbox.vendor.people["janis"].seals[0].id
    path = f"{ESIGP}/sign_identities/{foreign}"
    status, body = await integration.call("GET", path, await integration.profile_token())
    assert (status, body["error"]) == (403, "access_denied")
