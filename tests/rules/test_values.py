import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from jobs.model.digest import Digest, HashAlgorithm, SignatureValue
from jobs.model.names import batch_id, batch_number, batch_route, document_id, is_batch_id, personal_code
from jobs.model.seals import normalise_label
from tests.support.builders import INVOICES, a_document, a_route, a_seal


@pytest.mark.parametrize("algorithm", HashAlgorithm)
def test_a_digest_learns_its_algorithm_from_its_length(algorithm: HashAlgorithm) -> None:
    raw = hashlib.new(algorithm, b"x").digest()
    assert Digest.of(raw).algorithm is algorithm
    assert Digest.of(raw).value == raw


def test_a_digest_of_the_wrong_length_cannot_exist() -> None:
    with pytest.raises(ValidationError, match="32 bytes"):
        Digest(algorithm=HashAlgorithm.SHA256, hex="00" * 31)


def test_a_digest_of_no_known_length_cannot_exist() -> None:
    with pytest.raises(ValueError, match="20 bytes"):
        Digest.of(bytes(20))


def test_a_digest_survives_json_as_one_string() -> None:
    digest = Digest.sha256(b"x")
    written = to_json(digest)
    assert written == f'"sha256:{digest.hex}"'.encode()
    assert TypeAdapter(Digest).validate_json(written) == digest


@given(st.binary(min_size=3))
def test_a_signature_value_survives_json(raw: bytes) -> None:
    value = SignatureValue.of(raw)
    assert TypeAdapter(SignatureValue).validate_json(to_json(value)).value == raw


def test_a_signature_value_is_not_shown() -> None:
    value = SignatureValue.of(b"secret-ish")
    assert value.base64 not in repr(value)


@given(st.integers(1, 10**7))
def test_a_batch_id_tells_its_route_and_number(number: int) -> None:
    batch = batch_id(INVOICES, number)
    assert is_batch_id(batch)
    assert (batch_route(batch), batch_number(batch)) == (INVOICES, number)


@pytest.mark.parametrize("text", ["", "invoices", "../invoices-000001", "Invoices-000001", "invoices-1"])
def test_other_texts_are_no_batch_ids(text: str) -> None:
    assert not is_batch_id(text)


def test_document_ids_sort_by_time() -> None:
    early = document_id(datetime(2026, 1, 1, tzinfo=UTC), b"zzzzzz")
    late = document_id(datetime(2026, 1, 2, tzinfo=UTC), b"aaaaaa")
    assert early < late


@pytest.mark.parametrize("text", ["000123-00001", "PNOLV-000123-00001", " pnolv-000123-00001 "])
def test_a_personal_code_has_one_form(text: str) -> None:
    assert personal_code(text) == "PNOLV-000123-00001"


def test_what_is_no_personal_code_is_refused() -> None:
    with pytest.raises(ValueError, match="personal code"):
        personal_code("Anna")


@pytest.mark.parametrize("name", ["/etc/passwd", "../a.pdf", "a/../b.pdf", "a//b.pdf", "", "."])
def test_a_document_cannot_be_named_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        type(a_document()).model_validate(a_document().model_dump() | {"name": name})


def test_a_route_accepts_bare_personal_codes_and_needs_one() -> None:
    route = type(a_route())
    assert route.model_validate({"name": "r", "seal": "S", "approvers": ["000123-00001"]}).approvers == {
        "PNOLV-000123-00001"
    }
    with pytest.raises(ValidationError):
        route.model_validate({"name": "r", "seal": "S", "approvers": []})


@pytest.mark.parametrize(
    "label",
    [
        "CN:SIA PARAUGS (A): eZīmogs",
        "SIA PARAUGS (A) : eZīmogs",
        "cn: SIA  PARAUGS (A):eZi\u0304mogs",
        "SIA PARAUGS (A):eZīmogs",
    ],
)
def test_labels_that_differ_in_writing_only_are_the_same(label: str) -> None:
    assert normalise_label(label) == "SIA PARAUGS (A): eZīmogs"


def test_a_seal_does_not_show_its_certificates() -> None:
    assert a_seal().certificate not in repr(a_seal())


def test_values_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        a_document().size = 1  # type: ignore[misc]
