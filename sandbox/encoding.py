"""Base64 as the vendor reads it."""

import base64
import binascii

# Clients of the vendor send both alphabets, with and without padding.
URL_SAFE = str.maketrans("-_", "+/")


def decode_base64(text: object) -> bytes:
    """Return the bytes of standard or URL-safe base64, padded or not; raises `ValueError` for anything else."""
    if not isinstance(text, str):
        raise ValueError("base64 text is expected")  # noqa: TRY004 - one error for everything that is not base64
    standard = text.rstrip("=").translate(URL_SAFE)
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error as cause:
        raise ValueError("this is not base64") from cause


def encode_base64(value: bytes) -> str:
    """Return padded standard base64."""
    return base64.b64encode(value).decode("ascii")
