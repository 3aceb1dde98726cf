"""RFC 3161 tokens: a third party's word that something existed at a moment."""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto.core import GeneralizedTime

from worker.verification.cms import Signer, read_attributes, read_signed_data, read_signer, strong_hash
from worker.verification.der import SEQUENCE, oid, read_element, read_octets, read_parts
from worker.verification.refusal import require
from worker.verification.signed import is_signed

_SIGNATURE_TIMESTAMP = oid("1.2.840.113549.1.9.16.2.14")
_TST_INFO = oid("1.2.840.113549.1.9.16.1.4")
_CONTENT = re.compile(rb"(?P<type>\x06)(?P<stated>\xa0)")
_STATED = re.compile(rb"\x02\x06(?P<imprint>\x30)\x02(?P<at>\x18)\x30?\x01?\x02?\xa0?\xa1?")
"""The parts of a TSTInfo (RFC 3161 §2.4.2)."""
_IMPRINT = re.compile(rb"(?P<hash>\x30)(?P<value>\x04)")

Imprint = Callable[[str], bytes]
"""The hash, by its algorithm's name, of what must have been stamped."""


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When a token says it was made, and by whom."""

    at: datetime
    signer: Signer


def read_seal_timestamp(seal: Signer, known: Iterable[bytes]) -> Timestamp | None:
    """Check the token over the seal's signature value; None when there is none. Raises Rejected and ValueError.

    Whether its certificate can be trusted is asked elsewhere. `known` are certificates (DER) it may leave out.
    """
    tokens = [
        token.whole
        for kind, values in read_attributes(seal.unsigned)
        for token in values
        if kind == _SIGNATURE_TIMESTAMP
    ]
    require(len(tokens) <= 1, "the seal has several timestamps")
    return read_token(tokens[0], known, lambda name: hashlib.new(name, seal.value).digest()) if tokens else None


def read_token(content: bytes, known: Iterable[bytes], imprint: Imprint) -> Timestamp:
    """Check one token (DER, zero-padded at will) and what it stamps. Raises Rejected and ValueError."""
    token = read_signed_data(content)
    signer = read_signer(token, known)
    inner = read_parts(token.content, _CONTENT)
    genuine = inner["type"].contents == _TST_INFO and signer.content_type == "tst_info"
    require(genuine, "the timestamp is no timestamp token")
    stated = read_octets(inner["stated"].contents)
    digest = hashlib.new(signer.hash_name, stated).digest()
    require(digest == signer.message_digest, "the timestamp's content was changed")
    require(is_signed(signer), "the timestamp's own signature is wrong")
    info = read_parts(read_element(stated, SEQUENCE).contents, _STATED)
    stamped = read_parts(info["imprint"].contents, _IMPRINT)
    expected = imprint(strong_hash(stamped["hash"].whole))
    require(stamped["value"].contents == expected, "the timestamp covers something else")
    return Timestamp(at=GeneralizedTime.load(info["at"].whole).native, signer=signer)
