"""A code that only whoever asked for it can exchange (PKCE, RFC 7636).

A server that does not know it overlooks its parameters (RFC 6749 §3.1, §3.2), so that it may always be sent.
"""

import base64
import hashlib
import secrets

from pydantic import SecretStr


def new_verifier() -> str:
    """A fresh `code_verifier`: 256 random bits (RFC 7636 §4.1, §7.1)."""
    return secrets.token_urlsafe(32)


def challenge_fields(verifier: SecretStr | None) -> dict[str, str]:
    """What an authorization request says of the verifier (RFC 7636 §4.3); nothing where there is none."""
    if verifier is None:
        return {}
    digest = hashlib.sha256(verifier.get_secret_value().encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return {"code_challenge": challenge, "code_challenge_method": "S256"}
