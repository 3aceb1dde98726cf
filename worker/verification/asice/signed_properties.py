"""The signed properties (ETSI EN 319 132-1 §5.2): who signs, and what kind of file each one is."""

import hashlib
from base64 import b64decode
from collections.abc import Mapping
from functools import lru_cache

from asn1crypto import tsp
from asn1crypto.x509 import Certificate

from worker.verification.asice.algorithms import read_hash
from worker.verification.asice.issuer_name import is_name_of
from worker.verification.asice.markup import (
    XmlElement,
    name_of,
    read_base64,
    read_children,
    read_text,
    require_attributes,
    shape,
)
from worker.verification.asice.signed_info import FileReference
from worker.verification.evidence import read_certificate
from worker.verification.refusal import require

_CHILDREN = shape("xades:SignedSignatureProperties xades:SignedDataObjectProperties")
_SIGNATURE = shape(
    "xades:SigningTime xades:SigningCertificate|xades:SigningCertificateV2"
    " xades:SignatureProductionPlace? xades:SignerRole?"
)
_DATA_OBJECTS = shape("xades:DataObjectFormat+")
_UNEXPECTED = {
    "xades:CommitmentTypeIndication": "§5.2.3",
    "xades:SignatureProductionPlace": "§5.2.5",
    "xades:SignatureProductionPlaceV2": "§5.2.5",
    "xades:SignerRole": "§5.2.6",
    "xades:SignerRoleV2": "§5.2.6",
    "xades:AllDataObjectsTimeStamp": "§5.2.8",
    "xades:IndividualDataObjectsTimeStamp": "§5.2.8",
    "xades:SignaturePolicyIdentifier": "§5.2.9",
}
"""Signed properties by which a seal would say more than that these files are sealed: what it commits to, where, in
which role, under which rules. Nobody approved that, so it must not be there (clauses of ETSI EN 319 132-1)."""
_MAY_BE_EMPTY = frozenset(
    {"xades:SignatureProductionPlace", "xades:SignerRole", "xades:ClaimedRoles", "xades:ClaimedRole"}
)
"""Of these and what stands in them, no more than the elements may be left. LVRTC's Java library writes place and role
into every seal, and where its user said neither, both are empty: no place and no role claim nothing."""
_FORMAT = shape("xades:Description? xades:ObjectIdentifier? xades:MimeType xades:Encoding?")
_CERTIFICATES = shape("xades:Cert+")
_CERTIFICATE = shape("xades:CertDigest xades:IssuerSerial|xades:IssuerSerialV2?")
_DIGEST = shape("ds:DigestMethod ds:DigestValue")
_ISSUER = shape("ds:X509IssuerName ds:X509SerialNumber")


def require_signer(signed: XmlElement, certificate: bytes) -> None:
    """The signing-certificate property names this certificate (DER) first (§5.2.2). Raises Rejected and ValueError."""
    properties, _ = read_children(signed, _CHILDREN)
    require_attributes(properties, {}, optional={"Id"})
    _require_expected(properties)
    _, stated, *_ = read_children(properties, _SIGNATURE)
    first = read_children(stated, _CERTIFICATES)[0]
    digest, *serial = read_children(first, _CERTIFICATE)
    method, value = read_children(digest, _DIGEST)
    # Not SHA-1, though the property is the older one: unlike the ESSCertID of CMS (RFC 2634 §5.4), SigningCertificate
    # always named its digest (ETSI TS 101 903 §7.2.2), and real seals of its time have SHA-256 there.
    same = hashlib.new(read_hash(method), certificate).digest() == read_base64(value)
    require(same, "the signing-certificate property names another certificate")
    for one in serial:
        if name_of(one) == "xades:IssuerSerialV2":
            is_same = _is_issuer_and_serial("".join(read_text(one).split()), certificate)
        else:
            issuer, number = read_children(one, _ISSUER)
            parsed = read_certificate(certificate)
            is_same = read_text(number) == str(parsed.serial_number) and is_name_of(parsed.issuer, read_text(issuer))
        require(is_same, "the signing-certificate property names issuer or serial number of another certificate")


def read_media_types(signed: XmlElement, references: tuple[FileReference, ...]) -> Mapping[str, str]:
    """The media type of each file, by its name (§5.2.4); every file has just one. Raises Rejected."""
    _, properties = read_children(signed, _CHILDREN)
    require_attributes(properties, {}, optional={"Id"})
    names = {f"#{one.identifier}": one.name for one in references if one.identifier is not None}
    _require_expected(properties)
    stated = []
    for one in read_children(properties, _DATA_OBJECTS):
        require_attributes(one, {"ObjectReference": None})
        (media_type,) = (child for child in read_children(one, _FORMAT) if name_of(child) == "xades:MimeType")
        stated.append((one.get("ObjectReference", ""), read_text(media_type)))
    complete = sorted(target for target, _ in stated) == sorted(names) and len(names) == len(references)
    require(complete, "the seal does not state the format of each file exactly once")
    return {names[target]: media_type for target, media_type in stated}


def _require_expected(properties: XmlElement) -> None:
    for one in properties:
        name = name_of(one)
        if name in _UNEXPECTED:
            is_bare = all(name_of(part) in _MAY_BE_EMPTY and not part.attrib for part in one.iter())
            is_empty = is_bare and not "".join(one.itertext()).strip()
            require(is_empty, f"the seal states {name} ({_UNEXPECTED[name]}), which nobody approved")


@lru_cache(maxsize=1024)
def _is_issuer_and_serial(text: str, certificate: bytes) -> bool:
    """Whether an IssuerSerial (RFC 5035 §5.4.2, base64 DER) is that of the certificate."""
    stated = tsp.IssuerSerial.load(b64decode(text, validate=True), strict=True)
    parsed = Certificate.load(certificate)
    issuer = [one.chosen for one in stated["issuer"] if one.name == "directory_name"]
    return stated["serial_number"].native == parsed.serial_number and issuer == [parsed.issuer]
