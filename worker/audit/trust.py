"""Contexts in which pyhanko_certvalidator validates certificates: offline, with what the file holds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto.crl import CertificateList
from asn1crypto.ocsp import OCSPResponse
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import ValidationContext


@dataclass(frozen=True, slots=True)
class Material:
    """Certificates and the answers about them."""

    certificates: tuple[Certificate, ...] = field(default=(), repr=False)
    ocsp_responses: tuple[OCSPResponse, ...] = field(default=(), repr=False)
    crls: tuple[CertificateList, ...] = field(default=(), repr=False)


def settings(anchors: Sequence[x509.Certificate], moment: datetime) -> dict[str, Any]:
    """What all contexts have in common."""
    return {
        "trust_roots": [Certificate.load(anchor.public_bytes(Encoding.DER)) for anchor in anchors],
        "moment": moment,
        "retroactive_revinfo": True,
        "allow_fetching": False,
    }


def proving(material: Material, anchors: Sequence[x509.Certificate], moment: datetime) -> ValidationContext:
    """Trust only what the material proves to be good."""
    return ValidationContext(
        **settings(anchors, moment),
        other_certs=list(material.certificates),
        ocsps=list(material.ocsp_responses),
        crls=list(material.crls),
        revocation_mode="require",
    )


def trusting(material: Material, anchors: Sequence[x509.Certificate], moment: datetime) -> ValidationContext:
    """Ask for a chain to an anchor only."""
    return ValidationContext(
        **settings(anchors, moment), other_certs=list(material.certificates), revocation_mode="soft-fail"
    )
