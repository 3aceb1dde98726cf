"""What every value has in common, whatever it is of."""

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest
from pydantic import TypeAdapter, ValidationError

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Document
from jobs.model.records import Delivery, DocumentResult, PreparedDocument, Refusal, SignedDocument
from tests.support.builders import a_document


def test_a_value_keeps_nothing_beside_its_fields() -> None:
    values = a_document(1), a_document(2), Document.model_validate_json(a_document(3).model_dump_json())
    assert len({id(value.__pydantic_fields_set__) for value in values}) == 1, "a set for each is half of its memory"


def test_copies_are_the_same_value_and_leave_others_as_they_are() -> None:
    value = a_document(1)
    other = value.model_copy(update={"size": 7})
    assert (other.size, other.id) == (7, value.id)
    assert value.model_fields_set == set()
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == copy.copy(value) == value  # noqa: S301


def test_all_of_a_value_is_written_whatever_was_given() -> None:
    given = a_document(1).model_dump(mode="json")
    given.pop("remarks")
    assert "remarks" in Document.model_validate(given).model_dump(mode="json")


def test_what_stands_in_a_record_for_each_document_keeps_nothing_beside_its_fields() -> None:
    kinds = Digest, SignatureValue, PreparedDocument, SignedDocument, DocumentResult, Delivery, Refusal
    assert not [kind for kind in kinds if "__dict__" in dir(kind)], "a dictionary for each is half of its memory"


def test_a_compact_value_is_checked_and_stays_as_it_is() -> None:
    check = TypeAdapter(DocumentResult).validate_python
    for wrong in {"document": "no number"}, {"document": a_document(1).id, "of": "another"}:
        with pytest.raises(ValidationError):
            check(wrong)
    with pytest.raises(FrozenInstanceError):
        check({"document": a_document(1).id}).error = "late"  # type: ignore[misc]
