"""Finding the seal and the authentication identity by the rules of the vendor's guideline (§3.6)."""

from typing import Any

import pytest

from jobs.model.errors import Permanent
from worker.eparaksts.identities import SIGN_LINK, PersonalPurpose, SignIdentity, find_personal, find_seal, find_seals

CN = "SIA PARAUDZIŅŠ (ACCOUNTING): eZīmogs"


def an_identity(identity: str = "one", *labels: str, **changes: Any) -> SignIdentity:
    """A usable seal unless changed; labels replace the usual ones."""
    entry = {
        "id": identity,
        "description": "eparaksts:qsealc:sign",
        "status": {"value": "enabled"},
        "labels": list(labels or ("x509:keyUsage:contentCommitment", "qsealc", f"CN:{CN}", "eparaksts")),
        "links": {SIGN_LINK: {}},
    }
    return SignIdentity.of({name: value for name, value in (entry | changes).items() if value is not None})


@pytest.mark.parametrize("label", ["qsealc", "esealc", "QSealC"])
def test_a_seal_carries_either_label_in_any_case(label: str) -> None:
    assert an_identity("one", label, "X509:KeyUsage:ContentCommitment", f"CN:{CN}").is_seal


@pytest.mark.parametrize(
    "changes",
    [
        {"status": {"value": "disabled"}},
        {"status": None},
        {"labels": ["serverid", "x509:keyUsage:contentCommitment", f"CN:{CN}"]},
        {"labels": ["qsealc", f"CN:{CN}"], "description": "something else"},
        {"links": {"other": {}}},
        {"labels": None},
    ],
)
def test_without_one_of_the_rules_it_is_no_seal(changes: dict[str, Any]) -> None:
    assert not an_identity("one", **changes).is_seal


def test_a_seal_without_key_usage_label_is_known_by_its_description() -> None:
    assert an_identity("one", "qsealc", f"CN:{CN}").is_seal


def test_links_may_be_left_out() -> None:
    assert an_identity(links=None).is_seal


@pytest.mark.parametrize(
    "label",
    [
        f"CN:{CN}",
        CN,
        "CN: SIA PARAUDZIŅŠ (ACCOUNTING) :  eZīmogs",
        "sia".upper() + " PARAUDZIN\u0327S\u030c (ACCOUNTING):eZi\u0304mogs",
        "one",
    ],
)
def test_a_seal_is_found_by_its_label_however_written_or_by_its_id(label: str) -> None:
    others = [an_identity("two", "qsealc", "CN:SIA CITA: eZīmogs"), an_identity("three", status={"value": "disabled"})]
    assert find_seal([*others, an_identity()], label).id == "one"


def test_a_label_that_lacks_its_prefix_at_the_platform_is_found_too() -> None:
    assert find_seal([an_identity("one", "qsealc", CN)], f"CN:{CN}").id == "one"


def test_no_seal_at_all_is_told() -> None:
    with pytest.raises(Permanent, match="no enabled seal"):
        find_seal([an_identity("one", "serverid", f"CN:{CN}")], CN)


def test_a_seal_that_may_not_be_used_is_told_with_the_platforms_words() -> None:
    status = {"value": "disabled", "reason": "revoked by its holder"}
    with pytest.raises(Permanent, match="disabled: revoked by its holder"):
        find_seal([an_identity(status=status)], CN)


def test_a_seal_that_is_listed_with_an_old_certificate_too_is_found_twice() -> None:
    old = an_identity("old", status={"value": "expired"})
    assert [seal.id for seal in find_seals([an_identity("one"), old, an_identity("two")], CN)] == ["one", "two"]


def test_no_seal_of_that_name_is_told_with_those_there_are() -> None:
    with pytest.raises(Permanent, match=r"no seal named SIA CITA: eZīmogs. There is: SIA PARAUD.* \(id one\)"):
        find_seal([an_identity()], "CN:SIA CITA:eZīmogs")


def test_several_seals_of_one_name_are_told_with_their_ids() -> None:
    with pytest.raises(Permanent, match=r"Several seals.*\(id one\); .*\(id two\)"):
        find_seal([an_identity("one"), an_identity("two")], CN)


def test_one_of_several_seals_of_one_name_is_found_by_its_id() -> None:
    assert find_seal([an_identity("one"), an_identity("two")], "two").id == "two"


@pytest.mark.parametrize(
    "entry",
    [
        {"description": "eparaksts:mobileid:auth"},
        {"labels": ["mobileid", "x509:keyUsage:digitalSignature"]},
        {"description": "eparaksts:eid:auth"},
        {"labels": ["EID", "x509:keyUsage:digitalSignature"]},
    ],
)
def test_an_authentication_identity_is_known_by_description_or_labels(entry: dict[str, Any]) -> None:
    found = SignIdentity.of({"id": "auth", "status": {"value": "Enabled"}, **entry})
    assert find_personal([an_identity(), found]).id == "auth"


def test_eparaksts_mobile_goes_before_eid() -> None:
    entries = [
        an_identity("card", description="eparaksts:eid:auth"),
        an_identity("m", description="eparaksts:mobileid:auth"),
    ]
    assert find_personal(entries).id == "m"


def test_a_person_without_authentication_identity_is_told_so() -> None:
    with pytest.raises(Permanent, match="eParaksts mobile"):
        find_personal([an_identity()])


def test_the_signing_identity_of_the_phone_is_found_where_it_is_asked_for() -> None:
    entries = [
        an_identity("seal"),
        an_identity("auth", description="eparaksts:mobileid:auth"),
        an_identity("m", description="eparaksts:mobileid:sign"),
    ]
    assert find_personal(entries, PersonalPurpose.SIGNING).id == "m"
    with pytest.raises(Permanent, match="no signing certificate"):
        find_personal(entries[:2], PersonalPurpose.SIGNING)
