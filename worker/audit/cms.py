"""CMS signatures and RFC 3161 tokens, read by asn1crypto and checked by pyHanko; nobody is trusted here yet."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import cms, parser
from asn1crypto.keys import PublicKeyInfo
from asn1crypto.x509 import Certificate
from pyhanko.sign.general import check_ess_certid, extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity

from worker.audit.report import AuditOutcome, Problem, Problems

_MIN_RSA_BITS, _MIN_EC_BITS = 2048, 224
STRONG_HASHES = frozenset({"sha224", "sha256", "sha384", "sha512", "sha3_256", "sha3_384", "sha3_512"})

Digester = Callable[[str], bytes]
"""Gives the hash, by its algorithm's name, of what must have been signed or stamped."""


@dataclass(frozen=True, slots=True)
class CmsSigner:
    """The one signer of a CMS SignedData (RFC 5652 §5), and the certificates that it brings."""

    signed_data: cms.SignedData = field(repr=False)
    info: cms.SignerInfo = field(repr=False)
    certificate: Certificate
    certificates: tuple[Certificate, ...] = field(repr=False)

    @property
    def signing_time(self) -> datetime | None:
        """The time that the signer states."""
        moments = [one["values"][0].native for one in self.info["signed_attrs"] if one["type"].native == "signing_time"]
        return moments[0] if moments else None

    @property
    def tokens(self) -> tuple[bytes, ...]:
        """Timestamp tokens over the signature value (DER), in the unsigned attributes."""
        return tuple(
            value.dump()
            for attribute in self.info["unsigned_attrs"]
            if attribute["type"].native == "signature_time_stamp_token"
            for value in attribute["values"]
        )


@dataclass(frozen=True, slots=True)
class StampToken:
    """A timestamp token: when and by whom it says it was made, and what is wrong with it as it stands."""

    at: datetime
    signer: CmsSigner
    problems: Problems


def read_signer(der: bytes) -> CmsSigner:
    """Read a ContentInfo and nothing behind it. Raises ValueError."""
    signed_data = cms.ContentInfo.load(der, strict=True)["content"]
    found = extract_certificate_info(signed_data)
    certificates = (found.signer_cert, *found.other_certs)
    return CmsSigner(signed_data, extract_signer_info(signed_data), found.signer_cert, certificates)


def measure(content: bytes) -> int:
    """The length of the DER or BER value that these bytes begin with. Raises ValueError."""
    length: int = parser.peek(content)
    return length


def find_faults(signer: CmsSigner, digest: Digester) -> Iterator[Problem]:
    """Say what is wrong with a signature over content with this digest: content, value, attributes, algorithms."""
    hash_name = signer.info["digest_algorithm"]["algorithm"].native
    yield from find_weakness(hash_name, signer.certificate.public_key)
    signature_hash: str | None = None
    with suppress(ValueError):  # which asn1crypto raises where the signature algorithm leaves the hash open
        signature_hash = signer.info["signature_algorithm"].hash_algo
    if signature_hash not in (None, hash_name):
        yield from find_weakness(signature_hash, signer.certificate.public_key)
    content_type = signer.signed_data["encap_content_info"]["content_type"].native
    is_intact, is_valid = validate_sig_integrity(signer.info, signer.certificate, content_type, digest(hash_name))
    if not is_intact:
        yield Problem(AuditOutcome.ALTERED, "the content was changed after it was sealed")
    if not is_valid:
        yield Problem(AuditOutcome.ALTERED, "the signature value does not fit what was signed")
    named = get_signing_cert_attr(signer.info["signed_attrs"])
    if named is None or not check_ess_certid(signer.certificate, named["certs"][0]):
        yield Problem(AuditOutcome.ALTERED, "the signed attributes do not name the signer's certificate")


def find_weakness(hash_name: str, key: PublicKeyInfo) -> Iterator[Problem]:
    """Say whether hash or key are weaker than ETSI TS 119 312 §5, §6 allow."""
    if hash_name not in STRONG_HASHES:
        yield Problem(AuditOutcome.WEAK, f"{hash_name} is too weak")
    least = {"rsa": _MIN_RSA_BITS, "rsassa_pss": _MIN_RSA_BITS, "ec": _MIN_EC_BITS}.get(key.algorithm, 0)
    if key.bit_size < least:
        yield Problem(AuditOutcome.WEAK, f"a key of {key.bit_size} bits is too weak")


def read_token(der: bytes, imprint: Digester) -> StampToken:
    """Read a timestamp token and hold it against what it must stamp (RFC 3161 §2.4.2). Raises ValueError."""
    signer = read_signer(der)
    inner = signer.signed_data["encap_content_info"]
    if inner["content_type"].native != "tst_info":
        raise ValueError("a timestamp is no timestamp token")
    stated = inner["content"].parsed
    content = bytes(inner["content"])
    faults = list(find_faults(signer, lambda name: hashlib.new(name, content).digest()))
    stamped = stated["message_imprint"]
    hash_name = stamped["hash_algorithm"]["algorithm"].native
    faults += find_weakness(hash_name, signer.certificate.public_key)
    if stamped["hashed_message"].native != imprint(hash_name):
        faults.append(Problem(AuditOutcome.ALTERED, "it covers something else"))
    moment: datetime = stated["gen_time"].native
    return StampToken(moment, signer, tuple(dict.fromkeys(faults)))
