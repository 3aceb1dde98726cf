"""Our DER is asn1crypto's DER."""

from datetime import UTC, datetime

from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from sandbox.pki.der import generalized_time, integer, octet_string, oid, sequence, set_of

MODERN = st.datetimes(datetime(1950, 1, 1), datetime(2999, 1, 1), timezones=st.timezones())  # noqa: DTZ001 - hypothesis adds the zone
WHOLE_SECONDS = MODERN.map(lambda moment: moment.replace(microsecond=0))


@given(st.integers(min_value=0, max_value=2**200))
def test_an_integer_is_written_in_the_fewest_bytes(value: int) -> None:
    assert integer(value) == core.Integer(value).dump()


@given(st.one_of(st.binary(max_size=300), st.integers(0, 70_000).map(bytes)))
def test_a_length_is_written_in_the_fewest_bytes(content: bytes) -> None:
    assert octet_string(content) == core.OctetString(content).dump()


@given(st.lists(st.integers(min_value=0)))
def test_a_sequence_keeps_its_order(values: list[int]) -> None:
    assert sequence(*map(integer, values)) == core.SequenceOf(values, spec=core.Integer).dump()


@given(st.lists(st.integers(min_value=0)))
def test_a_set_is_sorted_by_encoding(values: list[int]) -> None:
    assert set_of(*map(integer, values)) == core.SetOf(values, spec=core.Integer).dump(force=True)


def test_an_object_identifier_is_written_in_base_128() -> None:
    assert oid("1.2.840.113549.1.7.2").hex() == "06092a864886f70d010702"


@given(WHOLE_SECONDS)
def test_a_time_is_written_in_utc(moment: datetime) -> None:
    assert core.GeneralizedTime.load(generalized_time(moment)).native == moment.astimezone(UTC)
