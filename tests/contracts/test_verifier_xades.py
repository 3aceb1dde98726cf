"""What a verifier promises of the signature in a container: it covers what was approved, and cannot be wrapped."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from jobs.model.digest import Digest, SignatureValue
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import Bench, refused
from tests.contracts.test_verifier_containers import not_understood
from tests.support import asice
from tests.support.asice import FILES, SEVERAL, Sealed
from tests.support.pki import a_seal, reissued, the_authority, the_seal
from tests.support.xades import C14N_10, EXCLUSIVE, METHODS, Recipe, swap

REFERENCE = '<ds:Reference Id="S0-r0" URI="invoice.txt">'
TRANSFORMS = f'<ds:Transforms><ds:Transform Algorithm="{C14N_10}"></ds:Transform></ds:Transforms>'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def verify(bench: Bench, sealed: Sealed) -> None:
    await bench.verify_document(sealed.content, sealed.document, sealed.expectation)


async def refuse(bench: Bench, why: str, recipe: Recipe, files: dict[str, bytes] = FILES) -> None:
    with refused(why):
        await verify(bench, asice.sealed(files, recipe))


# --- variants of genuine signatures pass ----------------------------------------------------------------------------


async def test_the_older_signing_certificate_property_passes(bench: Bench) -> None:
    await verify(bench, asice.sealed(recipe=Recipe(signing_certificate="SigningCertificate")))


async def test_names_that_exclusive_canonicalization_keeps_pass(bench: Bench) -> None:
    kept = (
        f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"><ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}"'
        ' PrefixList="ds"></ec:InclusiveNamespaces></ds:CanonicalizationMethod>'
    )
    plain = f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
    await verify(bench, asice.sealed(recipe=Recipe(method=EXCLUSIVE, edit_info=swap(plain, kept))))


async def test_blanks_between_elements_pass(bench: Bench) -> None:
    blank = swap("<ds:KeyInfo>", "\n  <ds:KeyInfo>\n")
    await verify(bench, asice.sealed(recipe=Recipe(edit_key=blank)))


# --- it refers to every file and to its own properties, and to nothing else -----------------------------------------


def without_first(info: str) -> str:
    begin = info.index("<ds:Reference ")
    return info[:begin] + info[info.index("<ds:Reference ", begin + 1) :]


def first_twice(info: str) -> str:
    begin = info.index("<ds:Reference ")
    end = info.index("<ds:Reference ", begin + 1)
    return info[:end] + info[begin:end].replace(' Id="S0-r0"', "") + info[end:]


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (without_first, "leaves out a.txt"),
        (first_twice, "refers to a file twice"),
        (swap('URI="a.txt"', 'URI="mimetype"'), "covers mimetype too"),
        (swap('URI="a.txt"', 'URI="META-INF/manifest.xml"'), "covers META-INF/manifest.xml too"),
        (swap('URI="a.txt"', 'URI="./a.txt"'), "covers ./a.txt too"),
        (swap('URI="a.txt"', 'URI="#S0-signed"'), "no file of the container"),
        (swap('URI="a.txt"', 'URI=""'), "refers to everything"),
        (swap('URI="a.txt"', 'URI="a.txt?"'), "no file of the container"),
        (swap('URI="a.txt"', 'URI="a%2.txt"'), "no file of the container"),
        (swap('URI="a.txt"', 'URI="a%FF.txt"'), "no UTF-8"),
        (swap('URI="a.txt"', 'Type="http://www.w3.org/2000/09/xmldsig#Object" URI="a.txt"'), "something of the type"),
        (swap('URI="a.txt">', f'URI="a.txt">{TRANSFORMS}'), "by a transform"),
        (swap(' Type="http://uri.etsi.org/01903#SignedProperties"', ""), "changes #S0-signed by a transform"),
        (swap(' Type="http://uri.etsi.org/01903#SignedProperties"', ' Type="http://uri.etsi.org/01903/v1.1.1#Signed"'),
         "something of the type"),
        (swap('URI="#S0-signed"', 'URI="#S0"'), "other signed properties than its own"),
        (swap('URI="#S0-signed"', 'URI="S0-signed"'), "outside the signature"),
        (swap(f'Transform Algorithm="{C14N_10}"', 'Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"'),
         "unknown Algorithm"),
        (swap(f'Method Algorithm="{C14N_10}"', f'Method Algorithm="{C14N_10}#WithComments"'), "unknown Algorithm"),
    ],
)  # fmt: skip
async def test_references_to_anything_else_are_refused(bench: Bench, edit: Callable[[str], str], why: str) -> None:
    await refuse(bench, why, Recipe(edit_info=edit), SEVERAL)


async def test_a_reference_that_is_twice_decoded_is_another_name(bench: Bench) -> None:
    await refuse(bench, "covers z%2520", Recipe(edit_info=swap("z%2520%2B.txt", "z%252520+.txt")), SEVERAL)


async def test_a_second_reference_to_signed_properties_is_refused(bench: Bench) -> None:
    def twice(info: str) -> str:
        begin = info.rindex("<ds:Reference ")
        end = info.index("</ds:SignedInfo>")
        return info[:end] + info[begin:end] + info[end:]

    await refuse(bench, "signed properties exactly once", Recipe(edit_info=twice))


async def test_an_inclusive_canonicalization_that_names_namespaces_is_refused(bench: Bench) -> None:
    named = f'<ec:InclusiveNamespaces xmlns:ec="{EXCLUSIVE}" PrefixList="ds"></ec:InclusiveNamespaces>'
    edit = swap("</ds:CanonicalizationMethod>", f"{named}</ds:CanonicalizationMethod>")
    await refuse(bench, "inclusive canonicalization names namespaces", Recipe(edit_info=edit))


# --- algorithms -----------------------------------------------------------------------------------------------------


async def test_a_weak_digest_is_refused(bench: Bench) -> None:
    await refuse(bench, "sha1 is too weak", Recipe(digest="sha1"))


async def test_a_digest_that_is_not_known_cannot_be_judged(bench: Bench) -> None:
    unknown = swap("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#whirlpool")
    with not_understood("whirlpool is unknown"):
        await verify(bench, asice.sealed(recipe=Recipe(edit_info=unknown)))


async def test_a_short_rsa_key_is_refused(bench: Bench) -> None:
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point
    await refuse(bench, "1024 bits, which is too few", Recipe(seal=reissued(the_seal(), key=short)))


@pytest.mark.parametrize(
    "method",
    [
        "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    ],
)
async def test_a_signature_method_that_does_not_fit_is_refused(bench: Bench, method: str) -> None:
    edit = swap("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", method)
    await refuse(bench, "signature method is", Recipe(edit_info=edit))


# --- it holds what was approved, and what was signed for it ---------------------------------------------------------


async def test_another_approved_digest_is_refused(bench: Bench) -> None:
    sealed = asice.sealed()
    other = sealed.expectation.model_copy(update={"digest": Digest.sha256(b"another document")})
    with refused("not what was approved"):
        await bench.verify_document(sealed.content, sealed.document, other)


async def test_another_seal_certificate_is_refused(bench: Bench) -> None:
    sealed = asice.sealed()
    certificate = base64.b64encode(a_seal(the_authority()).certificate_der).decode()
    with refused("another certificate"):
        await bench.verify_document(
            sealed.content, sealed.document, sealed.expectation.model_copy(update={"certificate": certificate})
        )


async def test_a_foreign_certificate_beside_the_value_is_refused(bench: Bench) -> None:
    own, foreign = (base64.b64encode(seal.certificate_der).decode() for seal in (the_seal(), a_seal(the_authority())))
    await refuse(bench, "made with another certificate", Recipe(edit_key=swap(own, foreign)))


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA2048])
async def test_another_signature_value_is_refused(bench: Bench, kind: KeyKind) -> None:
    flipped = Recipe(seal=the_seal(kind), edit_value=lambda value: value[:-1] + bytes([value[-1] ^ 1]))
    await refuse(bench, "not the one that was verified", flipped)


async def test_a_second_value_over_the_same_digest_is_refused(bench: Bench) -> None:
    sealed = asice.sealed()
    again = SignatureValue.of(the_seal().sign_digest(sealed.expectation.digest.value))
    with refused("not the one that was verified"):
        await bench.verify_document(
            sealed.content, sealed.document, sealed.expectation.model_copy(update={"value": again})
        )


async def test_a_value_that_fits_nothing_is_refused(bench: Bench) -> None:
    sealed = asice.sealed(recipe=Recipe(edit_value=lambda value: value[32:] + value[:32]))
    value = SignatureValue.of(swapped(sealed.expectation.value.value))
    with refused("the seal's signature is wrong"):
        await bench.verify_document(
            sealed.content, sealed.document, sealed.expectation.model_copy(update={"value": value})
        )


async def test_ecdsa_in_der_is_refused(bench: Bench) -> None:
    der = Recipe(edit_value=lambda value: b"\x30\x44" + value)
    await refuse(bench, "not as it must be.*bytes of r and s", der)


# --- its signed properties are its own ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
async def test_signed_properties_changed_afterwards_are_refused(bench: Bench, method: str) -> None:
    edit = swap("2026-03-02T12:00:00Z", "2020-03-02T12:00:00Z")
    await refuse(bench, "signed properties were changed", Recipe(method=method, edit_all=edit))


async def test_a_signing_certificate_property_that_names_another_is_refused(bench: Bench) -> None:
    other = asice.sealed(recipe=Recipe(seal=a_seal(the_authority())))
    text = dict(asice.entries_of(other.content))[asice.SIGNATURES].decode()
    wrong = text[text.index("<xades:SigningCertificateV2>") : text.index("</xades:SignedSignatureProperties>")]

    def name_another(signed: str) -> str:
        begin, end = signed.index("<xades:SigningCertificateV2>"), signed.index("</xades:SignedSignatureProperties>")
        return signed[:begin] + wrong + signed[end:]

    await refuse(bench, "property names another certificate", Recipe(edit_signed=name_another))


async def test_a_serial_number_of_another_certificate_is_refused(bench: Bench) -> None:
    edit = swap(str(the_seal().certificate.serial_number), "1")
    recipe = Recipe(signing_certificate="SigningCertificate", edit_signed=edit)
    await refuse(bench, "serial number of another certificate", recipe)


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (swap('ObjectReference="#S0-r0"', 'ObjectReference="#S0-r9"'), "format of each file exactly once"),
        (swap("</xades:SignedDataObjectProperties>", '<xades:DataObjectFormat ObjectReference="#S0-r0">'
              "<xades:MimeType>text/html</xades:MimeType></xades:DataObjectFormat>"
              "</xades:SignedDataObjectProperties>"), "format of each file exactly once"),
        (swap("text/plain", "text/html"), "other media types than the seal"),
        (swap("text/plain<", "text/plain<ds:X></ds:X><"), "MimeType holds more than text"),
        (swap("<xades:SigningTime>2026-03-02T12:00:00Z</xades:SigningTime>", ""), "does not hold what it should"),
        (swap("</xades:SignedSignatureProperties>", "<xades:Odd></xades:Odd></xades:SignedSignatureProperties>"),
         "does not hold what it should"),
    ],
)  # fmt: skip
async def test_signed_properties_that_are_unsound_are_refused(
    bench: Bench, edit: Callable[[str], str], why: str
) -> None:
    await refuse(bench, why, Recipe(edit_signed=edit))


SIGNING_TIME = "</xades:SigningCertificateV2>"
FORMATS = "</xades:SignedDataObjectProperties>"


@pytest.mark.parametrize(
    ("name", "inner", "before"),
    [
        ("SignaturePolicyIdentifier", "<xades:SignaturePolicyImplied></xades:SignaturePolicyImplied>", SIGNING_TIME),
        ("SignatureProductionPlace", "<xades:City>Rīga</xades:City>", SIGNING_TIME),
        ("SignatureProductionPlaceV2", "<xades:City>Rīga</xades:City>", SIGNING_TIME),
        ("SignerRole", "<xades:ClaimedRoles><xades:ClaimedRole>director</xades:ClaimedRole></xades:ClaimedRoles>",
         SIGNING_TIME),
        ("SignerRoleV2", "<xades:ClaimedRoles><xades:ClaimedRole>director</xades:ClaimedRole></xades:ClaimedRoles>",
         SIGNING_TIME),
        ("CommitmentTypeIndication", "<xades:AllSignedDataObjects></xades:AllSignedDataObjects>", FORMATS),
        ("AllDataObjectsTimeStamp", "", FORMATS),
        ("IndividualDataObjectsTimeStamp", "", FORMATS),
    ],
)  # fmt: skip
async def test_a_seal_that_says_more_than_was_approved_is_refused(
    bench: Bench, name: str, inner: str, before: str
) -> None:
    stated = f"<xades:{name}>{inner}</xades:{name}>"
    edit = swap(before, before + stated if before == SIGNING_TIME else stated + before)
    await refuse(bench, f"states xades:{name} .*nobody approved", Recipe(edit_signed=edit))


@pytest.mark.parametrize("name", ["xades:CounterSignature", "xades141:SignaturePolicyStore"])
async def test_what_somebody_says_about_the_seal_is_refused(bench: Bench, name: str) -> None:
    def add(properties: list[str]) -> list[str]:
        return [*properties, f"<{name}></{name}>"]

    await refuse(bench, f"unsigned property {name}, which nobody asked for", Recipe(edit_unsigned=add))


async def test_an_unsigned_property_of_another_kind_cannot_be_judged(bench: Bench) -> None:
    def add(properties: list[str]) -> list[str]:
        return [*properties, "<xades:CompleteCertificateRefs></xades:CompleteCertificateRefs>"]

    with not_understood("unsigned property xades:CompleteCertificateRefs"):
        await verify(bench, asice.sealed(recipe=Recipe(edit_unsigned=add)))


# --- nothing can be wrapped or hidden -------------------------------------------------------------------------------


def second_signature(text: str) -> str:
    begin, end = text.index("<ds:Signature "), text.index("</asic:XAdESSignatures>")
    other = text[begin:end]
    for name in ("S0-value", "S0-signed", "S0-r0"):
        other = other.replace(f'Id="{name}"', f'Id="{name}-2"')
    return text[:end] + other.replace('Id="S0"', 'Id="S1"') + text[end:]


def wrapped_properties(text: str) -> str:
    """Another xades:SignedProperties where a reader would look, the signed ones elsewhere."""
    begin, end = text.index("<xades:SignedProperties "), text.index("</xades:SignedProperties>") + 25
    signed = text[begin:end]
    forged = signed.replace('Id="S0-signed"', 'Id="S0-forged"').replace("12:00:00Z", "10:00:00Z")
    elsewhere = swap("</ds:Signature>", f"<ds:Object>{signed}</ds:Object></ds:Signature>")
    return text[:begin] + forged + elsewhere(text[end:])


def doubled_properties(text: str) -> str:
    """Two xades:SignedProperties side by side."""
    begin, end = text.index("<xades:SignedProperties "), text.index("</xades:SignedProperties>") + 25
    return text[:begin] + text[begin:end].replace('Id="S0-signed"', 'Id="S0-forged"') + text[begin:]


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (second_signature, "has 2 signatures, not one"),
        (doubled_properties, "QualifyingProperties does not hold what it should"),
        (wrapped_properties, "ds:Signature does not hold what it should"),
        (swap('Id="S0-signed"', 'Id="S0-other"'), "other signed properties than its own"),
        (swap('<ds:SignatureValue Id="S0-value">', '<ds:SignatureValue Id="S0-signed">'), "one Id in two places"),
        (swap("<ds:Object>", '<ds:Object ID="S0-signed">'), "one Id in two places"),
        (swap('Target="#S0"', 'Target="#S1"'), "unknown Target"),
        (swap("<ds:Object>", "<ds:Object>hidden"), "ds:Object holds text"),
        (swap("</ds:Signature>", "<ds:Object></ds:Object></ds:Signature>"), "ds:Signature does not hold"),
        (swap("<ds:X509Data>", "<ds:KeyName>root</ds:KeyName><ds:X509Data>"), "ds:KeyInfo does not hold"),
        (swap("<ds:KeyInfo>", '<ds:KeyInfo xml:base="x">'), "xml namespace"),
        (swap("<ds:KeyInfo>", '<ds:KeyInfo odd="x">'), "attributes it should"),
        (swap("<ds:Object>", "<!-- hidden --><ds:Object>"), "a comment"),
        (swap("<ds:Object>", "<?php ?><ds:Object>"), "an instruction"),
        (swap("<asic:", '<!DOCTYPE a [<!ENTITY b "c">]><asic:'), "a DTD"),
        (swap("<ds:X509Certificate>", "<ds:X509Certificate><![CDATA[]]>"), "a CDATA section"),
        (swap('encoding="UTF-8"', 'encoding="UTF-7"'), "not UTF-8"),
        (swap("<xades:UnsignedSignatureProperties>", "<xades:UnsignedSignatureProperties><xades:CounterSignature>"
              "</xades:CounterSignature>"), "unsigned property xades:CounterSignature"),
        (swap("</xades:UnsignedProperties>", "<xades:UnsignedDataObjectProperties></xades:UnsignedDataObjectProperties>"
              "</xades:UnsignedProperties>"), "UnsignedProperties does not hold"),
        (swap("http://uri.etsi.org/02918/v1.2.1#", "http://uri.etsi.org/02918/v1.2.2#"), "XAdESSignatures and not"),
    ],
)  # fmt: skip
async def test_anything_wrapped_or_hidden_is_refused(bench: Bench, edit: Callable[[str], str], why: str) -> None:
    await refuse(bench, why, Recipe(edit_all=edit))


async def test_markup_that_is_no_xml_cannot_be_judged(bench: Bench) -> None:
    with not_understood("cannot be understood"):
        await verify(bench, asice.sealed(recipe=Recipe(edit_all=swap("asic:XAdESSignatures", "ds:XAdESSignatures"))))


async def test_very_deep_markup_cannot_be_judged(bench: Bench) -> None:
    deep = "<x>" * 100_000 + "</x>" * 100_000
    with not_understood("cannot be understood"):
        await verify(bench, asice.sealed(recipe=Recipe(edit_all=swap("<ds:KeyInfo>", f"{deep}<ds:KeyInfo>"))))


async def test_very_long_signatures_are_refused(bench: Bench) -> None:
    long = swap("<ds:KeyInfo>", " " * 16_000_000 + "<ds:KeyInfo>")
    await refuse(bench, "too large", Recipe(edit_key=long))


@pytest.mark.parametrize("text", ["=", "AAAA=", "é"])
async def test_base64_that_is_none_is_refused(bench: Bench, text: str) -> None:
    edit = swap("</ds:SignatureValue>", f"{text}</ds:SignatureValue>")
    await refuse(bench, "is no base64", Recipe(edit_all=edit))


async def test_base64_with_spare_bits_is_refused(bench: Bench) -> None:
    def spare(text: str) -> str:
        end = text.index("==</ds:SignatureValue>")
        return text[: end - 1] + chr(ord(text[end - 1]) + 1) + text[end:]

    await refuse(bench, "is no base64", Recipe(edit_all=spare))


def swapped(der: bytes) -> bytes:
    """The ECDSA value in DER with r and s in each other's place."""
    r, s = decode_dss_signature(der)
    return encode_dss_signature(s, r)


