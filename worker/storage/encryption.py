"""Keeping what Redis holds for us unreadable and unforgeable to everybody else who can reach it."""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
"""96 bits, drawn at random: good for 2³² messages under one key (NIST SP 800-38D §8.3)."""
LARGEST_TEXT = 64 * 1024
"""Characters; ours have some two thousand. Opening a longer one takes three times its room."""


class NotOurs(ValueError):
    """A text that this key did not encrypt for this place: forged, damaged, or moved from elsewhere."""


class Cipher:
    """AES-256-GCM under one key of 32 bytes (NIST SP 800-38D).

    Each text is bound to the place where it stands: moved to another one, it is as good as forged.
    """

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def encrypt(self, content: bytes, place: str) -> str:
        """The content as a text of base64."""
        nonce = os.urandom(_NONCE_BYTES)
        return base64.b64encode(nonce + self._aead.encrypt(nonce, content, place.encode())).decode()

    def decrypt(self, text: str | bytes, place: str) -> bytes:
        """The content again. Raises NotOurs."""
        if len(text) > LARGEST_TEXT:
            raise NotOurs("it is longer than any text of ours")
        try:
            sealed = base64.b64decode(text, validate=True)
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
        except (binascii.Error, InvalidTag, ValueError):
            raise NotOurs("it was not encrypted by us, or for another place") from None
