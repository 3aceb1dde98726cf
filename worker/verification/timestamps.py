"""RFC 3161 tokens: a third party's word that something existed at a moment."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from worker.verification.cms import Signer, is_signed, read_signed_data, read_signer
from worker.verification.refusal import require

_SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"
_STRONG = frozenset({"sha256", "sha384", "sha512"})

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
        token.dump()
        for attribute in seal.unsigned or ()
        if attribute["type"].dotted == _SIGNATURE_TIMESTAMP
        for token in attribute["values"]
    ]
    require(len(tokens) <= 1, "the seal has several timestamps")
    return read_token(tokens[0], known, lambda name: hashlib.new(name, seal.value).digest()) if tokens else None


def read_token(content: bytes, known: Iterable[bytes], imprint: Imprint) -> Timestamp:
    """Check one token (DER, zero-padded at will) and what it stamps. Raises Rejected and ValueError."""
    token = read_signed_data(content)
    signer = read_signer(token, known)
    inner = token["encap_content_info"]
    require(inner["content_type"].native == signer.content_type == "tst_info", "the timestamp is no timestamp token")
    digest = hashlib.new(signer.hash_name, bytes(inner["content"])).digest()
    require(digest == signer.message_digest, "the timestamp's content was changed")
    require(is_signed(signer), "the timestamp's own signature is wrong")
    stated = inner["content"].parsed
    hash_name = stated["message_imprint"]["hash_algorithm"]["algorithm"].native
    require(hash_name in _STRONG, f"the timestamp hashes with {hash_name}, which is too weak")
    stamped = stated["message_imprint"]["hashed_message"].native
    require(stamped == imprint(hash_name), "the timestamp covers something else")
    return Timestamp(at=stated["gen_time"].native, signer=signer)
