"""Digests and signature values: whole, in order, or not at all."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.digest import Digest
from sandbox.pki import KeyKind
from tests.sandbox import practice
from tests.support.builders import a_seal
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.fields import decode_base64
from worker.eparaksts.platform_replies import read_signature_values
from worker.eparaksts.signapi_replies import read_digests, signature_algorithm
from worker.eparaksts.wire import Reply

SHA256 = Digest.of(hashlib.sha256(b"x").digest())
SHA384 = Digest.of(hashlib.sha384(b"x").digest())
VALUE = bytes(range(250, 256)) * 12
B64 = base64.b64encode(VALUE).decode()
URL_SAFE = base64.urlsafe_b64encode(VALUE).decode()


def a_reply(answer: Any) -> Reply:
    return Reply(200, json.dumps(answer).encode())


def digests_of(*sessions: str, **changes: Any) -> Reply:
    entries = [
        {"sessionId": session, "digest": base64.b64encode(hashlib.sha256(session.encode()).digest()).decode()}
        for session in sessions
    ]
    answer = {
        "sessionDigests": entries,
        "digests_summary": "c3VtbWFyeQ==",
        "algorithm": "SHA256",
        "signature_algorithm": "ecdsa",
    }
    return a_reply({"data": answer | changes})


@pytest.mark.parametrize(
    "answer",
    [
        {"signatures": [B64, B64]},
        [B64, B64],
        {"signatures": [{"value": B64}, {"value": B64}]},
        [{"signature": B64}, {"signature_value": B64}],
        {"signatures": [URL_SAFE, URL_SAFE.rstrip("=")]},
        {"signatures": [B64.rstrip("="), B64[:10] + "\n" + B64[10:]]},
    ],
)
def test_signature_values_are_read_in_every_known_shape(answer: Any) -> None:
    assert read_signature_values(a_reply(answer), 2) == (VALUE, VALUE)


def test_signature_values_keep_their_order() -> None:
    texts = [base64.b64encode(bytes([number])).decode() for number in range(100)]
    assert read_signature_values(a_reply({"signatures": texts}), 100) == tuple(bytes([number]) for number in range(100))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"signatures": [B64]}, "2 digests were to be signed, 1 signature values came"),
        ({"signatures": [B64] * 3}, "3 signature values came"),
        ({"signatures": [B64, {"error": "x", "value": B64}]}, "was not signed"),
        ({"signatures": [B64, ""]}, "is empty"),
        ({"signatures": [B64, None]}, "is nothing"),
        ({"signatures": [B64, {}]}, "is nothing"),
        ({"signatures": [B64, "not base64!"]}, "not base64"),
        ({"signatures": "x"}, "a list of signature values was expected, not a text"),
        ({"values": [B64, B64]}, "no 'signatures', but is an object with 'values'"),
    ],
)
def test_anything_else_is_no_answer_and_told_why(answer: Any, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_signature_values(a_reply(answer), 2)


@given(st.binary(min_size=1), st.booleans(), st.booleans())
def test_base64_is_read_in_either_alphabet_padded_or_not(value: bytes, url_safe: bool, padded: bool) -> None:  # noqa: FBT001  hypothesis passes them
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(value).decode()
    assert decode_base64(text if padded else text.rstrip("=")) == value


def test_digests_stay_in_the_order_of_the_answer() -> None:
    found = read_digests(digests_of("b", "c", "a"), ("a", "b", "c"), a_seal())
    assert [each.session for each in found.digests] == ["b", "c", "a"]
    assert (found.summary, found.summary_algorithm, found.signature_algorithm) == ("c3VtbWFyeQ==", "SHA256", "ecdsa")


@pytest.mark.parametrize("sessions", [("a",), ("a", "a"), ("a", "c"), ("a", "b", "c"), ()])
def test_digests_of_other_sessions_are_no_answer(sessions: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable, match="digests of 2 sessions were asked for"):
        read_digests(digests_of(*sessions), ("a", "b"), a_seal())


@pytest.mark.parametrize(
    "changes",
    [
        {"digests_summary": ""},
        {"digests_summary": None},
        {"algorithm": 5},
        {"sessionDigests": [{"sessionId": "a", "digest": "AAAA"}]},
        {"sessionDigests": [{"sessionId": "a"}]},
    ],
)
def test_a_digest_answer_with_a_gap_is_no_answer(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_digests(digests_of("a", **changes), ("a",), a_seal())


@pytest.mark.parametrize(
    ("named", "algorithm"),
    [
        ("ecdsa", "ecdsa"),
        ("ECDSA", "ecdsa"),
        ("SHA256withECDSA", "ecdsa"),
        ("rsa-sha256", "rsa-sha256"),
        ("RSA-SHA512", "rsa-sha512"),
        ("SHA256withRSA", "rsa-sha256"),
        ("SHA384withRSA", "rsa-sha384"),
    ],
)
def test_the_vendors_names_become_the_platforms(named: str, algorithm: str) -> None:
    assert signature_algorithm(named, a_seal(), SHA256) == algorithm


@pytest.mark.parametrize(
    ("kind", "digest", "algorithm"),
    [
        (KeyKind.P256, SHA256, "ecdsa"),
        (KeyKind.P384, SHA384, "ecdsa"),
        (KeyKind.RSA2048, SHA256, "rsa-sha256"),
        (KeyKind.RSA2048, SHA384, "rsa-sha384"),
    ],
)
@pytest.mark.parametrize("named", [None, "", "something new", 7])
def test_without_a_known_name_the_certificate_decides(
    kind: KeyKind, digest: Digest, algorithm: str, named: object
) -> None:
    certificate = base64.b64encode(practice.a_seal(kind).certificate_der).decode()
    seal = a_seal().model_copy(update={"certificate": certificate})
    assert signature_algorithm(named, seal, digest) == algorithm
