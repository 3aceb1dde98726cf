"""Making certificates: a subject, a lifetime and a profile become an identity signed by an issuer."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import Name, NameAttribute, ObjectIdentifier
from cryptography.x509.oid import NameOID

from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import KeyKind, PrivateKey, generate
from sandbox.pki.profiles import CertificateProfile

COUNTRY = "LV"
VENDOR = "zimogs practice vendor"


def vendor_name(common_name: str) -> Name:
    """Return the name of one of the practice vendor's own certificates."""
    return _name((NameOID.ORGANIZATION_NAME, VENDOR), (NameOID.COMMON_NAME, common_name))


def organisation_name(common_name: str, organisation: str, registration_number: str) -> Name:
    """Return a seal's subject; the register number becomes `NTRLV-<number>` in organizationIdentifier."""
    identifier = f"NTR{COUNTRY}-{registration_number.removeprefix(f'NTR{COUNTRY}-')}"
    return _name(
        (NameOID.ORGANIZATION_NAME, organisation),
        (NameOID.ORGANIZATION_IDENTIFIER, identifier),
        (NameOID.COMMON_NAME, common_name),
    )


def person_common_name(given_name: str, surname: str) -> str:
    """Return the CN of a person's certificates: in capitals, as the vendor's sample has it (vendor §3.6)."""
    return f"{given_name} {surname}".upper()


def person_name(given_name: str, surname: str, personal_code: str) -> Name:
    """Return a person's subject; the code is given in full, `PNOLV-…`."""
    return _name(
        (NameOID.COMMON_NAME, person_common_name(given_name, surname)),
        (NameOID.SURNAME, surname),
        (NameOID.GIVEN_NAME, given_name),
        (NameOID.SERIAL_NUMBER, personal_code),
    )


def _name(*attributes: tuple[ObjectIdentifier, str]) -> Name:
    return Name([NameAttribute(NameOID.COUNTRY_NAME, COUNTRY), *(NameAttribute(*one) for one in attributes)])


@dataclass(frozen=True, slots=True)
class Lifetime:
    """From when until when a certificate is valid; both ends are aware of their time zone."""

    not_before: datetime
    not_after: datetime

    def __post_init__(self) -> None:
        """Refuse an end before the beginning."""
        if self.not_after <= self.not_before:
            raise ValueError("a certificate ends after it begins")


def issue_self_signed(
    subject: x509.Name, kind: KeyKind, lifetime: Lifetime, profile: CertificateProfile
) -> SigningIdentity:
    """Return a root: an identity that vouches for itself."""
    key = generate(kind)
    draft = _draft(subject, key, lifetime, profile).issuer_name(subject)
    return SigningIdentity(draft.sign(key, hashes.SHA256()), key)


def issue(
    issuer: SigningIdentity, subject: x509.Name, kind: KeyKind, lifetime: Lifetime, profile: CertificateProfile
) -> SigningIdentity:
    """Return a new identity whose certificate the issuer signed."""
    key = generate(kind)
    issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
    draft = _draft(subject, key, lifetime, profile)
    draft = draft.issuer_name(issuer.certificate.subject).add_extension(issuer_key, critical=False)
    return SigningIdentity(draft.sign(issuer.key, hashes.SHA256()), key)


def _draft(
    subject: x509.Name, key: PrivateKey, lifetime: Lifetime, profile: CertificateProfile
) -> x509.CertificateBuilder:
    draft = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        # RFC 5280 §4.1.2.2: unique, so drawn at random; a counter would start anew with each state folder.
        .serial_number(x509.random_serial_number())
        .not_valid_before(lifetime.not_before)
        .not_valid_after(lifetime.not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension, critical in profile:
        draft = draft.add_extension(extension, critical=critical)
    return draft
