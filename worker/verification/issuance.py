"""Whether every certificate that a file holds was really issued: what proves nothing has no place among proofs."""

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from worker.verification.evidence import read_certificate


@lru_cache(maxsize=1024)
def find_unissued(certificates: frozenset[bytes], anchors: frozenset[bytes]) -> str | None:
    """The subject of a certificate (DER) that no other here, nor an anchor or itself, has signed; None if all is well.

    Signatures are checked once for each set of certificates, which recurs in file after file. Raises ValueError.
    """
    issuers = [read_certificate(one) for one in certificates | anchors]
    for der in certificates - anchors:
        one = read_certificate(der)
        if not any(_is_issued(one, issuer) for issuer in issuers if issuer.subject == one.issuer):
            return one.subject.rfc4514_string()
    return None


def _is_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
