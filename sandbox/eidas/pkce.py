"""Proof that whoever exchanges a code also asked for it (RFC 7636)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping

from sandbox.eidas.authorization import NotGranted
from sandbox.variants.platform import Pkce

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # base64url of a SHA-256, without padding (RFC 7636 §4.2)


def read_challenge(query: Mapping[str, str], style: Pkce) -> str | None:
    """Return what the code is to be bound to; raises `NotGranted` for what is not taken (RFC 7636 §4.4.1)."""
    if style is Pkce.IGNORED or not query.keys() & {"code_challenge", "code_challenge_method"}:
        return None
    if style is Pkce.REFUSED:
        raise NotGranted("invalid_request", "code_challenge is not a parameter of this server.")
    if query.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(query.get("code_challenge", "")):
        raise NotGranted("invalid_request", "code_challenge must be made by S256.")
    return query["code_challenge"]


def is_proved(challenge: str | None, verifier: str | None, style: Pkce) -> bool:
    """Say whether the verifier is the challenge's; none of both is right too, but not one alone (RFC 9700 §4.8.2)."""
    if style is not Pkce.SUPPORTED or (challenge is None and verifier is None):
        return True
    made = base64.urlsafe_b64encode(hashlib.sha256((verifier or "").encode()).digest()).rstrip(b"=").decode()
    return challenge is not None and hmac.compare_digest(made, challenge)
