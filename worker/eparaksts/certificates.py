"""Certificates as the vendor passes them around: base64 DER on one line (vendor §3.7)."""

import base64
import binascii
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from worker.eparaksts.failures import Unreadable


def normalise_certificate(text: str) -> str:
    """Bring a certificate to base64 DER on one line, without PEM armour. Raises Unreadable when it is none."""
    lines = (line.strip() for line in text.splitlines())
    bare = "".join("".join(line.split()) for line in lines if not line.startswith("-----"))
    parse_certificate(bare)
    return bare


def parse_certificate(certificate: str) -> x509.Certificate:
    """Read a certificate from base64 DER. Raises Unreadable."""
    try:
        return x509.load_der_x509_certificate(base64.b64decode(certificate, validate=True))
    except (binascii.Error, ValueError):
        raise Unreadable("a certificate cannot be read") from None


def certificate_end(certificate: str) -> datetime:
    """When the certificate ends (notAfter, RFC 5280 §4.1.2.5). Raises Unreadable."""
    return parse_certificate(certificate).not_valid_after_utc


def common_name(certificate: str) -> str:
    """The subject's CN, empty when it has none."""
    return _subject(certificate, NameOID.COMMON_NAME)


def serial_number(certificate: str) -> str:
    """The subject's serialNumber: a person's code, as ETSI EN 319 412-1 §5.1.3 writes it; empty when it has none."""
    return _subject(certificate, NameOID.SERIAL_NUMBER)


def is_for_authentication(certificate: str) -> bool:
    """Say whether the key may authenticate but not sign documents (RFC 5280 §4.2.1.3), as the TSA demands.

    SignAPI reaches the timestamp service in the name of the person who has it (vendor §4.8).
    """
    usage = _key_usage(certificate)
    return usage is not None and usage.digital_signature and not usage.content_commitment


def is_for_signing(certificate: str) -> bool:
    """Say whether the key may sign documents (RFC 5280 §4.2.1.3: contentCommitment)."""
    usage = _key_usage(certificate)
    return usage is not None and usage.content_commitment


def _key_usage(certificate: str) -> x509.KeyUsage | None:
    try:
        return parse_certificate(certificate).extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _subject(certificate: str, name: x509.ObjectIdentifier) -> str:
    attributes = parse_certificate(certificate).subject.get_attributes_for_oid(name)
    return str(attributes[0].value) if attributes else ""
