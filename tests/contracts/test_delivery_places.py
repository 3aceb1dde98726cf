"""Deliveries are found in the outbox's logs without reading what was read before, whatever becomes of the index."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from worker.storage.delivery_places import FILE, MUCH, DeliveryPlaces, LinePlace

OLD, NEW = "20260102-aaaaaaaa.log", "29990101-bbbbbbbb.log"
"""A log of a day long past, and one that still grows."""
MANY = 600
"""Lines of more bytes than anybody reads twice."""


def content_of(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def document_of(number: int) -> str:
    return f"20260102T120000-{number:012x}"


def line_of(number: int) -> bytes:
    mac = sha256(document_of(number).encode()).hexdigest()
    return f'\n{document_of(number)} {mac} {{"original":{{"sha256":"{content_of(number)}"}}}}'.encode()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def places(logs: Path, data: Path) -> DeliveryPlaces:
    return DeliveryPlaces(logs, data)


def append(log: Path, *numbers: int) -> None:
    with log.open("ab") as file:
        file.writelines(map(line_of, numbers))


def read_back(places: tuple[LinePlace, ...]) -> list[bytes]:
    return [place.log.read_bytes()[place.start :].split()[0] for place in places]


def is_found(places: DeliveryPlaces, number: int) -> bool:
    found = places.find([content_of(number), document_of(number)])
    line = [document_of(number).encode()]
    return [read_back(each) for each in found.values()] == [line, line]


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def test_what_was_taken_in_is_not_read_again_however_much_there_ever_was(places: DeliveryPlaces, logs: Path) -> None:
    append(logs / OLD, *range(3 * MANY))
    append(logs / NEW, *range(3 * MANY, 6 * MANY))
    assert is_found(places, 7)
    before = bytes_read()
    assert places.find([content_of(7), document_of(4 * MANY)]).keys() == {content_of(7), document_of(4 * MANY)}
    assert not places.find([content_of(-1)])
    assert bytes_read() - before < sum(log.stat().st_size for log in logs.iterdir()) / 4


def test_logs_that_still_grow_are_read_on_and_old_ones_are_not_even_opened(places: DeliveryPlaces, logs: Path) -> None:
    append(logs / OLD, *range(3))
    append(logs / NEW, *range(3, 6))
    assert is_found(places, 1)
    append(logs / OLD, 99)
    append(logs / NEW, 6)
    assert is_found(places, 6)
    assert not places.find([document_of(99)])


def test_what_has_come_is_found_before_and_after_it_is_taken_in(places: DeliveryPlaces, logs: Path) -> None:
    for number in range(MANY):
        append(logs / NEW, number)
        if number % 50 == 0:
            assert is_found(places, number)
            assert is_found(places, 0)
    assert (logs / NEW).stat().st_size > MUCH


def test_the_newest_comes_first(places: DeliveryPlaces, logs: Path) -> None:
    for _ in range(2):
        append(logs / OLD, 1)
        append(logs / NEW, 1)
    found = places.find([content_of(1)])[content_of(1)]
    size = len(line_of(1))
    assert [(place.log.name, place.start) for place in found] == [(NEW, size + 1), (NEW, 1), (OLD, size + 1), (OLD, 1)]


def test_a_line_that_is_written_just_now_is_found_once_it_is_there(places: DeliveryPlaces, logs: Path) -> None:
    append(logs / NEW, *range(MANY))
    line = line_of(MANY)
    for begin, end in ((0, 60), (60, 140), (140, len(line))):
        with (logs / NEW).open("ab") as file:
            file.write(line[begin:end])
        places.find([content_of(MANY)])
    append(logs / NEW, MANY + 1)
    assert is_found(places, MANY)
    assert is_found(places, MANY + 1)


def test_another_log_of_the_same_name_is_read_from_its_begin(places: DeliveryPlaces, logs: Path) -> None:
    append(logs / NEW, *range(MANY))
    assert is_found(places, 1)
    (logs / NEW).unlink()
    append(logs / NEW, *range(MANY, 3 * MANY))
    assert is_found(places, MANY)
    assert is_found(places, 2 * MANY)
    assert not places.find([content_of(1)])


def throw_away(file: Path) -> None:
    file.unlink()


def damage(file: Path) -> None:
    file.write_bytes(b"no database" * 1000)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def block(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("suffer", [throw_away, damage, cut, block])
def test_whatever_becomes_of_the_file_everything_is_found(
    places: DeliveryPlaces, logs: Path, data: Path, suffer: Callable[[Path], None]
) -> None:
    append(logs / OLD, *range(MANY))
    append(logs / NEW, *range(MANY, 2 * MANY))
    assert is_found(places, 1)
    suffer(data / FILE)
    for _ in range(2):
        assert is_found(places, 1)
        assert is_found(places, MANY)


def test_what_another_process_made_anew_misses_nothing(places: DeliveryPlaces, logs: Path, data: Path) -> None:
    append(logs / OLD, *range(MANY))
    assert is_found(places, 1)
    (data / FILE).unlink()
    elsewhere = logs.with_name("elsewhere")
    elsewhere.mkdir()
    append(elsewhere / NEW, *range(MANY, 2 * MANY))
    assert is_found(DeliveryPlaces(elsewhere, data), MANY)
    assert is_found(places, 1)


def test_two_processes_share_the_file(places: DeliveryPlaces, logs: Path, data: Path) -> None:
    other = DeliveryPlaces(logs, data)
    for number in range(0, 4 * MANY, MANY):
        append(logs / NEW, *range(number, number + MANY))
        assert is_found(places, number)
        assert is_found(other, number + 1)
    assert is_found(places, 1)


def test_the_file_is_for_nobody_else_and_comes_only_where_there_is_something(
    places: DeliveryPlaces, logs: Path, data: Path
) -> None:
    assert not places.find([content_of(1)])
    assert not data.exists()
    append(logs / NEW, 1)
    assert DeliveryPlaces(logs, data).find([content_of(1)])
    assert (data / FILE).stat().st_mode & 0o777 == 0o600
