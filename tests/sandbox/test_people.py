"""The practice people: between them they hold everything a client may meet."""

import unicodedata
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from cryptography import x509

from sandbox.eidas.authorization import CLAIMS
from sandbox.eidas.methods import CARD_AMR, LEVEL, MOBILE_AMR, Method, UnknownMethod, method_named
from sandbox.people.person import Identity, Peculiarity, Person
from sandbox.people.practice import practice_people
from sandbox.pki import KeyKind
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import ESIGP, Integration, a_pdf, b64, prepare_batch, the_auth_certificate
from tests.sandbox.practice import NOW, the_authority

USERS_ME = "/trustedx-resources/openid/v1/users/me"


def people() -> dict[str, Person]:
    return {person.login: person for person in practice_people(the_authority(), KeyKind.P256, NOW)}


def everything() -> list[Identity]:
    return [identity for person in people().values() for identity in person.identities]


def seal(login: str, peculiarity: Peculiarity) -> Identity:
    return next(one for one in people()[login].seals if one.peculiarity is peculiarity)


def test_anna_comes_first_with_her_four_seals() -> None:
    anna = next(iter(people().values()))
    assert (anna.login, {one.key for one in anna.seals}) == ("anna", set(KeyKind))


def test_there_are_people_with_none_one_and_several_seals() -> None:
    assert {len(person.seals) for person in people().values()} >= {0, 1, 4}


def test_no_two_identities_have_one_id_and_no_two_people_one_code() -> None:
    assert len({identity.id for identity in everything()}) == len(everything())
    assert len({person.personal_code for person in people().values()}) == len(people())


def test_labels_stand_in_no_order_to_rely_on() -> None:
    kinds = [tuple(label.partition(":")[0] for label in one.labels) for one in everything() if one.is_seal]
    assert len(set(kinds)) > len(kinds) // 2


def test_the_labels_of_one_persons_seals_are_unique_in_every_form() -> None:
    for person in people().values():
        names = [unicodedata.normalize("NFC", one.common_name) for one in person.seals]
        assert len(set(names)) == len(names)


def test_a_name_is_decomposed_in_the_certificate_as_in_the_label() -> None:
    decomposed = seal("marta", Peculiarity.DECOMPOSED)
    assert not unicodedata.is_normalized("NFC", decomposed.common_name)
    assert f"CN:{decomposed.common_name}" in decomposed.labels
    assert all(
        unicodedata.is_normalized("NFC", one.common_name) for one in people()["marta"].seals if one != decomposed
    )


def test_an_expiring_seal_has_some_days_left_whenever_the_vendor_is_started() -> None:
    for later in (timedelta(), timedelta(days=30)):
        karlis = next(
            one for one in practice_people(the_authority(), KeyKind.P256, NOW + later) if one.login == "karlis"
        )
        left = karlis.seals[0].credential.certificate.not_valid_after_utc - NOW - later
        assert timedelta(days=2) < left <= timedelta(days=3)


def test_an_expiring_seal_stays_the_same_for_a_day() -> None:
    assert seal("karlis", Peculiarity.EXPIRING).credential == seal("karlis", Peculiarity.EXPIRING).credential


async def identities(integration: Integration, login: str) -> list[dict[str, Any]]:
    return await integration.identities(await integration.profile_token(login))


async def test_the_authentication_certificate_of_an_eid_card_is_listed_for_one_person_only(
    integration: Integration,
) -> None:
    descriptions = {login: {one["description"] for one in await identities(integration, login)} for login in people()}
    assert "eparaksts:eid:auth" in descriptions["ilze"]
    assert "eparaksts:eid:auth" not in descriptions["peteris"]
    assert "eparaksts:eid:sign" in descriptions["peteris"]


async def test_what_stays_on_the_card_cannot_be_asked_for_by_its_id(integration: Integration) -> None:
    card = integration.sandbox.vendor.people["peteris"].card
    assert card is not None
    token = await integration.profile_token("peteris")
    status, _ = await integration.call("GET", f"{ESIGP}/sign_identities/{card.id}", token)
    assert status == 404


async def test_the_card_is_read_outside_the_api(integration: Integration) -> None:
    card = integration.sandbox.vendor.people["peteris"].card
    assert card is not None
    async with aiohttp.ClientSession() as plugin:
        async with plugin.get(integration.url("/sandbox/cards/peteris.pem")) as reply:
            assert x509.load_pem_x509_certificate(await reply.read()) == card.credential.certificate
        async with plugin.get(integration.url("/sandbox/cards/anna.pem")) as reply:
            assert reply.status == 404


@pytest.mark.parametrize("method", [*Method])
def test_a_method_is_known_by_its_urn(method: Method) -> None:
    assert method_named(f"urn:something {method.acr}") is method


@pytest.mark.parametrize("values", ["", f"{LEVEL}high"])
def test_without_a_method_any_will_do(values: str) -> None:
    assert method_named(values) is None


def test_an_unknown_method_is_not_guessed() -> None:
    with pytest.raises(UnknownMethod):
        method_named("urn:eparaksts:authentication:flow:fax")


