"""The practice vendor's keys and certificates: what they say, and that a restart finds them again."""

import hashlib
import stat
from pathlib import Path

import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.pki import Authority, KeyKind, SigningIdentity, verifies
from sandbox.pki.issuing import Lifetime
from sandbox.pki.store import FolderStore
from tests.sandbox.practice import LIFE, NOW, a_person, a_seal, the_authority
from tests.support.programs import run

EVERY_KEY = pytest.mark.parametrize("kind", list(KeyKind))


def key_usage(identity: SigningIdentity) -> set[str]:
    native = Certificate.load(identity.certificate_der).key_usage_value.native
    return set(native)


def qc_statements(identity: SigningIdentity) -> bytes:
    oid = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.3")
    extension = identity.certificate.extensions.get_extension_for_oid(oid).value
    assert isinstance(extension, x509.UnrecognizedExtension)
    return extension.value


def p1363(value: bytes, size: int) -> bytes:
    """The bare r‖s that a smart card gives for this DER signature."""
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(value))


def test_a_restart_finds_the_same_authority(tmp_path: Path) -> None:
    assert Authority.open(tmp_path, NOW).root_pem == Authority.open(tmp_path, NOW).root_pem


def test_a_restart_finds_the_same_identity(tmp_path: Path) -> None:
    def named_seal(authority: Authority) -> SigningIdentity:
        return authority.get_or_issue(
            "seal", lambda: authority.seal_identity("A", "A", "40000000000", KeyKind.P256, **LIFE)
        )

    before, after = (named_seal(Authority.open(tmp_path, NOW)) for _ in range(2))
    assert before.certificate_der == after.certificate_der
    assert verifies(before.certificate, bytes(32), after.sign_digest(bytes(32)))


def test_a_stored_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    Authority.open(tmp_path / "keys", NOW)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700


def test_of_two_starts_at_once_the_first_to_store_wins(tmp_path: Path) -> None:
    first, second = a_seal(KeyKind.P256), a_seal(KeyKind.P384)

    def overtaken() -> SigningIdentity:
        FolderStore(tmp_path).get_or_issue("seal", lambda: first)
        return second

    assert FolderStore(tmp_path).get_or_issue("seal", overtaken).certificate == first.certificate
    assert [path.name for path in tmp_path.iterdir()] == ["seal.pem"]


@pytest.mark.parametrize("name", ["../root", "Ā", "a/b", ""])
def test_a_name_that_is_no_file_name_is_refused(name: str, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path, NOW)
    with pytest.raises(ValueError, match="an identity's name"):
        authority.get_or_issue(f"/{name}", a_seal)


@EVERY_KEY
def test_openssl_follows_the_chain_to_the_root(kind: KeyKind, tmp_path: Path) -> None:
    issuing, root = (one.public_bytes(Encoding.PEM) for one in the_authority().chain)
    for name, pem in {"seal": a_seal(kind).as_pem(), "issuing": issuing, "root": root}.items():
        (tmp_path / name).write_bytes(pem)
    chain = ("-CAfile", tmp_path / "root", "-untrusted", tmp_path / "issuing")
    assert run("openssl", "verify", "-x509_strict", *chain, tmp_path / "seal").returncode == 0


def test_a_seal_may_seal_and_nothing_else() -> None:
    assert key_usage(a_seal()) == {"non_repudiation"}


def test_a_seal_names_its_organisation_by_register_number() -> None:
    (identifier,) = a_seal().certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_IDENTIFIER)
    assert identifier.value == "NTRLV-40000000000"


def test_a_seal_claims_to_be_a_qualified_seal() -> None:
    esign, eseal = (bytes.fromhex("0607 0400 8E46 0106") + bytes([kind]) for kind in (1, 2))
    assert eseal in qc_statements(a_seal())
    assert esign in qc_statements(a_person(the_authority().signature_identity))


def test_a_person_signs_with_one_certificate_and_logs_in_with_another() -> None:
    signature = a_person(the_authority().signature_identity)
    login = a_person(the_authority().authentication_identity)
    assert key_usage(signature) == {"non_repudiation"}
    assert key_usage(login) == {"digital_signature"}
    purposes = login.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_person_is_named_by_personal_code() -> None:
    subject = a_person(the_authority().authentication_identity).certificate.subject
    assert subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)[0].value == "PNOLV-010190-12345"
    assert subject.get_attributes_for_oid(NameOID.SURNAME)[0].value == "Bērziņa"


@EVERY_KEY
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_every_key_signs_digests_of_the_vendors_lengths(kind: KeyKind, hash_name: str) -> None:
    seal, digest = a_seal(kind), hashlib.new(hash_name, b"document").digest()
    assert verifies(seal.certificate, digest, seal.sign_digest(digest))


@EVERY_KEY
def test_a_value_over_another_digest_does_not_verify(kind: KeyKind) -> None:
    seal = a_seal(kind)
    assert not verifies(seal.certificate, bytes(32), seal.sign_digest(b"\1" * 32))


@EVERY_KEY
def test_a_digest_of_a_strange_length_is_neither_signed_nor_verified(kind: KeyKind) -> None:
    seal = a_seal(kind)
    with pytest.raises(ValueError, match="20 bytes"):
        seal.sign_digest(bytes(20))
    assert not verifies(seal.certificate, bytes(20), seal.sign_digest(bytes(32)))


@pytest.mark.parametrize(("kind", "size"), [(KeyKind.P256, 32), (KeyKind.P384, 48)])
def test_an_ecdsa_value_in_p1363_is_refused(kind: KeyKind, size: int) -> None:
    seal = a_seal(kind)
    assert not verifies(seal.certificate, bytes(size), p1363(seal.sign_digest(bytes(size)), size))


def test_a_key_of_another_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match="another key"):
        SigningIdentity(a_seal(KeyKind.P256).certificate, a_seal(KeyKind.P384).key)


def test_a_lifetime_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends after it begins"):
        Lifetime(NOW, NOW)


def test_an_identity_does_not_print_its_key() -> None:
    assert "key=" not in repr(a_seal())
