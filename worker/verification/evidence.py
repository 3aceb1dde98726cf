"""Validation material out of the file itself: certificates and the answers that say they were good."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp


@dataclass(frozen=True, slots=True)
class Evidence:
    """Certificates, OCSP responses and CRLs in DER."""

    certificates: frozenset[bytes] = field(default=frozenset(), repr=False)
    ocsp_responses: frozenset[bytes] = field(default=frozenset(), repr=False)
    crls: frozenset[bytes] = field(default=frozenset(), repr=False)

    def covers(self, other: "Evidence") -> bool:
        """Whether everything in the other is here too."""
        return (
            other.certificates <= self.certificates
            and other.ocsp_responses <= self.ocsp_responses
            and other.crls <= self.crls
        )

    def with_certificates(self, certificates: Iterable[bytes]) -> "Evidence":
        """This evidence, and these certificates (DER) too."""
        return Evidence(self.certificates.union(certificates), self.ocsp_responses, self.crls)

    @property
    def all_certificates(self) -> frozenset[bytes]:
        """These certificates, and those inside the answers, which the answers' own signatures do not cover."""
        return self.certificates.union(*(read_answer(one).certificates for one in self.ocsp_responses))

    def about(self, certificate: bytes) -> "Evidence":
        """Only what concerns this certificate and those above it, so that news about another makes nothing new."""
        serials = {one.serial_number for one in _lineage(certificate, self.certificates)}
        fitting = frozenset(one for one in self.ocsp_responses if read_answer(one).serial in serials)
        return Evidence(self.certificates, fitting, self.crls)

    def since(self, moment: datetime, certificate: bytes) -> "Evidence":
        """This evidence without what was said of this very certificate (DER) before the second of that moment."""
        own, second = read_certificate(certificate), moment.replace(microsecond=0)
        issuer = own.issuer.public_bytes()

        def is_early(answer: Answer) -> bool:
            return answer.serial == own.serial_number and answer.given_at < second

        def is_early_list(crl: RevocationList) -> bool:
            return crl.issuer == issuer and crl.given_at < second

        return Evidence(
            self.certificates,
            frozenset(one for one in self.ocsp_responses if not is_early(read_answer(one))),
            frozenset(one for one in self.crls if not is_early_list(read_list(one))),
        )

    def is_silent_about(self, certificate: bytes) -> bool:
        """Whether no answer here is about this very certificate (DER), be it good or not."""
        own = read_certificate(certificate).serial_number
        return all(read_answer(one).serial != own for one in self.ocsp_responses)

    def find_revoked(self, certificate: bytes) -> str | None:
        """The subject that some answer here calls revoked, of this certificate and those above it."""
        answers = {read_answer(one).serial for one in self.ocsp_responses if read_answer(one).revoked}
        lists = {(entry.issuer, serial) for entry in map(read_list, self.crls) for serial in entry.revoked}
        for one in _lineage(certificate, self.certificates):
            if one.serial_number in answers or (one.issuer.public_bytes(), one.serial_number) in lists:
                return one.subject.rfc4514_string()
        return None

    def fresh_until(self, moment: datetime) -> datetime:
        """Until when these answers, read at that moment, need no second look: the moment itself if they do not say."""
        ends = [read_answer(one).until for one in self.ocsp_responses] + [read_list(one).until for one in self.crls]
        return max(moment, min((end or moment for end in ends), default=moment))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one OCSP response says of one certificate (RFC 6960 §4.2); its signature is checked elsewhere."""

    serial: int
    revoked: bool
    given_at: datetime
    """Its producedAt."""
    until: datetime | None
    certificates: frozenset[bytes] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class RevocationList:
    """What one CRL says (RFC 5280 §5)."""

    issuer: bytes
    revoked: frozenset[int]
    given_at: datetime
    """Its thisUpdate."""
    until: datetime | None


@lru_cache(maxsize=4096)
def read_answer(der: bytes) -> Answer:
    """Read an OCSP response. Raises ValueError for one that is no answer."""
    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        raise ValueError(f"an OCSP response says {response.response_status.name}")
    revoked = response.certificate_status is ocsp.OCSPCertStatus.REVOKED
    held = frozenset(one.public_bytes(Encoding.DER) for one in response.certificates)
    return Answer(response.serial_number, revoked, response.produced_at_utc, response.next_update_utc, held)


@lru_cache(maxsize=64)
def read_list(der: bytes) -> RevocationList:
    """Read a CRL. Raises ValueError."""
    crl = x509.load_der_x509_crl(der)
    serials = frozenset(one.serial_number for one in crl)
    return RevocationList(crl.issuer.public_bytes(), serials, crl.last_update_utc, crl.next_update_utc)


@lru_cache(maxsize=1024)
def read_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate. Raises ValueError."""
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=1024)
def _lineage(certificate: bytes, known: frozenset[bytes]) -> tuple[x509.Certificate, ...]:
    """The certificate and every known one that may stand above it, by name."""
    found = [read_certificate(certificate)]
    for one in found:
        above = [other for other in map(read_certificate, known) if other.subject == one.issuer and other not in found]
        found.extend(above)
    return tuple(found)
