"""Trust anchors come from files, and a file that gives none is named."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from tests.support import pades
from tests.support.pki import NOON, another_authority, the_authority, the_seal
from worker.anchors import UnusableAnchor, load_anchors
from worker.audit import audit
from worker.doctor.certificates import examine_anchors


def test_anchors_are_read_from_pem_and_der_and_each_once(tmp_path: Path) -> None:
    ours, theirs = the_authority().root.certificate, another_authority().root.certificate
    (tmp_path / "both.pem").write_bytes(
        b"Our roots:\n" + ours.public_bytes(Encoding.PEM) + theirs.public_bytes(Encoding.PEM)
    )
    (tmp_path / "ours.cer").write_bytes(ours.public_bytes(Encoding.DER))
    assert load_anchors([tmp_path / "both.pem", tmp_path / "ours.cer"]) == (ours, theirs)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableAnchor, match=r"missing\.pem cannot be read: No such file"):
        load_anchors([tmp_path / "missing.pem"])


@pytest.mark.parametrize(
    "content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "root.pem").write_bytes(content)
    with pytest.raises(UnusableAnchor, match=r"root\.pem holds no certificate"):
        load_anchors([tmp_path / "root.pem"])


def test_no_anchors_at_all_are_an_error() -> None:
    with pytest.raises(UnusableAnchor, match="no trust anchor is configured"):
        load_anchors([])


def an_anchor(attribute: x509.ObjectIdentifier, kind: _ASN1Type, value: str = "12") -> bytes:
    """A root whose name has this attribute in that string type, as national trusted lists hold them (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    odd = x509.NameAttribute(attribute, value, kind, _validate=False)
    name = x509.Name([odd, x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Odd root")])
    draft = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    draft = draft.not_valid_before(NOON - timedelta(days=1)).not_valid_after(NOON + timedelta(days=1))
    return draft.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        (x509.ObjectIdentifier("2.5.4.20"), _ASN1Type.UTF8String),  # telephoneNumber
        (NameOID.COUNTRY_NAME, _ASN1Type.IA5String),
        (NameOID.EMAIL_ADDRESS, _ASN1Type.UTF8String),
        (NameOID.SERIAL_NUMBER, _ASN1Type.NumericString),
        (NameOID.DOMAIN_COMPONENT, _ASN1Type.UTF8String),
    ],
)
async def test_an_anchor_with_an_unusual_string_in_its_name_disturbs_no_other(
    tmp_path: Path, attribute: x509.ObjectIdentifier, kind: _ASN1Type
) -> None:
    (tmp_path / "odd.pem").write_bytes(an_anchor(attribute, kind))
    (tmp_path / "ours.pem").write_bytes(the_authority().root_pem)
    anchors = load_anchors([tmp_path / "odd.pem", tmp_path / "ours.pem"])
    (tmp_path / "sealed.pdf").write_bytes(await pades.sealed(pades.an_original(), the_seal()))
    assert (await audit(tmp_path / "sealed.pdf", anchors, NOON)).ok


def test_an_anchor_that_cannot_be_used_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "odd.pem").write_bytes(an_anchor(NameOID.X500_UNIQUE_IDENTIFIER, _ASN1Type.UTF8String))
    with pytest.raises(
        UnusableAnchor, match=r"^the trust anchor .*Odd root.* cannot be used; take it out of .*odd\.pem"
    ):
        load_anchors([tmp_path / "odd.pem"])


def test_the_doctor_names_an_anchor_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "odd.pem").write_bytes(an_anchor(NameOID.X500_UNIQUE_IDENTIFIER, _ASN1Type.UTF8String))
    (finding,) = examine_anchors((tmp_path / "odd.pem",), NOON)
    assert "Odd root" in finding.found