SIGNED_END = "</xades:SignedSignatureProperties>"
EMPTY_PLACE = "<xades:SignatureProductionPlace></xades:SignatureProductionPlace>"


def a_role(text: str) -> str:
    claimed = f"<xades:ClaimedRoles><xades:ClaimedRole>{text}</xades:ClaimedRole></xades:ClaimedRoles>"
    return f"<xades:SignerRole>{claimed}</xades:SignerRole>"


async def test_a_place_and_a_role_that_say_nothing_pass(bench: Bench) -> None:
    edit = swap(SIGNED_END, f"{EMPTY_PLACE}{a_role('')}{SIGNED_END}")
    await verify(bench, asice.sealed(recipe=Recipe(signing_certificate="SigningCertificate", edit_signed=edit)))


@pytest.mark.parametrize(
    "claims",
    [
        EMPTY_PLACE + a_role("Valdes loceklis"),
        "<xades:SignatureProductionPlace><xades:City></xades:City></xades:SignatureProductionPlace>" + a_role(""),
        "<xades:SignatureProductionPlace>Elsewhere</xades:SignatureProductionPlace>",
        EMPTY_PLACE + '<xades:SignerRole Id="x"></xades:SignerRole>',
    ],
)
async def test_a_place_or_a_role_that_says_something_is_refused(bench: Bench, claims: str) -> None:
    await refuse(bench, "which nobody approved", Recipe(edit_signed=swap(SIGNED_END, f"{claims}{SIGNED_END}")))


async def test_sha_1_is_refused_in_the_older_signing_certificate_property_too(bench: Bench) -> None:
    digest = hashlib.sha1(the_seal().certificate_der).digest()  # noqa: S324 - the weakness is the point
    weak = base64.b64encode(digest).decode()
    strong = base64.b64encode(hashlib.sha256(the_seal().certificate_der).digest()).decode()

    def weaken(text: str) -> str:
        begin, sep, rest = text.partition("<xades:CertDigest>")
        method = swap("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1")(rest)
        return begin + sep + swap(strong, weak)(method)

    await refuse(bench, "too weak", Recipe(signing_certificate="SigningCertificate", edit_signed=weaken))
