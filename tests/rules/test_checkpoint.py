from datetime import timedelta

import pytest

from jobs.model.chain import ChainHead
from jobs.model.checkpoint import (
    Checkpoint,
    Extent,
    checkpoint_name,
    checkpoint_number,
    decode_checkpoint,
    encode_checkpoint,
    find_head,
    is_due,
)
from jobs.model.digest import Digest
from jobs.model.errors import BrokenCheckpoint
from jobs.model.mac import has_mac
from jobs.model.merkle import follow
from jobs.model.names import batch_id
from tests.support.builders import INVOICES, NOON

SECRET = b"k" * 32


def head(number: int, records: int = 3) -> ChainHead:
    return ChainHead.of(batch_id(INVOICES, number), records, b"%d" % number)


ZERO = encode_checkpoint(Extent().follow([], NOON), SECRET)


def after(*contents: bytes) -> Extent:
    extent = Extent()
    for content in contents:
        extent.add(content)
    return extent


def first_of(*heads: ChainHead) -> Checkpoint:
    """Checkpoint 1, with these heads."""
    return after(ZERO).follow(heads, NOON)


def test_what_is_written_is_read() -> None:
    checkpoint = first_of(head(2), head(1))
    content = encode_checkpoint(checkpoint, SECRET)
    assert decode_checkpoint(content) == checkpoint
    assert has_mac(content, SECRET)
    assert (checkpoint.number, checkpoint.previous) == (1, Digest.sha256(ZERO))
    assert [each.batch for each in checkpoint.heads] == [batch_id(INVOICES, 1), batch_id(INVOICES, 2)]


def test_a_head_is_one_line_of_text() -> None:
    assert str(head(1)) == f"invoices-000001 3 {Digest.sha256(b'1').hex}"
    assert ChainHead.read(str(head(1))) == head(1)


@pytest.mark.parametrize("text", ["", "invoices-000001 3", f"invoices 3 {'0' * 64}", f"invoices-000001 0 {'0' * 64}"])
def test_another_text_is_no_head(text: str) -> None:
    with pytest.raises(ValueError, match="is no head"):
        ChainHead.read(text)


def test_one_head_is_found_without_reading_the_others() -> None:
    content = encode_checkpoint(first_of(head(1), head(12)), SECRET)
    assert find_head(content, head(12).batch) == head(12)
    assert find_head(content, batch_id(INVOICES, 2)) is None


def test_a_batch_is_led_to_the_root() -> None:
    first = encode_checkpoint(first_of(*map(head, range(1, 6))), SECRET)
    second = after(ZERO, first).follow(map(head, range(1, 8)), NOON)
    extent = after(ZERO, first, encode_checkpoint(second, SECRET))
    for number in (1, 5, 7):
        assert follow(str(head(number)).encode(), extent.prove(head(number).batch)) == second.root.value
    with pytest.raises(ValueError, match="not in list"):
        extent.prove(head(8).batch)


def test_a_checkpoint_lists_only_what_changed_and_its_root_is_over_everything() -> None:
    first = encode_checkpoint(first_of(head(1), head(2)), SECRET)
    second = after(ZERO, first).follow([head(1), head(2, 4), head(3)], NOON)
    assert second.heads == (head(2, 4), head(3))
    assert second.root == first_of(head(1), head(2, 4), head(3)).root
    assert after(ZERO, first, encode_checkpoint(second, SECRET)).heads.keys() == {head(n).batch for n in (1, 2, 3)}


def test_what_does_not_follow_the_checkpoint_before_is_refused() -> None:
    first = encode_checkpoint(first_of(head(1)), SECRET)
    another = encode_checkpoint(first_of(head(2)), SECRET)
    second = encode_checkpoint(after(ZERO, first).follow([head(3)], NOON), SECRET)
    for contents in ([first], [ZERO, second], [ZERO, another, second], [ZERO, ZERO]):
        with pytest.raises(BrokenCheckpoint, match="not made after the one before it"):
            after(*contents)


@pytest.mark.parametrize("change", [(b" 3 ", b" 4 "), (b"invoices-000001", b"invoices-000009")])
def test_a_root_that_its_heads_do_not_make_is_found(change: tuple[bytes, bytes]) -> None:
    content = encode_checkpoint(first_of(head(1)), SECRET)
    after(ZERO, content).require_root()
    with pytest.raises(BrokenCheckpoint, match="another root"):
        after(ZERO, content.replace(*change)).require_root()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"version":1', b'"version":2'),
        lambda text: text.replace(b"invoices-000001", b"invoices-000009"),
        lambda text: text.replace(b"invoices-000001", b"invoices-000002"),
        lambda text: text[:-10],
    ],
)
def test_a_checkpoint_that_contradicts_itself_is_none(change: object) -> None:
    assert callable(change)
    content = encode_checkpoint(first_of(head(1), head(2)), SECRET)
    with pytest.raises(BrokenCheckpoint):
        decode_checkpoint(change(content))


@pytest.mark.parametrize(
    ("days", "due"), [(0, False), (1, True), (-1, True)], ids=["the same day", "the next day", "a clock set back"]
)
def test_every_day_has_one(days: int, due: bool) -> None:  # noqa: FBT001  pytest passes by name
    latest = first_of(head(1))
    assert is_due(latest, NOON + timedelta(days=days)) is due


def test_what_lay_there_before_the_key_is_not_the_days_checkpoint() -> None:
    assert is_due(decode_checkpoint(ZERO), NOON)


def test_a_name_tells_which_checkpoint_it_is() -> None:
    assert checkpoint_number(checkpoint_name(7)) == 7
    assert checkpoint_number(f"folder/{checkpoint_name(7)}") is None
    assert checkpoint_number("invoice.json") is None
