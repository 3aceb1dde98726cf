"""The parts of a container's XAdES signature as plain files, so that openssl(1) alone can check them.

A signature value stands over `ds:SignedInfo` in canonical form (XMLDSIG §4.4), which names the SHA of the sealed file;
a timestamp stands over `ds:SignatureValue` in canonical form (ETSI EN 319 132-1 §5.3). openssl knows no XML, so both
are written as the bytes they are once they are canonical.
"""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates
from cryptography.x509.ocsp import load_der_ocsp_response
from lxml import etree

from jobs.model.checkpoint import checkpoint_number
from jobs.model.errors import BrokenCheckpoint

_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_NAMES = {"ds": "http://www.w3.org/2000/09/xmldsig#", "x": "http://uri.etsi.org/01903/v1.3.2#"}
_STANDARD = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_SHA = re.compile(r"sha(\d{3})$")


@dataclass(frozen=True, slots=True)
class PlainSeal:
    """One signature: hashes by openssl's names, certificates as PEM, the signature value as openssl wants it."""

    signed_info: bytes
    signature: bytes
    signature_hash: str
    document_hash: str
    certificate: bytes
    chain: bytes
    timestamp: bytes
    stamped: bytes


def take_apart(container: Path) -> PlainSeal:
    """The seal of a container that holds a sealed checkpoint. Blocks. Raises BrokenCheckpoint, and OSError."""
    try:
        return _take_apart(container)
    except (BadZipFile, SyntaxError, LookupError, ValueError) as error:
        raise BrokenCheckpoint(f"the seal of {container.name} cannot be taken apart: {error}") from error


def _take_apart(container: Path) -> PlainSeal:
    with ZipFile(container) as archive:
        (document,) = (name for name in archive.namelist() if checkpoint_number(name) is not None)
        (name,) = (name for name in archive.namelist() if _SIGNATURES.fullmatch(name))
        # Nothing is fetched and no entity replaced, as everywhere; the audit has refused a DTD before.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(archive.read(name), parser)
    signature = _one(root, "ds:Signature")
    certificate = _certificate(_one(signature, "ds:KeyInfo//ds:X509Certificate"))
    references = signature.iterfind("ds:SignedInfo/ds:Reference", _NAMES)
    (reference,) = (one for one in references if one.get("URI") == document)
    stamp = _one(signature, ".//x:SignatureTimeStamp")
    token = b64decode(_one(stamp, "x:EncapsulatedTimeStamp").text or "")
    return PlainSeal(
        signed_info=_canonical(
            _one(signature, "ds:SignedInfo"), _one(signature, "ds:SignedInfo/ds:CanonicalizationMethod")
        ),
        signature=_signature_value(signature, certificate),
        signature_hash=_hash_name(_one(signature, "ds:SignedInfo/ds:SignatureMethod")),
        document_hash=_hash_name(_one(reference, "ds:DigestMethod")),
        certificate=certificate.public_bytes(Encoding.PEM),
        chain=b"".join(dict.fromkeys(one.public_bytes(Encoding.PEM) for one in _certificates(signature, token))),
        timestamp=token,
        stamped=_canonical(_one(signature, "ds:SignatureValue"), stamp.find("ds:CanonicalizationMethod", _NAMES)),
    )


def _one(element: etree._Element, path: str) -> etree._Element:
    found = element.find(path, _NAMES)
    if found is None:
        raise ValueError(f"the signature has no {path}")
    return found


def _certificates(signature: etree._Element, token: bytes) -> Iterator[x509.Certificate]:
    """Every certificate that the signature brings along, its own first."""
    for path in ("ds:KeyInfo//ds:X509Certificate", ".//x:EncapsulatedX509Certificate"):
        yield from map(_certificate, signature.iterfind(path, _NAMES))
    yield from load_der_pkcs7_certificates(token)
    for answer in signature.iterfind(".//x:EncapsulatedOCSPValue", _NAMES):
        yield from load_der_ocsp_response(b64decode(answer.text or "")).certificates


def _certificate(element: etree._Element) -> x509.Certificate:
    return x509.load_der_x509_certificate(b64decode(element.text or ""))


def _signature_value(signature: etree._Element, certificate: x509.Certificate) -> bytes:
    """As openssl wants it: ECDSA's two numbers in DER, which XMLDSIG §6.4.3 sets side by side."""
    value = b64decode(_one(signature, "ds:SignatureValue").text or "")
    if not isinstance(certificate.public_key(), EllipticCurvePublicKey):
        return value
    half = len(value) // 2
    return encode_dss_signature(int.from_bytes(value[:half]), int.from_bytes(value[half:]))


def _hash_name(element: etree._Element) -> str:
    found = _SHA.search(element.get("Algorithm", ""))
    if found is None:
        raise ValueError(f"{element.get('Algorithm')} is no hash that openssl is asked for here")
    return f"sha{found[1]}"


def _canonical(element: etree._Element, method: etree._Element | None) -> bytes:
    algorithm = _STANDARD if method is None else method.get("Algorithm", "")
    kept = None if method is None else method.find("{*}InclusiveNamespaces")
    return etree.tostring(
        element,
        method="c14n",
        exclusive=algorithm.startswith(_EXCLUSIVE),
        with_comments=False,
        inclusive_ns_prefixes=None if kept is None else kept.get("PrefixList", "").split(),
    )
