"""Certificate profiles: which extensions each kind of certificate carries (RFC 5280 §4.2, ETSI EN 319 412)."""

from enum import StrEnum

from cryptography import x509
from cryptography.x509 import ObjectIdentifier, UnrecognizedExtension
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID

from sandbox.pki.der import oid, sequence, tlv

QC_STATEMENTS = ObjectIdentifier("1.3.6.1.5.5.7.1.3")
QC_COMPLIANCE = oid("0.4.0.1862.1.1")
QC_SSCD = oid("0.4.0.1862.1.4")
QC_PDS = oid("0.4.0.1862.1.5")
QC_TYPE = oid("0.4.0.1862.1.6")
DISCLOSURE = b"https://repository.sandbox.invalid/pds-en.pdf"


class QcType(StrEnum):
    """What a qualified certificate is for (ETSI EN 319 412-5 §4.2.3)."""

    SIGNATURE = "0.4.0.1862.1.6.1"
    SEAL = "0.4.0.1862.1.6.2"


def qc_statements(purpose: QcType) -> UnrecognizedExtension:
    """Return QcCompliance, QcSSCD, QcPDS and QcType, as a qualified certificate with a remote device carries them."""
    disclosure = sequence(tlv(0x16, DISCLOSURE), tlv(0x13, b"en"))
    statements = sequence(
        sequence(QC_COMPLIANCE),
        sequence(QC_SSCD),
        sequence(QC_PDS, sequence(disclosure)),
        sequence(QC_TYPE, sequence(oid(purpose))),
    )
    return UnrecognizedExtension(QC_STATEMENTS, statements)


OCSP_URL = "http://ocsp.sandbox.invalid/"
ISSUER_URL = "http://repository.sandbox.invalid/issuing.cer"
ROOT_URL = "http://repository.sandbox.invalid/root.cer"
ROOT_CRL_URL = "http://repository.sandbox.invalid/root.crl"

# ETSI EN 319 411-2: qualified certificates of natural and of legal persons, with the key in a device; 411-1: NCP+.
QCP_N_QSCD = "0.4.0.194112.1.2"
QCP_L_QSCD = "0.4.0.194112.1.3"
NCP_PLUS = "0.4.0.2042.1.2"
ANY_POLICY = "2.5.29.32.0"

Extension = tuple[x509.ExtensionType, bool]  # and whether it is critical
CertificateProfile = tuple[Extension, ...]

NOT_A_CA: Extension = (x509.BasicConstraints(ca=False, path_length=None), True)


def _usage(*allowed: str) -> Extension:
    bits = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{bit: bit in allowed for bit in bits}), True


def _policy(dotted: str) -> Extension:
    return x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(dotted), None)]), False


def _access(*, ocsp: str | None, issuer: str) -> Extension:
    entries = [x509.AccessDescription(Access.CA_ISSUERS, x509.UniformResourceIdentifier(issuer))]
    if ocsp:
        entries.insert(0, x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier(ocsp)))
    return x509.AuthorityInformationAccess(entries), False


ROOT_CRL = x509.DistributionPoint([x509.UniformResourceIdentifier(ROOT_CRL_URL)], None, None, None)
CERTIFIED: Extension = _access(ocsp=OCSP_URL, issuer=ISSUER_URL)
SIGNS_FOR_GOOD: Extension = _usage("content_commitment")

ROOT: CertificateProfile = (
    (x509.BasicConstraints(ca=True, path_length=None), True),
    _usage("key_cert_sign", "crl_sign"),
)
ISSUING: CertificateProfile = (
    (x509.BasicConstraints(ca=True, path_length=0), True),
    _usage("key_cert_sign", "crl_sign"),
    _policy(ANY_POLICY),
    _access(ocsp=None, issuer=ROOT_URL),
    (x509.CRLDistributionPoints([ROOT_CRL]), False),
)
# RFC 6960 §4.2.2.2.1: nobody asks whether the responder itself is revoked.
OCSP_RESPONDER: CertificateProfile = (
    NOT_A_CA,
    _usage("digital_signature"),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
    (x509.OCSPNoCheck(), False),
)
# RFC 3161 §2.3: the one extended key usage, and critical.
TIMESTAMPING: CertificateProfile = (
    NOT_A_CA,
    _usage("digital_signature"),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
    CERTIFIED,
)
SEAL: CertificateProfile = (
    NOT_A_CA,
    SIGNS_FOR_GOOD,
    _policy(QCP_L_QSCD),
    CERTIFIED,
    (qc_statements(QcType.SEAL), False),
)
SIGNATURE: CertificateProfile = (
    NOT_A_CA,
    SIGNS_FOR_GOOD,
    _policy(QCP_N_QSCD),
    CERTIFIED,
    (qc_statements(QcType.SIGNATURE), False),
)
AUTHENTICATION: CertificateProfile = (
    NOT_A_CA,
    _usage("digital_signature"),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
    _policy(NCP_PLUS),
    CERTIFIED,
)
