"""A XAdES maker for tests: XML written by hand in canonical form, so that no library's canonicalization is shared.

Every text can be edited before it is hashed or signed, which is how wrong signatures are made that still fit.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Content, Profile, SealFormat
from jobs.model.seals import Expectation
from sandbox.pki import ValidationData
from sandbox.pki.identity import SigningIdentity
from sandbox.pki.keys import hash_name_for
from tests.support.pades import Stamp, stamped_at
from tests.support.pki import NOON, the_proofs, the_seal

C14N_10 = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N_11 = "http://www.w3.org/2006/12/xml-c14n11"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
METHODS = (C14N_10, C14N_11, EXCLUSIVE)

_NAMESPACES = (
    'xmlns:asic="http://uri.etsi.org/02918/v1.2.1#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
    ' xmlns:xades="http://uri.etsi.org/01903/v1.3.2#" xmlns:xades141="http://uri.etsi.org/01903/v1.4.1#"'
)
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_DIGESTS = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": f"{_MORE}sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}

Edit = Callable[[str], str]
"""What somebody does to a text."""


def swap(old: str, new: str) -> Edit:
    """Replace what must be there, once."""

    def edit(text: str) -> str:
        assert old in text, f"{old} is not there to be replaced"
        return text.replace(old, new, 1)

    return edit


def untouched(text: str) -> str:
    """Leave the text as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a seal over files is made; as it stands, level B-LT with RSA or ECDSA as the seal's key has it."""

    seal: SigningIdentity = field(default_factory=the_seal)
    method: str = C14N_10
    digest: str = "sha256"
    stamp: Stamp | None = field(default_factory=lambda: stamped_at(NOON))
    proofs: ValidationData | None = None
    archive: Stamp | None = None
    signing_certificate: str = "SigningCertificateV2"
    media_type: str = "text/plain"
    edit_info: Edit = untouched
    edit_signed: Edit = untouched
    edit_value: Callable[[bytes], bytes] = bytes
    edit_unsigned: Callable[[list[str]], list[str]] = list
    edit_key: Edit = untouched
    edit_all: Edit = untouched

    def but(self, **changes: object) -> "Recipe":
        """The same with these differences."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Made:
    """Signatures in XML, and what a person would have approved for them."""

    xml: bytes
    expectation: Expectation


def sign(files: Mapping[str, bytes], recipe: Recipe) -> Made:
    """Seal these files by this recipe."""
    signed = recipe.edit_signed(_signed_properties(files, recipe))
    info = recipe.edit_info(_signed_info(files, recipe, signed))
    digest = hashlib.new(hash_name_for(recipe.seal.certificate), canonical(info, recipe.method)).digest()
    value = recipe.seal.sign_digest(digest)
    parts = _Parts(files, recipe, info, signed, recipe.edit_value(_plain(recipe.seal, value)))
    certificate = base64.b64encode(recipe.seal.certificate_der).decode()
    profile = Profile(format=SealFormat.EDOC, content=Content.WHOLE)
    return Made(
        recipe.edit_all(parts.whole()).encode(),
        Expectation(digest=Digest.of(digest), value=SignatureValue.of(value), certificate=certificate, profile=profile),
    )


def canonical(element: str, method: str) -> bytes:
    """The canonical form of an element that was written in the scope of all our namespaces."""
    if method == EXCLUSIVE:
        written = ET.canonicalize(f"<whole {_NAMESPACES}>{element}</whole>")
        return written.removeprefix("<whole>").removesuffix("</whole>").encode()
    end = min(element.index(" ") if " " in element else len(element), element.index(">"))
    return f"{element[:end]} {_NAMESPACES}{element[end:]}".encode()


def base64_of(content: bytes) -> str:
    """Base64 on one line."""
    return base64.b64encode(content).decode()


@dataclass(frozen=True, slots=True)
class _Parts:
    """A signature while it is put together."""

    files: Mapping[str, bytes]
    recipe: Recipe
    info: str
    signed: str
    plain: bytes

    def whole(self) -> str:
        unsigned = "".join(self.unsigned())
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<asic:XAdESSignatures {_NAMESPACES}><ds:Signature Id="S0">'
            f'{self.info}{self.value}{self.key}<ds:Object><xades:QualifyingProperties Target="#S0">{self.signed}'
            + (_wrapped("xades:UnsignedProperties/xades:UnsignedSignatureProperties", unsigned) if unsigned else "")
            + "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>\n"
        )

    @property
    def value(self) -> str:
        return f'<ds:SignatureValue Id="S0-value">{base64_of(self.plain)}</ds:SignatureValue>'

    @property
    def key(self) -> str:
        certificate = base64_of(self.recipe.seal.certificate_der)
        return self.recipe.edit_key(_wrapped("ds:KeyInfo/ds:X509Data/ds:X509Certificate", certificate))

    def unsigned(self) -> list[str]:
        recipe = self.recipe
        proofs = the_proofs(recipe.seal) if recipe.proofs is None else recipe.proofs
        stamped = self._timestamp("xades:SignatureTimeStamp", recipe.stamp, [self.value])
        properties = recipe.edit_unsigned([*stamped, *(evidence(proofs) if recipe.stamp else ())])
        elements = [self.info, self.value, self.key, *properties]
        archived = self._timestamp("xades141:ArchiveTimeStamp", recipe.archive, elements, archived=True)
        return [*properties, *archived]

    def _timestamp(
        self, kind: str, stamp: Stamp | None, elements: Iterable[str], *, archived: bool = False
    ) -> list[str]:
        """A timestamp over these elements, and for the archive over all that was signed (EN 319 132-1 §5.5.2.2)."""
        if stamp is None:
            return []
        method = self.recipe.method
        signed = [*self.files.values(), canonical(self.signed, method)] if archived else []
        covered = b"".join([*signed, *(canonical(element, method) for element in elements)])
        token = base64_of(stamp(hashlib.sha256(covered).digest(), "sha256"))
        stated = f'<ds:CanonicalizationMethod Algorithm="{method}"></ds:CanonicalizationMethod>'
        return [f"<{kind}>{stated}<xades:EncapsulatedTimeStamp>{token}</xades:EncapsulatedTimeStamp></{kind}>"]


def evidence(proofs: ValidationData) -> list[str]:
    """Certificates and answers as XAdES holds them."""
    certificates = _encapsulated("xades:EncapsulatedX509Certificate", proofs.certificates)
    lists = _wrapped("xades:CRLValues", _encapsulated("xades:EncapsulatedCRLValue", proofs.crls))
    answers = _wrapped("xades:OCSPValues", _encapsulated("xades:EncapsulatedOCSPValue", proofs.ocsp_responses))
    revocation = (lists if proofs.crls else "") + (answers if proofs.ocsp_responses else "")
    return [_wrapped("xades:CertificateValues", certificates), _wrapped("xades:RevocationValues", revocation)]


def _signed_properties(files: Mapping[str, bytes], recipe: Recipe) -> str:
    formats = "".join(
        f'<xades:DataObjectFormat ObjectReference="#S0-r{place}"><xades:MimeType>{recipe.media_type}</xades:MimeType>'
        "</xades:DataObjectFormat>"
        for place in range(len(files))
    )
    return (
        '<xades:SignedProperties Id="S0-signed"><xades:SignedSignatureProperties>'
        f"<xades:SigningTime>{NOON:%Y-%m-%dT%H:%M:%SZ}</xades:SigningTime>{_signing_certificate(recipe)}"
        "</xades:SignedSignatureProperties><xades:SignedDataObjectProperties>"
        f"{formats}</xades:SignedDataObjectProperties></xades:SignedProperties>"
    )


def _signing_certificate(recipe: Recipe) -> str:
    digest = _digest(recipe.digest, recipe.seal.certificate_der)
    serial = ""
    if recipe.signing_certificate == "SigningCertificate":
        issuer = escape(recipe.seal.certificate.issuer.rfc4514_string())
        serial = (
            f"<xades:IssuerSerial><ds:X509IssuerName>{issuer}</ds:X509IssuerName><ds:X509SerialNumber>"
            f"{recipe.seal.certificate.serial_number}</ds:X509SerialNumber></xades:IssuerSerial>"
        )
    inner = f"<xades:CertDigest>{digest}</xades:CertDigest>{serial}"
    return _wrapped(f"xades:{recipe.signing_certificate}/xades:Cert", inner)


def _signed_info(files: Mapping[str, bytes], recipe: Recipe, signed: str) -> str:
    key = "ecdsa" if isinstance(recipe.seal.key, ec.EllipticCurvePrivateKey) else "rsa"
    references = "".join(
        f'<ds:Reference Id="S0-r{place}" URI="{quote(name)}">{_digest(recipe.digest, content)}</ds:Reference>'
        for place, (name, content) in enumerate(files.items())
    )
    transforms = f'<ds:Transforms><ds:Transform Algorithm="{recipe.method}"></ds:Transform></ds:Transforms>'
    return (
        f'<ds:SignedInfo><ds:CanonicalizationMethod Algorithm="{recipe.method}"></ds:CanonicalizationMethod>'
        f'<ds:SignatureMethod Algorithm="{_MORE}{key}-{hash_name_for(recipe.seal.certificate)}"></ds:SignatureMethod>'
        f'{references}<ds:Reference Type="http://uri.etsi.org/01903#SignedProperties" URI="#S0-signed">{transforms}'
        f"{_digest(recipe.digest, canonical(signed, recipe.method))}</ds:Reference></ds:SignedInfo>"
    )


def _digest(name: str, content: bytes) -> str:
    value = base64_of(hashlib.new(name, content).digest())
    return f'<ds:DigestMethod Algorithm="{_DIGESTS[name]}"></ds:DigestMethod><ds:DigestValue>{value}</ds:DigestValue>'


def _plain(seal: SigningIdentity, value: bytes) -> bytes:
    """ECDSA as XML has it, r and s behind each other; RSA as it is."""
    if not isinstance(seal.key, ec.EllipticCurvePrivateKey):
        return value
    width = (seal.key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(width, "big") for number in decode_dss_signature(value))


def _encapsulated(name: str, values: Iterable[bytes]) -> str:
    return "".join(_wrapped(name, base64_of(value)) for value in values)


def _wrapped(path: str, inner: str) -> str:
    for name in reversed(path.split("/")):
        inner = f"<{name}>{inner}</{name}>"
    return inner
