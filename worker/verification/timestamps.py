"""The signature timestamp: an RFC 3161 token which proves that a signature value existed at a moment."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms

from worker.verification.cms import Signer, is_signed, read_signed_data, read_signer
from worker.verification.refusal import require

_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
_STRONG = frozenset({"sha256", "sha384", "sha512"})


@dataclass(frozen=True, slots=True)
class Timestamp:
    """When a token says it was made, and by whom."""

    at: datetime
    signer: Signer


def read_timestamp(seal: Signer, known: Iterable[bytes]) -> Timestamp | None:
    """Check the token over the seal's signature value; None when there is none. Raises Rejected and ValueError.

    Whether its certificate can be trusted is asked elsewhere. `known` are certificates (DER) it may leave out.
    """
    tokens = [item for kind in seal.unsigned or () if kind["type"].dotted == _SIGNATURE_TIMESTAMP for item in kind["values"]]
    require(len(tokens) <= 1, "the seal has several timestamps")
    return _checked(read_signed_data(tokens[0].dump()), seal.value, known) if tokens else None


def _checked(token: cms.SignedData, stamped: bytes, known: Iterable[bytes]) -> Timestamp:
    signer = read_signer(token, known)
    inner = token["encap_content_info"]
    require(inner["content_type"].native == signer.content_type == "tst_info", "the timestamp is no timestamp token")
    content = inner["content"]
    digest = hashlib.new(signer.hash_name, bytes(content))
    require(digest.digest() == signer.message_digest, "the timestamp's content was changed")
    require(is_signed(signer), "the timestamp's own signature is wrong")
    stated = content.parsed
    imprint = stated["message_imprint"]
    hash_name = imprint["hash_algorithm"]["algorithm"].native
    require(hash_name in _STRONG, f"the timestamp hashes with {hash_name}, which is too weak")
    fits = imprint["hashed_message"].native == hashlib.new(hash_name, stamped).digest()
    require(fits, "the timestamp covers something else than this seal")
    return Timestamp(at=stated["gen_time"].native, signer=signer)
