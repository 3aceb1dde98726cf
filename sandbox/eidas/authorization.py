"""Authorization requests (RFC 6749 §4.1.1), judged before any page is shown, and what a signing token is bound to."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sandbox.eidas.methods import Method, UnknownMethod, method_named
from sandbox.encoding import decode_base64
from sandbox.settings import Settings
from sandbox.variants import Variants
from sandbox.variants.platform import RedirectUri, SignScope

CLAIMS = "urn:lvrtc:fpeil:aa"
PROFILE = "urn:safelayer:eidas:sign:identity:profile"
SIGN = "urn:safelayer:eidas:sign:identity:use:server"
INTROSPECT = "urn:safelayer:eidas:oauth:token:introspect"
# Without INTROSPECT: a client gets that one by its own credentials, never from a person (vendor §3.4).
USER_SCOPES = frozenset({CLAIMS, PROFILE, SIGN})

# Told together, they name a key and what it shall sign; a login that asks for all scopes at once tells none of them.
BINDING = ("sign_identity_id", "digests_summary", "digests_summary_algorithm")
SUMMARY_ALGORITHM = "SHA256"
SUMMARY_LENGTH = 32  # bytes


class PageError(StrEnum):
    """Why the browser meets an error page: nobody may be redirected to an address that is not registered."""

    CLIENT = "client"
    REDIRECT_URI = "redirect_uri"
    LOGOUT = "logout"


class Unregistered(Exception):
    """The client or its redirect URI is not known here, so nobody may be redirected there (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: PageError) -> None:
        """Keep what is not registered."""
        super().__init__(error)
        self.error = error


class NotGranted(Exception):
    """The request ends with an error at the client's redirect URI (RFC 6749 §4.1.2.1)."""

    def __init__(self, error: str, description: str) -> None:
        """Keep the OAuth error word and its sentence."""
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Binding:
    """The one identity and the one digests summary that a signing token is good for."""

    identity_id: str
    summary: bytes


def summary_of(digests: Sequence[bytes]) -> bytes:
    """Return the digests summary: SHA-256 over the digests of a batch joined in this order, without separators."""
    return hashlib.sha256(b"".join(digests)).digest()


@dataclass(frozen=True, slots=True)
class RedirectTarget:
    """Where the browser goes when the dialog ends, with the `state` that is given back.

    `is_named` says whether the client named the address, which it must then repeat for its token.
    """

    client_id: str
    redirect_uri: str
    state: str
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a well-formed authorization request asks for."""

    target: RedirectTarget
    scope: str
    fresh_login: bool
    method: Method | None
    binding: Binding | None
    challenge: str | None = None


def redirect_target(query: Mapping[str, str], settings: Settings, style: RedirectUri) -> RedirectTarget:
    """Return where this dialog may end; raises `Unregistered` unless client and redirect URI match exactly.

    A client with exactly one redirect URI need not name it (RFC 6749 §3.1.2.3).
    """
    client = settings.client(query.get("client_id", ""))
    if client is None:
        raise Unregistered(PageError.CLIENT)
    state = query.get("state", "")
    if "redirect_uri" not in query and len(client.redirect_uris) == 1 and style is RedirectUri.OPTIONAL:
        return RedirectTarget(client.client_id, client.redirect_uris[0], state, is_named=False)
    # Compared character by character, as RFC 9700 §2.1 wants it: a prefix or pattern could be led elsewhere.
    if query.get("redirect_uri", "") not in client.redirect_uris:
        raise Unregistered(PageError.REDIRECT_URI)
    return RedirectTarget(client.client_id, query["redirect_uri"], state)


def read_request(query: Mapping[str, str], target: RedirectTarget, variants: Variants) -> AuthorizationRequest:
    """Return what is asked for; raises `NotGranted` for a request the platform cannot understand."""
    if query.get("response_type") != "code":
        raise NotGranted("unsupported_response_type", "response_type must be code.")
    if not target.state:
        raise NotGranted("invalid_request", "state is missing.")
    scopes = frozenset(query.get("scope", "").split())
    if not scopes or not scopes <= USER_SCOPES:
        raise NotGranted("invalid_scope", "scope is missing or holds a value that is not offered to people.")
    try:
        method = method_named(query.get("acr_values", ""))
    except UnknownMethod as cause:
        raise NotGranted("invalid_request", str(cause)) from cause
    may_be_unbound = len(scopes) > 1 and variants.sign_scope is SignScope.BESIDE_OTHERS
    is_bound = SIGN in scopes and not (may_be_unbound and query.keys().isdisjoint(BINDING))
    binding = _read_binding(query) if is_bound else None
    return AuthorizationRequest(target, query["scope"], query.get("prompt") == "login", method, binding)


def _read_binding(query: Mapping[str, str]) -> Binding:
    for name in BINDING:
        if not query.get(name):
            raise NotGranted("invalid_request", f"{name} is missing.")
    if query["digests_summary_algorithm"] != SUMMARY_ALGORITHM:
        raise NotGranted("invalid_request", f"digests_summary_algorithm must be {SUMMARY_ALGORITHM}.")
    try:
        summary = decode_base64(query["digests_summary"])
    except ValueError:
        # No base64 at all and base64 of another length are the same mistake to a client.
        summary = b""
    if len(summary) != SUMMARY_LENGTH:
        raise NotGranted("invalid_request", f"digests_summary must be base64 of {SUMMARY_LENGTH} bytes.")
    return Binding(query["sign_identity_id"], summary)
