"""Each signature value fits its own document's digest, in whichever of two encodings it came."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.digest import Digest, SignatureValue
from jobs.model.errors import Permanent
from sandbox.pki.keys import KeyKind
from tests.support.pki import the_seal
from worker.verification.keys import canonical, verifies
from worker.verification.values import verify_values

KEYS = {
    curve.key_size: ec.generate_private_key(curve).public_key()
    for curve in (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())
}
DIGESTS = [Digest.sha256(name) for name in (b"one", b"two", b"three")]


def certificate_of(kind: KeyKind) -> str:
    return base64.b64encode(the_seal(kind).certificate_der).decode()


def values_of(kind: KeyKind) -> list[bytes]:
    return [the_seal(kind).sign_digest(digest.value) for digest in DIGESTS]


def check(kind: KeyKind, values: list[bytes]) -> list[bytes]:
    signed = [(digest, SignatureValue.of(value)) for digest, value in zip(DIGESTS, values, strict=True)]
    return [value.value for value in verify_values(certificate_of(kind), signed)]


def as_p1363(value: bytes, width: int) -> bytes:
    r, s = decode_dss_signature(value)
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


@pytest.mark.parametrize("kind", KeyKind)
def test_values_that_fit_come_back_in_order(kind: KeyKind) -> None:
    values = values_of(kind)
    assert check(kind, values) == values


@pytest.mark.parametrize(("kind", "width"), [(KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_bare_r_and_s_become_der(kind: KeyKind, width: int) -> None:
    values = values_of(kind)
    assert check(kind, [as_p1363(value, width) for value in values]) == values


@pytest.mark.parametrize("kind", KeyKind)
def test_base64_inside_base64_is_undone_once(kind: KeyKind) -> None:
    values = values_of(kind)
    assert check(kind, [base64.b64encode(value) for value in values]) == values


@pytest.mark.parametrize("kind", KeyKind)
def test_base64_thrice_is_refused(kind: KeyKind) -> None:
    with pytest.raises(Permanent, match="value 1 of 3"):
        check(kind, [base64.b64encode(base64.b64encode(value)) for value in values_of(kind)])


@pytest.mark.parametrize("kind", KeyKind)
def test_values_in_another_order_are_recognised_as_such(kind: KeyKind) -> None:
    first, second, third = values_of(kind)
    with pytest.raises(Permanent, match="value 2 of 3 belongs to document 3: the values came back in another order"):
        check(kind, [first, third, second])


@pytest.mark.parametrize("kind", KeyKind)
def test_a_value_of_another_key_is_refused_and_never_shown(kind: KeyKind) -> None:
    foreign = base64.b64encode(b"\x01" * 64)
    with pytest.raises(Permanent, match="value 3 of 3") as refusal:
        check(kind, [*values_of(kind)[:2], foreign])
    assert foreign.decode() not in str(refusal.value)


@pytest.mark.parametrize("kind", KeyKind)
def test_a_value_over_another_digest_is_refused(kind: KeyKind) -> None:
    elsewhere = the_seal(kind).sign_digest(Digest.sha256(b"elsewhere").value)
    with pytest.raises(Permanent, match="does not fit its document's digest, nor any other"):
        check(kind, [elsewhere, *values_of(kind)[1:]])


def test_an_rsa_value_of_another_length_is_refused() -> None:
    longer = values_of(KeyKind.RSA3072)
    with pytest.raises(Permanent, match="384 bytes, where this RSA key gives 256"):
        check(KeyKind.RSA2048, longer)


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(Permanent, match="the seal certificate cannot be used"):
        verify_values(base64.b64encode(b"no certificate").decode(), [])


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("kind", KeyKind)
def test_the_hash_follows_from_the_length_of_the_digest(kind: KeyKind, algorithm: str) -> None:
    digest = Digest.of(b"\xab" * {"sha256": 32, "sha384": 48, "sha512": 64}[algorithm])
    value = the_seal(kind).sign_digest(digest.value)
    assert verify_values(certificate_of(kind), [(digest, SignatureValue.of(value))]) == (SignatureValue.of(value),)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[ec.EllipticCurvePublicKey, int, int]:
    size = draw(st.sampled_from(sorted(KEYS)))
    numbers = st.integers(min_value=1, max_value=2**size - 1)
    return KEYS[size], draw(numbers), draw(numbers)


@given(pairs())
def test_der_stays_as_it_is(pair: tuple[ec.EllipticCurvePublicKey, int, int]) -> None:
    key, r, s = pair
    value = encode_dss_signature(r, s)
    assert canonical(key, value) == value


@given(pairs())
def test_r_and_s_of_the_curves_width_become_der(pair: tuple[ec.EllipticCurvePublicKey, int, int]) -> None:
    key, r, s = pair
    width = (key.curve.key_size + 7) // 8
    value = r.to_bytes(width, "big") + s.to_bytes(width, "big")
    assert decode_dss_signature(canonical(key, value)) == (r, s)


@given(st.sampled_from(sorted(KEYS)), st.binary(max_size=200))
def test_anything_else_is_refused(size: int, value: bytes) -> None:
    width = 2 * ((size + 7) // 8)
    try:
        taken = canonical(KEYS[size], value)
    except ValueError:
        return
    assert taken == value or width in (len(value), len(base64.b64decode(value))) or base64.b64decode(value) == taken


@given(st.binary(min_size=1, max_size=60))
def test_der_with_something_behind_it_is_no_der(behind: bytes) -> None:
    value = encode_dss_signature(7, 9) + behind
    if len(value) != 64:
        with pytest.raises(ValueError, match="neither DER"):
            canonical(KEYS[256], value)


def test_a_value_of_zero_verifies_nothing() -> None:
    assert not verifies(KEYS[256], DIGESTS[0], encode_dss_signature(1, 1))
    with pytest.raises(ValueError, match="neither DER"):
        canonical(KEYS[256], encode_dss_signature(0, 1))
