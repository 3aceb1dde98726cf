"""What every value has in common, whatever it is of."""

import copy
import pickle

from jobs.model.documents import Document
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
