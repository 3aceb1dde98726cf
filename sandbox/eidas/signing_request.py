"""Reading a signing request: which identity shall sign which digests, and how."""

from dataclasses import dataclass

from sandbox.encoding import decode_base64
from sandbox.refusals import PlatformRefusal

# `ecdsa` names no hash, so it takes a digest of any length that the vendor hands out (vendor §2.2).
DIGEST_LENGTHS = {
    "ecdsa": frozenset({32, 48, 64}),
    "rsa-sha256": frozenset({32}),
    "rsa-sha384": frozenset({48}),
    "rsa-sha512": frozenset({64}),
}  # bytes of digest per signature algorithm offered


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """A well-formed signing request: as many algorithms as digests, in the client's order."""

    identity_id: str
    digests: tuple[bytes, ...]
    algorithms: tuple[str, ...]


def read_single(body: object, limit: int) -> SigningRequest:
    """Read the body of `/raw`; raises `PlatformRefusal` 400."""
    return _read(body, [body], limit)


def read_batch(body: object, limit: int) -> SigningRequest:
    """Read the body of `/raw/batch`, at most `limit` requests; raises `PlatformRefusal` 400."""
    return _read(body, body.get("requests") if isinstance(body, dict) else None, limit)


def _read(body: object, requests: object, limit: int) -> SigningRequest:
    if not isinstance(body, dict) or not isinstance(body.get("sign_identity_id"), str):
        raise _bad_request("sign_identity_id is missing.")
    if not isinstance(requests, list) or not 1 <= len(requests) <= limit:
        raise _bad_request(f"requests must hold 1 to {limit} entries.")
    default = body.get("signature_algorithm")
    parts = [_read_digest(request, default) for request in requests]
    return SigningRequest(
        body["sign_identity_id"], tuple(digest for digest, _ in parts), tuple(name for _, name in parts)
    )


def _read_digest(request: object, default: object) -> tuple[bytes, str]:
    if not isinstance(request, dict):
        raise _bad_request("each request must be an object.")
    algorithm = request.get("signature_algorithm", default)
    if not isinstance(algorithm, str) or algorithm not in DIGEST_LENGTHS:
        raise _bad_request(f"signature_algorithm must be one of {', '.join(DIGEST_LENGTHS)}.")
    try:
        digest = decode_base64(request.get("digest_value"))
    except ValueError:
        raise _bad_request("digest_value must be base64.") from None
    if len(digest) not in DIGEST_LENGTHS[algorithm]:
        raise _bad_request("digest_value has a length that signature_algorithm does not sign.")
    return digest, algorithm


def _bad_request(why: str) -> PlatformRefusal:
    return PlatformRefusal(400, "invalid_request", why)
