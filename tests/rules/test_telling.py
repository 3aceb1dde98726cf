"""When something is told, to which addresses, how it is signed, and what people read."""

from base64 import b64encode
from datetime import UTC, datetime, time, timedelta
from itertools import product

import pytest
from pydantic import SecretStr

from config.notices import decode_webhook_secret
from jobs.model.events import Event, EventKind
from jobs.model.text import Language
from tests.support.builders import INVOICES, NOON
from worker.addresses import is_public
from worker.notices.message import compose
from worker.notices.pace import is_quiet, next_try, next_visit
from worker.notices.webhooks import sign
from worker.translation import catalogue, translate

DESK = "https://seal.example.org"


def test_pauses_grow_and_end_after_about_a_day() -> None:
    now, pauses = NOON, list[timedelta]()
    while (again := next_try(len(pauses) + 1, now)) is not None:
        pauses.append(again - now)
        now = again
    assert pauses == sorted(pauses)
    assert timedelta(seconds=10) > pauses[0]
    assert timedelta(hours=18) < now - NOON < timedelta(hours=36)


def test_a_target_that_is_away_is_visited_every_few_minutes_for_ever() -> None:
    visits = [next_visit(attempts, NOON) - NOON for attempts in (1, 5, 500)]
    assert visits == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=5)]


@pytest.mark.parametrize(
    ("clock", "over_midnight", "by_day"), [(23, True, False), (3, True, False), (7, False, False), (12, False, True)]
)
def test_quiet_hours_may_go_over_midnight(clock: int, over_midnight: bool, by_day: bool) -> None:  # noqa: FBT001
    now = NOON.replace(hour=clock)
    assert is_quiet(now, (time(22), time(7))) is over_midnight
    assert is_quiet(now, (time(12), time(13))) is by_day
    assert not is_quiet(now, None)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1",
        "fd12::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:c0a8:101::1", "2001:db8::1",
        "2001:0:808:808::80ff:fffe", "localhost", "",
    ],
)  # fmt: skip
def test_an_address_of_our_own_networks_is_known_in_every_spelling(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "91.198.156.20", "2a02:503::1", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_whole_internet_is_public(address: str) -> None:
    assert is_public(address)


def test_the_signature_is_that_of_the_schemes_own_example() -> None:
    """The reference vector that libraries of Standard Webhooks are tested with."""
    key = decode_webhook_secret(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    headers = sign([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_a_message_carries_a_signature_by_each() -> None:
    old, new = (sign([key], "m", NOON, b"{}")["webhook-signature"] for key in (b"old", b"new"))
    assert sign([b"old", b"new"], "m", NOON, b"{}")["webhook-signature"] == f"{old} {new}"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "whsec_" + b64encode(b"short").decode(), "abc"])
def test_a_secret_that_is_none_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and 24 to 64 random bytes"):
        decode_webhook_secret(SecretStr(secret))


def waiting(number: int, documents: int) -> Event:
    batch = f"invoices-{number:06}"
    return Event(
        id=f"{batch}.prepared.2",
        kind=EventKind.BATCH_WAITING,
        at=NOON,
        route=INVOICES,
        batch=batch,
        documents=documents,
    )


@pytest.mark.parametrize(
    ("language", "title", "lines"),
    [
        (
            Language.ENGLISH,
            "3 batches wait for you",
            ["3 batches wait for you: 212 documents.", "Open the desk: https://seal.example.org"],
        ),
        (
            Language.LATVIAN,
            "3 partijas gaida lēmumu",
            ["3 partijas gaida lēmumu: 212 dokumenti.", "Darba galds: https://seal.example.org"],
        ),
    ],
)
def test_what_waits_is_told_in_one_message_in_the_persons_language(
    language: Language, title: str, lines: list[str]
) -> None:
    message = compose([waiting(1, 100), waiting(2, 100), waiting(3, 12)], DESK)
    assert translate(message.title, language) == title
    assert [translate(line, language) for line in message.lines] == lines


def test_a_batch_that_is_told_twice_counts_once() -> None:
    again = waiting(1, 90).model_copy(update={"id": "invoices-000001.prepared.5"})
    assert compose([waiting(1, 100), again], DESK).lines[0] == "1 batch waits for you: 90 documents."


def test_every_kind_of_event_is_told_in_both_languages() -> None:
    known = catalogue(Language.LATVIAN)
    for kind, route in product(EventKind, (INVOICES, None)):
        event = waiting(1, 21).model_copy(update={"kind": kind, "route": route, "seal": "S", "ends_at": NOON})
        line, _ = compose([event], DESK).lines
        assert translate(line, Language.LATVIAN) != line
        assert known.ngettext(line.template, line.many, 1) if line.many else known.gettext(line.template)


def test_many_batches_are_not_all_named() -> None:
    events = [waiting(number, 1).model_copy(update={"kind": EventKind.BATCH_STOPPED}) for number in range(1, 9)]
    (line, _) = compose(events, DESK).lines
    assert line.endswith("invoices-000005 ….")
