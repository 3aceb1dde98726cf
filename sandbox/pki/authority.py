"""The practice vendor's own trust service: a root, an issuing CA, an OCSP responder and a timestamping unit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.pki import profiles
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.issuing import Lifetime, issue, issue_self_signed, organisation_name, person_name, vendor_name
from sandbox.pki.keys import KeyKind
from sandbox.pki.revocation import AnswerCache, Revocation, Revoked, empty_crl, ocsp_response
from sandbox.pki.store import FolderStore, IdentityStore, MemoryStore
from sandbox.pki.timestamps import TimeStampToken, timestamp

BACKDATED = timedelta(days=365)  # so that personas may have certificates that are already old
AUTHORITY_YEARS = timedelta(days=20 * 365)
TITLES = {"issuing": "issuing CA", "ocsp": "OCSP responder", "tsa": "timestamping unit"}
"""Of our own certificates, by the name each is kept under."""


class NotIssuedHere(ValueError):
    """The certificate was not issued by this authority, so nothing can be said about it."""


@dataclass(frozen=True, slots=True)
class ValidationData:
    """What proves certificates good for years to come (ETSI EN 319 142-1 §5.4.2), all in DER."""

    certificates: tuple[bytes, ...]
    ocsp_responses: tuple[bytes, ...]
    crls: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """Issues identities, answers for them, and stamps time. Make one with `create` or `open`."""

    store: IdentityStore
    root: SigningIdentity
    issuing: SigningIdentity
    responder: SigningIdentity
    timestamping: SigningIdentity
    answer_lag: timedelta = timedelta()
    """How much younger than the timestamp the answers are that go into a sealed file; below zero, older."""
    _answers: AnswerCache = field(default_factory=AnswerCache, repr=False)
    _revocations: dict[int, Revocation] = field(default_factory=dict, repr=False)  # by serial number

    @classmethod
    def create(cls, now: datetime, store: IdentityStore | None = None) -> "Authority":
        """Return the authority kept in the store, in memory unless one is given; what is missing there is made now."""
        kept = store or MemoryStore()
        life = Lifetime(now - BACKDATED, now + AUTHORITY_YEARS)

        def root_identity() -> SigningIdentity:
            return issue_self_signed(vendor_name("zimogs practice root"), KeyKind.P384, life, profiles.ROOT)

        def below(
            issuer: SigningIdentity, name: str, kind: KeyKind, profile: profiles.CertificateProfile
        ) -> SigningIdentity:
            subject = vendor_name(f"zimogs practice {TITLES[name]}")
            return kept.get_or_issue(name, lambda: issue(issuer, subject, kind, life, profile))

        root = kept.get_or_issue("root", root_identity)
        issuing = below(root, "issuing", KeyKind.P384, profiles.ISSUING)
        # P-256 where something is signed per document: 0.03 ms, where RSA-2048 takes 0.5 ms.
        responder = below(issuing, "ocsp", KeyKind.P256, profiles.OCSP_RESPONDER)
        timestamping = below(issuing, "tsa", KeyKind.P256, profiles.TIMESTAMPING)
        return cls(kept, root, issuing, responder, timestamping)

    @classmethod
    def open(cls, folder: Path, now: datetime) -> "Authority":
        """Return the authority kept in this folder; what is missing there is made now and kept (keys in mode 0600)."""
        return cls.create(now, FolderStore(folder))

    @property
    def root_pem(self) -> bytes:
        """The trust anchor in PEM."""
        return self.root.certificate.public_bytes(Encoding.PEM)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates above every identity: the issuing CA, then the root."""
        return self.issuing.certificate, self.root.certificate

    def seal_identity(
        self,
        common_name: str,
        organisation: str,
        registration_number: str,
        key: KeyKind,
        *,
        not_before: datetime,
        not_after: datetime,
    ) -> SigningIdentity:
        """Issue a qualified seal: `registration_number` is the bare number of the register of enterprises."""
        subject = organisation_name(common_name, organisation, registration_number)
        return issue(self.issuing, subject, key, Lifetime(not_before, not_after), profiles.SEAL)

    def signature_identity(
        self,
        given_name: str,
        surname: str,
        personal_code: str,
        key: KeyKind,
        *,
        not_before: datetime,
        not_after: datetime,
    ) -> SigningIdentity:
        """Issue a person's qualified signing certificate; the code is `PNOLV-…` in full."""
        subject = person_name(given_name, surname, personal_code)
        return issue(self.issuing, subject, key, Lifetime(not_before, not_after), profiles.SIGNATURE)

    def authentication_identity(
        self,
        given_name: str,
        surname: str,
        personal_code: str,
        key: KeyKind,
        *,
        not_before: datetime,
        not_after: datetime,
    ) -> SigningIdentity:
        """Issue a person's authentication certificate; the code is `PNOLV-…` in full."""
        subject = person_name(given_name, surname, personal_code)
        return issue(self.issuing, subject, key, Lifetime(not_before, not_after), profiles.AUTHENTICATION)

    def get_or_issue(self, name: str, issue: Callable[[], SigningIdentity]) -> SigningIdentity:
        """Return the identity kept under this name, or issue and keep it: a restart finds the same."""
        return self.store.get_or_issue(f"identity-{name}", issue)

    def has_issued(self, certificate: x509.Certificate) -> bool:
        """Say whether the issuing CA signed this certificate."""
        try:
            certificate.verify_directly_issued_by(self.issuing.certificate)
        except (InvalidSignature, ValueError, TypeError):
            return False
        return True

    def revoke(self, certificate: x509.Certificate, revocation: Revocation) -> None:
        """Answer `revoked` for this certificate from now on; raises `NotIssuedHere` for a foreign one."""
        if not self.has_issued(certificate):
            raise NotIssuedHere(certificate.subject.rfc4514_string())
        self._revocations[certificate.serial_number] = revocation

    def revocation(self, certificate: x509.Certificate) -> Revocation | None:
        """Return when and why this certificate was revoked, or None when it was not."""
        return self._revocations.get(certificate.serial_number)

    def ocsp_response(self, certificate: x509.Certificate, now: datetime) -> bytes:
        """Return a DER OCSPResponse, made in this second; raises `NotIssuedHere` for a foreign certificate."""
        revocation = self.revocation(certificate)

        def make(at: datetime) -> bytes:
            if not self.has_issued(certificate):
                raise NotIssuedHere(certificate.subject.rfc4514_string())
            return ocsp_response(self.responder, self.issuing.certificate, certificate.serial_number, at, revocation)

        return self._answers.current((certificate, revocation), now, make)

    def root_crl(self, now: datetime) -> bytes:
        """Return the root's empty CRL in DER, made in this second: it answers for the issuing CA."""
        return self._answers.current("crl", now, lambda at: empty_crl(self.root, at))

    def timestamp(self, imprint: bytes, hash_name: str, now: datetime) -> TimeStampToken:
        """Return an RFC 3161 token over a `sha256`, `sha384` or `sha512` digest; `ValueError` for another length."""
        return timestamp(self.timestamping, imprint, hash_name, now, (self.issuing.certificate_der,))

    def validation_data(self, certificate: x509.Certificate, now: datetime) -> ValidationData:
        """Return all that a verifier needs offline for this certificate and our timestamps, save trust in the root.

        Raises `Revoked`: without a good answer there is no B-LT.
        """
        if revocation := self.revocation(certificate):
            raise Revoked(f"revoked at {revocation.at:%Y-%m-%dT%H:%M:%SZ} ({revocation.reason})")
        answered_at = now + self.answer_lag
        stamp = self.timestamp_validation_data(answered_at)
        return ValidationData(
            certificates=(certificate.public_bytes(Encoding.DER), *stamp.certificates),
            ocsp_responses=(self.ocsp_response(certificate, answered_at), *stamp.ocsp_responses),
            crls=stamp.crls,
        )

    def timestamp_validation_data(self, now: datetime) -> ValidationData:
        """Return all that a verifier needs offline for our timestamps, save trust in the root."""
        certificates = (self.timestamping.certificate, self.responder.certificate, *self.chain)
        return ValidationData(
            certificates=tuple(one.public_bytes(Encoding.DER) for one in certificates),
            ocsp_responses=(self.ocsp_response(self.timestamping.certificate, now),),
            crls=(self.root_crl(now),),
        )
