"""The qcStatements extension (RFC 3739 §3.2.6, ETSI EN 319 412-5 §4): how a certificate claims to be qualified."""

from enum import StrEnum

from cryptography.x509 import ObjectIdentifier, UnrecognizedExtension

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
