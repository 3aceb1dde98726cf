"""Enrolling a seal against the practice vendor's people."""

from pathlib import Path

import pytest

from jobs.model.errors import Permanent
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.support.builders import ANNA, JANIS, NOON
from tests.wire.practice import Practice, practising
from worker.eparaksts.certificates import common_name, is_for_authentication, is_for_signing
from worker.eparaksts.enrolment import enrol
from worker.eparaksts.identities import PersonalPurpose


async def test_the_person_is_known_by_name_and_code(practice: Practice) -> None:
    person = await practice.client.platform.user(await practice.login())
    assert (person.name, person.personal_code) == ("ANNA PARAUGA", ANNA)


@pytest.mark.parametrize(
    "label", ["CN:SIA PARAUGS (P-384): eZīmogs", "SIA PARAUGS (P-384) :eZīmogs", "SIA  PARAUGS (P-384):eZīmogs"]
)
async def test_a_seal_is_found_however_its_label_is_spaced(practice: Practice, label: str) -> None:
    seal = await practice.seal(label)
    assert seal.label == label
    assert common_name(seal.certificate) == "SIA PARAUGS (P-384) :eZīmogs"
    assert is_for_authentication(seal.authentication_certificate)
    assert (seal.holder, seal.enrolled_at) == (ANNA, NOON)


async def test_a_seal_may_be_enrolled_with_its_holders_signing_certificate(practice: Practice) -> None:
    seal = await practice.seal(timestamps_by=PersonalPurpose.SIGNING)
    assert is_for_signing(seal.authentication_certificate)
    assert not is_for_authentication(seal.authentication_certificate)
    assert common_name(seal.authentication_certificate) == "ANNA PARAUGA"


async def test_a_seal_is_found_by_its_identity(practice: Practice) -> None:
    identity = (await practice.seal()).identity
    assert (await practice.seal(identity)).identity == identity


async def test_identities_are_also_read_without_their_wrapper(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path, variants={"identity": "flat"}) as practice:
        assert await practice.seal()


async def test_a_seal_of_no_such_name_is_told_with_those_there_are(practice: Practice) -> None:
    with pytest.raises(Permanent, match=r"no seal named SIA CITA: eZīmogs.*SIA PARAUGS \(P-256\): eZīmogs \(id"):
        await practice.seal("CN:SIA CITA: eZīmogs")


async def test_a_person_without_seals_is_told_so(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path, auto_approve="liga") as practice:
        with pytest.raises(Permanent, match="has no enabled seal"):
            await practice.seal()


async def test_a_disabled_seal_is_told_with_its_status(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path, auto_approve="janis") as practice:
        with pytest.raises(Permanent, match="status is “disabled”"):
            await practice.seal("SIA PARAUGS (ARHĪVS): eZīmogs")


async def test_a_certificate_of_somebody_else_is_refused(practice: Practice) -> None:
    practice.order(At.SIGN_IDENTITY, Kind.FOREIGN_CERTIFICATE)
    with pytest.raises(Permanent, match="gave a certificate of"):
        await practice.seal()


async def test_an_authentication_certificate_of_somebody_else_is_refused(practice: Practice) -> None:
    token = await practice.login()
    with pytest.raises(Permanent, match="of another person"):
        await enrol(practice.client.platform, token, "CN:SIA PARAUGS (P-256): eZīmogs", JANIS, NOON)


@pytest.mark.parametrize(
    ("login", "label"),
    [
        ("marta", "SIA PARAUGS (ČIEKURKALNS): eZīmogs"),  # the vendor writes it in NFD
        ("marta", "CN:SIA PARAUGS (ŠĶIROTAVA): eZīmogs"),  # the vendor writes other spaces
        ("ilze", "SIA PARAUGS (GRĀMATVEDĪBA): eZīmogs"),  # logs in with an eID card
    ],
)
async def test_a_seal_is_enrolled_from_people_of_every_kind(
    vendor_state: Path, tmp_path: Path, login: str, label: str
) -> None:
    async with practising(vendor_state, tmp_path, auto_approve=login) as practice:
        token = await practice.login()
        code = (await practice.client.platform.user(token)).personal_code
        assert (await enrol(practice.client.platform, token, label, code, NOON)).label == label


async def test_a_card_whose_certificate_is_not_listed_is_told_so(vendor_state: Path, tmp_path: Path) -> None:
    async with practising(vendor_state, tmp_path, auto_approve="peteris") as practice:
        with pytest.raises(Permanent, match="authentication"):
            await practice.seal("SIA PARAUGS (KANCELEJA): eZīmogs")