def test_a_person_has_one_subject_for_each_account() -> None:
    liga = people()["liga"]
    assert liga.subject(Method.MOBILE) == liga.subject(Method.CROSS_DEVICE)
    assert len({liga.subject(method) for method in Method}) == 3


def test_no_two_people_share_a_subject() -> None:
    subjects = [person.subject(method) for person in people().values() for method in person.methods]
    assert len(set(subjects)) == sum(len({method.account for method in one.methods}) for one in people().values())


async def test_the_claims_tell_the_method(integration: Integration) -> None:
    told = {}
    for login in ("anna", "ilze"):
        _, told[login] = await integration.call("GET", USERS_ME, await integration.profile_token(login, CLAIMS))
    assert (told["anna"]["acr"], told["anna"]["amr"]) == (Method.MOBILE.acr, [MOBILE_AMR])
    assert (told["ilze"]["acr"], told["ilze"]["amr"]) == (Method.CARD.acr, [CARD_AMR])


async def test_identities_may_appear_late(open_integration: OpenIntegration) -> None:
    async with open_integration(late_identities=2) as integration:
        token = await integration.profile_token()
        counts = [len(await integration.identities(token)) for _ in range(3)]
        assert (counts[:2], counts[2] > 0) == ([0, 0], True)
        assert await identities(integration, "janis") == []


async def test_a_certificate_may_appear_late(open_integration: OpenIntegration) -> None:
    async with open_integration(late_certificates=1) as integration:
        token = await integration.profile_token()
        path = f"{ESIGP}/sign_identities/{integration.sandbox.vendor.people['anna'].seals[0].id}"
        statuses = [(await integration.call("GET", path, token))[0] for _ in range(2)]
        assert statuses == [404, 200]


async def upload_pdf(integration: Integration) -> str:
    await integration.introspect()
    session = await integration.start()
    await integration.upload(session, b"%PDF-1.7")
    return session


@pytest.mark.parametrize("peculiarity", [Peculiarity.REVOKED, Peculiarity.EXPIRED])
async def test_a_certificate_that_counts_no_more_gets_no_digest(
    integration: Integration, peculiarity: Peculiarity
) -> None:
    karlis = integration.sandbox.vendor.people["karlis"]
    bad = next(one for one in karlis.seals if one.peculiarity is peculiarity)
    session = await upload_pdf(integration)
    status, body = await integration.calculate([session], b64(bad.credential.certificate_der))
    assert (status, body["error"]["code"]) == (400, "signing:certificate")
    assert peculiarity.value in body["error"]["message"]


async def test_a_seal_that_ends_in_days_still_seals(integration: Integration) -> None:
    karlis = integration.sandbox.vendor.people["karlis"]
    assert await _finalize(integration, karlis.seals[0]) == (200, {})


async def test_a_revoked_certificate_may_be_let_in_and_then_has_no_good_answer(
    open_integration: OpenIntegration,
) -> None:
    async with open_integration(accept_revoked=True) as integration:
        karlis = integration.sandbox.vendor.people["karlis"]
        revoked = next(one for one in karlis.seals if one.peculiarity is Peculiarity.REVOKED)
        status, error = await _finalize(integration, revoked)
    assert (status, error["code"]) == (400, "signing:revocation")


async def test_a_seal_is_renewed_under_its_name_with_another_identity(integration: Integration) -> None:
    before = integration.sandbox.vendor.people["ilze"].seals[0]
    status, renewed = await integration.call("POST", f"/sandbox/seals/{before.id}", json={"happens": "renew"})
    assert (status, renewed["name"]) == (200, before.common_name)
    (after,) = integration.sandbox.vendor.people["ilze"].seals
    assert (after.id, after.key, "esealc" in after.labels) == (renewed["id"], before.key, "esealc" in before.labels)
    assert after.id != before.id
    assert after.credential.certificate.serial_number != before.credential.certificate.serial_number


async def test_a_seal_that_is_revoked_gets_no_digest_any_more(integration: Integration) -> None:
    seal = integration.sandbox.vendor.people["peteris"].seals[0]
    session = await upload_pdf(integration)
    status, _ = await integration.call("POST", f"/sandbox/seals/{seal.id}", json={"happens": "revoke"})
    assert status == 200
    status, body = await integration.calculate([session], b64(seal.credential.certificate_der))
    assert (status, body["error"]["code"]) == (400, "signing:certificate")


async def _finalize(integration: Integration, chosen: Identity) -> tuple[int, dict[str, Any]]:
    """Seal one document with Kārlis' seal; return the status and the session's error."""
    batch = await prepare_batch(integration, [a_pdf()], chosen)
    token = await integration.authorize_signing(chosen.id, batch.summary, "karlis")
    _, body = await integration.sign_batch(token, batch)
    status, body = await integration.finalize(
        batch.session_ids, body["signatures"], the_auth_certificate(integration, "karlis")
    )
    return status, body["data"]["results"][0].get("error", {})
