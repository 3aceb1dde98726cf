"""Writing signature values the way this vendor is set to write them."""

import base64
from collections.abc import Callable, Sequence

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.encoding import encoded
from sandbox.variants import Variants
from sandbox.variants.platform import BatchBase64, BatchReply, Ecdsa

BASE64: dict[BatchBase64, Callable[[bytes], str]] = {
    BatchBase64.STANDARD: encoded,
    BatchBase64.URL_SAFE: lambda value: base64.urlsafe_b64encode(value).decode("ascii"),
    BatchBase64.UNPADDED: lambda value: encoded(value).rstrip("="),
    BatchBase64.TWICE: lambda value: encoded(encoded(value).encode("ascii")),
}
PACKED: dict[BatchReply, Callable[[Sequence[str]], object]] = {
    BatchReply.TEXTS: lambda texts: {"signatures": texts},
    BatchReply.VALUES: lambda texts: {"signatures": [{"value": text} for text in texts]},
    BatchReply.SIGNATURE_VALUES: lambda texts: {"signatures": [{"signature_value": text} for text in texts]},
    BatchReply.BARE_SIGNATURES: lambda texts: [{"signature": text} for text in texts],
    BatchReply.BARE_TEXTS: lambda texts: texts,
}


def written(value: bytes, ecdsa: Ecdsa) -> bytes:
    """Return an ECDSA value, which is DER, as r || s (IEEE P1363) if set so; an RSA value stays as it is."""
    if ecdsa is Ecdsa.DER:
        return value
    try:
        parts = decode_dss_signature(value)
    except ValueError:
        return value
    length = 32 if max(parts).bit_length() <= 256 else 48  # noqa: PLR2004 - the coordinates of P-256 and P-384
    return b"".join(part.to_bytes(length, "big") for part in parts)


def batch_reply(values: Sequence[bytes], variants: Variants) -> object:
    """Return the body that carries the values of a batch, in their order."""
    return PACKED[variants.batch_reply]([BASE64[variants.batch_base64](value) for value in values])
