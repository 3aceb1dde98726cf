"""Other people's verifiers: pyHanko offline, and the programs pdfsig and openssl."""

import os
from datetime import datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import parser, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESSubIndic
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from tests.support.programs import run


def signatures(document: bytes) -> list[EmbeddedPdfSignature]:
    return list(PdfFileReader(BytesIO(document), strict=False).embedded_signatures)


async def lt_verdicts(document: bytes, root_pem: bytes, at: datetime) -> list[PdfSignatureStatus]:
    """Judge every signature by the root and the file alone: no network, and missing revocation data is a failure."""
    _, _, root = pem.unarmor(root_pem)
    rules = {
        "trust_roots": [x509.Certificate.load(root)],
        "revocation_mode": "hard-fail",
        "allow_fetching": False,
        "moment": at,
    }
    verdicts = []
    for signature in signatures(document):
        context = DocumentSecurityStore.read_dss(signature.reader).as_validation_context(rules)
        verdicts.append(await async_validate_pdf_signature(signature, context))
    return verdicts


async def lta_indication(document: bytes, root_pem: bytes, at: datetime) -> AdESSubIndic:
    """Judge the first signature for long-term availability (EN 319 102-1 §5.6): archive timestamps prove the rest."""
    _, _, root = pem.unarmor(root_pem)
    trust = SimpleTrustManager.build([x509.Certificate.load(root)])
    chains = CertValidationPolicySpec(trust, CertRevTrustPolicy(REQUIRE_REVINFO))
    offline = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    spec = PdfSignatureValidationSpec(SignatureValidationSpec(chains, offline))
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    return (await ades_lta_validation(signatures(document)[0], spec, timing)).ades_subindic


def openssl_verifies_timestamp(document: bytes, number: int, root_pem: bytes, folder: Path) -> bool:
    """Say whether openssl accepts the document timestamp of this place among the signatures, and what it covers.

    It is given the root and no other certificate: the path must be in the token itself.
    """
    signature = signatures(document)[number]
    names = {"root.pem": root_pem, "token": cms_of(signature), "covered": content_under(signature, document)}
    for name, content in names.items():
        (folder / name).write_bytes(content)
    verdict = run(
        "openssl",
        *("ts", "-verify", "-data", folder / "covered", "-in", folder / "token", "-token_in"),
        *("-CAfile", folder / "root.pem"),
    )
    return verdict.returncode == 0


def content_under(signature: EmbeddedPdfSignature, document: bytes) -> bytes:
    """The bytes that the signature's byte range covers."""
    begin, length, resume, rest = signature.byte_range
    return document[begin : begin + length] + document[resume : resume + rest]


def cms_of(signature: EmbeddedPdfSignature) -> bytes:
    """The CMS without the zeros behind it."""
    contents = bytes(signature.pkcs7_content)
    return contents[: parser.peek(contents)]


def openssl_verifies(document: bytes, root_pem: bytes, folder: Path) -> bool:
    """Say whether openssl accepts the first signature's CMS, its chain and its ESS attribute."""
    signature = signatures(document)[0]
    names = {"root.pem": root_pem, "seal.cms": cms_of(signature), "content": content_under(signature, document)}
    for name, content in names.items():
        (folder / name).write_bytes(content)
    verdict = run(
        "openssl",
        *("cms", "-verify", "-binary", "-cades", "-purpose", "any", "-inform", "DER", "-in", folder / "seal.cms"),
        *("-content", folder / "content", "-CAfile", folder / "root.pem", "-out", os.devnull),
    )
    return verdict.returncode == 0


def pdfsig_report(document: bytes, folder: Path) -> str:
    """What pdfsig says of the document; certificates are left aside, since it knows no trust but the system's."""
    path = folder / "sealed.pdf"
    path.write_bytes(document)
    return run("pdfsig", "-nocert", path).stdout
