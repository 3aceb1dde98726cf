"""users/me is the vendor's own sample, field by field: the guideline's facts on one side, what is served on the other.

The facts are names, shapes and formats from the "User token sample" of the vendor's eZīmogs+ cloud integration
guideline (vendor §3.5, §3.6). No value of it is here: ids, names and tokens are this vendor's own.
"""

import re
from typing import Any
from unicodedata import normalize

import pytest

from sandbox.variants import Variants
from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import Integration

ID = r"[0-9a-v]{26}"
SELF = rf"https?://[^/]+/trustedx-resources/esigp/v1/sign_identities/{ID}"
TOKEN = r"tknid:[A-Za-z0-9+/]{27}="
SHARED = {
    "access": [{"user_id": r"[0-9a-f]{32}"}],
    "domain": "citizen",
    "self": SELF,
    "id": ID,
    "type": "pki:x509",
    "status": {"value": "enabled|disabled"},
}
"""What every identity of the sample has: names of fields, and what each text must match as a whole."""
ON_SERVER = {
    "links": {
        "Signatures.create.server.raw": {
            "auth": {"oauth2": {"scopes": ["urn:safelayer:eidas:sign:identity:use:server"]}}
        }
    }
}
IN_PHONE = {"device_id": r"[0-9a-f]{40}"}
SIGNS, AUTHENTICATES = "x509:keyUsage:contentCommitment", "x509:keyUsage:digitalSignature"
SAMPLE: dict[str, dict[str, Any]] = {
    "eparaksts:qsealc:sign": SHARED
    | ON_SERVER
    | {"labels": ["qsealc", "qsealcVersion1", r"CN:.+ ?: ?eZīmogs", SIGNS, "eparaksts", TOKEN]},
    "eparaksts:mobileid:auth": SHARED
    | IN_PHONE
    | {"labels": ["mobileidVersion2", "mobileid", AUTHENTICATES, "eparaksts"]},
    "eparaksts:mobileid:sign": SHARED | IN_PHONE | {"labels": ["mobileidVersion2", "mobileid", SIGNS, "eparaksts"]},
    "eparaksts:serverid:sign": SHARED
    | ON_SERVER
    | {"labels": [TOKEN, "serveridVersion1", SIGNS, r"CN:[^a-zāčēģīķļņšūž]+", "eparaksts", "serverid"]},
}
"""The four kinds of identity in the sample, by their description; labels stand in no order."""
ORDER = ["access", "device_id", "domain", "self", "description", "links", "id", "type", "labels", "status"]
"""In which the sample writes the fields."""


def difference(served: Any, sample: Any, place: str = "$") -> list[str]:
    """Tell every place where something served is not as in the sample; texts of the sample are patterns."""
    if isinstance(sample, dict) and isinstance(served, dict):
        strange = [f"{place}.{name}" for name in served.keys() ^ sample.keys()]
        shared = [name for name in sample if name in served]
        return strange + [one for name in shared for one in difference(served[name], sample[name], f"{place}.{name}")]
    if isinstance(sample, list) and isinstance(served, list) and len(served) == len(sample):
        return [
            f"{place}: {pattern}" for pattern in sample if not any(not difference(one, pattern) for one in served)
        ] + [f"{place}: {one}" for one in served if not any(not difference(one, pattern) for pattern in sample)]
    fits = isinstance(served, str) and isinstance(sample, str) and re.fullmatch(sample, normalize("NFC", served))
    return [] if fits else [f"{place}: {served!r}"]


def kinds(identities: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair each identity that the sample has a kind for with that kind; `esealc` seals are not in it."""
    return [
        (one, SAMPLE[one["description"]] | {"description": re.escape(one["description"])})
        for one in identities
        if one["description"] in SAMPLE and "esealc" not in one["labels"]
    ]


async def listed(integration: Integration, login: str) -> list[dict[str, Any]]:
    return await integration.identities(await integration.profile_token(login))


@pytest.mark.parametrize("login", ["anna", "janis", "liga", "marta", "karlis"])
async def test_every_identity_has_the_fields_of_the_sample_and_no_others(integration: Integration, login: str) -> None:
    pairs = kinds(await listed(integration, login))
    assert {one["description"] for one, _ in pairs} >= {"eparaksts:mobileid:auth", "eparaksts:serverid:sign"}
    assert [difference(one, sample) for one, sample in pairs] == [[]] * len(pairs)


async def test_every_kind_of_the_sample_is_served(integration: Integration) -> None:
    assert {one["description"] for one in await listed(integration, "anna")} == SAMPLE.keys()


async def test_fields_stand_in_the_order_of_the_sample(integration: Integration) -> None:
    for one in await listed(integration, "anna"):
        assert list(one) == [name for name in ORDER if name in one]


async def test_all_identities_of_one_person_name_the_same_user_and_phone(integration: Integration) -> None:
    anna = await listed(integration, "anna")
    assert len({one["access"][0]["user_id"] for one in anna}) == 1
    assert len({one["device_id"] for one in anna if "device_id" in one}) == 1


async def test_every_key_on_the_server_has_a_token_of_its_own(integration: Integration) -> None:
    tokens = [
        [label for label in one["labels"] if label.startswith("tknid:")]
        for one in await listed(integration, "anna")
        if "links" in one
    ]
    assert all(len(own) == 1 for own in tokens)
    assert len({own[0] for own in tokens}) == len(tokens)


async def test_a_seal_labelled_esealc_has_the_labels_of_the_guidelines_list_and_its_token(
    integration: Integration,
) -> None:
    seals = [one["labels"] for one in await listed(integration, "anna") if "esealc" in one["labels"]]
    sample = ["eparaksts", "esealc", "CN:.+", SIGNS, TOKEN]
    assert seals
    assert [difference(labels, sample) for labels in seals] == [[]] * len(seals)


async def test_what_is_unlike_the_sample_is_noticed(integration: Integration) -> None:
    one, sample = kinds(await listed(integration, "anna"))[0]
    assert difference(one | {"links": {}, "colour": "red"}, sample)
    assert difference(one | {"labels": one["labels"][1:]}, sample)
    assert difference(one | {"id": "w" * 26}, sample)


async def test_written_as_in_the_sample_it_means_the_same(open_integration: OpenIntegration) -> None:
    """Letters in UTF-8, `=` escaped, and an internal host in `self`: none of it is what a client may rely on."""
    async with open_integration() as plain:
        expected = await listed(plain, "anna")
    async with open_integration(variants=Variants(json_text="raw", self_link="internal")) as integration:
        served = await listed(integration, "anna")
    assert [one | {"self": ""} for one in served] == [one | {"self": ""} for one in expected]
    assert {one["self"].partition("/trustedx")[0] for one in served} == {"https://eparaksts"}


async def test_the_certificate_bears_the_name_of_its_label(integration: Integration) -> None:
    anna = integration.sandbox.vendor.people["anna"]
    for identity in (one for one in anna.identities if one.server_usable):
        assert f"CN:{identity.common_name}" in identity.labels
    assert {one.common_name for one in anna.identities if not one.is_seal} == {"ANNA PARAUGA"}
