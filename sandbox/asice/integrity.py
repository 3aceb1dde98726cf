"""Whether a signature is whole: its form, every digest, and the value itself. Trust is looked at elsewhere."""

from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from sandbox.asice.documents import name_of
from sandbox.asice.layout import SignatureElement, only
from sandbox.asice.xml import C14N, DIGEST, ECDSA_SIGNATURE, RSA_SIGNATURE, Malformed, binary, canonicalise, ds, xades
from sandbox.pki import verifies
from sandbox.pki.keys import compute_hash
from sandbox.verdict import NotPassed, SubIndication

HASH_NAMES = {uri: name for name, uri in DIGEST.items()}
DigestOf = Callable[[str, str], bytes]
"""Gives the digest of a document by its name and the hash's name; raises `KeyError` where there is none."""


def check_integrity(signature: SignatureElement, certificate: x509.Certificate, digest_of: DigestOf) -> None:
    """Raise `NotPassed` or `Malformed` unless the signature covers what it names, by this certificate's key."""
    # EN 319 132-1 §5.2.2: the signed properties must name this very certificate, or another could take its place.
    of_signature = only(signature.signed_properties, xades("SignedSignatureProperties"))
    # The older form names the same, and may still be met (EN 319 132-1 §D.3).
    is_old = of_signature.find(xades("SigningCertificate")) is not None
    stated = only(of_signature, xades("SigningCertificate" if is_old else "SigningCertificateV2"))
    identified = only(stated, xades("Cert"))
    hash_name, expected = _digest(only(identified, xades("CertDigest")))
    if compute_hash(hash_name, certificate.public_bytes(Encoding.DER)) != expected:
        raise NotPassed(SubIndication.HASH)
    for reference in signature.references:
        _check_reference(signature, reference, digest_of)
    _check_value(signature, certificate)


def document_names(signature: SignatureElement) -> tuple[str, ...]:
    """Return the names of the documents a signature covers; raises `Malformed` for references of other kinds."""
    to_properties = [one for one in signature.references if signature.is_to_properties(one)]
    if len(to_properties) != 1:
        raise Malformed("a signature refers to its signed properties once")
    names = tuple(_document_name(one) for one in signature.references if one not in to_properties)
    if not names or len(set(names)) != len(names):
        raise Malformed("a signature refers to each document once")
    return names


def _document_name(reference: etree._Element) -> str:
    uri = reference.get("URI", "")
    # A transform could change what is hashed, and a fragment points into this file (XML Signature §4.4.3.1).
    if not uri or "#" in uri or reference.find(ds("Transforms")) is not None:
        raise Malformed("a document is referred to by its name, and hashed as it is")
    try:
        return name_of(uri)
    except UnicodeDecodeError as cause:
        raise Malformed("a reference is not UTF-8") from cause


def signer_certificate(signature: SignatureElement) -> x509.Certificate:
    """Return the certificate that stands first in KeyInfo; raises `Fault` where there is none."""
    first = signature.key_info.find(f"{ds('X509Data')}/{ds('X509Certificate')}")
    try:
        return x509.load_der_x509_certificate(b"" if first is None else binary(first))
    except ValueError as cause:
        raise NotPassed(SubIndication.NO_CERTIFICATE) from cause


def _check_reference(signature: SignatureElement, reference: etree._Element, digest_of: DigestOf) -> None:
    hash_name, expected = _digest(reference)
    if signature.is_to_properties(reference):
        # They become bytes by the one Transform, or by canonical XML 1.0 where there is none (XMLDSig §4.4.3.2).
        transforms = reference.find(ds("Transforms"))
        method = C14N if transforms is None else only(transforms, ds("Transform")).get("Algorithm", "")
        found = compute_hash(hash_name, canonicalise(signature.signed_properties, method))
    else:
        try:
            found = digest_of(_document_name(reference), hash_name)
        except KeyError as cause:
            raise NotPassed(SubIndication.NO_DATA) from cause
    if found != expected:
        raise NotPassed(SubIndication.HASH)


def _digest(parent: etree._Element) -> tuple[str, bytes]:
    method = only(parent, ds("DigestMethod")).get("Algorithm")
    if method not in HASH_NAMES:
        raise Malformed(f"{method} is no digest known here")
    return HASH_NAMES[method], binary(only(parent, ds("DigestValue")))


def _check_value(signature: SignatureElement, certificate: x509.Certificate) -> None:
    key, value = certificate.public_key(), binary(signature.value)
    methods = ECDSA_SIGNATURE if isinstance(key, ec.EllipticCurvePublicKey) else RSA_SIGNATURE
    method = only(signature.signed_info, ds("SignatureMethod")).get("Algorithm")
    hash_name = next((name for name, uri in methods.items() if uri == method), None)
    if hash_name is None:
        raise NotPassed(SubIndication.VALUE)
    canonicalization = only(signature.signed_info, ds("CanonicalizationMethod")).get("Algorithm", "")
    digest = compute_hash(hash_name, canonicalise(signature.signed_info, canonicalization))
    if isinstance(key, ec.EllipticCurvePublicKey):
        # RFC 9231 §2.3.6: r ‖ s, each of the curve's length; verification wants DER.
        length = (key.curve.key_size + 7) // 8
        if len(value) != 2 * length:
            raise NotPassed(SubIndication.VALUE)
        value = encode_dss_signature(int.from_bytes(value[:length], "big"), int.from_bytes(value[length:], "big"))
    if not verifies(certificate, digest, value):
        raise NotPassed(SubIndication.VALUE)
