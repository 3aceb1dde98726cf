"""Objects that recur are read once, and mean what they would mean if they were read anew."""

import pytest

from worker.verification.pades.crossref import ObjectPlace, Packed, Placed
from worker.verification.pades.objects import read_object
from worker.verification.pades.syntax import Reference, Stream

SOUND = b"7 0 obj\n<</Length 3>>\nstream\nabc\nendstream\nendobj\n"


def test_the_same_text_under_two_numbers_is_two_objects() -> None:
    for number in (7, 8, 7):
        text = SOUND.replace(b"7", b"%d" % number)
        found = read_object(text, 0, len(text))
        assert found == (Reference(number, 0), Stream({"Length": 3}, b"abc"), len(text) - 1)


def test_one_other_byte_is_another_object() -> None:
    read_object(SOUND, 0, len(SOUND))
    assert read_object(SOUND.replace(b"abc", b"abd"), 0, len(SOUND))[1] == Stream({"Length": 3}, b"abd")


@pytest.mark.parametrize("following", [b"8 0 obj", b"x", b"xref"])
def test_an_object_whose_end_runs_into_what_follows_is_refused(following: bytes) -> None:
    sound = SOUND.rstrip()
    read_object(sound, 0, len(sound))
    with pytest.raises(ValueError, match="does not end"):
        read_object(sound + following, 0, len(sound))


def test_an_object_cut_short_by_its_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not end"):
        read_object(SOUND, 0, SOUND.index(b"endobj") + 3)


def test_an_object_too_long_to_be_remembered_is_read_all_the_same() -> None:
    text = b"7 0 obj\n<</Length 99999>>\nstream\n%b\nendstream\nendobj\n" % (b"a" * 99_999)
    assert read_object(text, 0, len(text))[1].encoded == b"a" * 99_999


def test_a_place_in_the_file_never_equals_one_in_an_object_stream() -> None:
    places: list[ObjectPlace] = [Packed(5, 0), Placed(5, 0)]
    assert places[0] != places[1]
