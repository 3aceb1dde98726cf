"""Judging an authorization request (RFC 6749 §4.1.1) before any page is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sandbox.eidas.digests import SUMMARY_ALGORITHM, SUMMARY_LENGTH
from sandbox.eidas.methods import Method, UnknownMethod, method_named
from sandbox.encoding import decoded
from sandbox.settings import Settings

CLAIMS = "urn:lvrtc:fpeil:aa"
PROFILE = "urn:safelayer:eidas:sign:identity:profile"
SIGN = "urn:safelayer:eidas:sign:identity:use:server"
INTROSPECT = "urn:safelayer:eidas:oauth:token:introspect"
USER_SCOPES = frozenset({CLAIMS, PROFILE, SIGN})


class Fault(StrEnum):
    """Why nobody may be redirected anywhere."""

    CLIENT = "client"
    REDIRECT_URI = "redirect_uri"
    LOGOUT = "logout"


class Unregistered(Exception):
    """The client or its redirect URI is not known here, so nobody may be redirected anywhere."""

    def __init__(self, fault: Fault) -> None:
        """Keep what is not registered."""
        super().__init__(fault)
        self.fault = fault


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


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where the browser goes when the dialog ends, with the `state` it must bring back."""

    client_id: str
    redirect_uri: str
    state: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a well-formed authorization request asks for."""

    address: ReturnAddress
    scope: str
    fresh_login: bool
    method: Method | None
    binding: Binding | None


def return_address(query: Mapping[str, str], settings: Settings) -> ReturnAddress:
    """Return where this dialog may end; raises `Unregistered` unless client and redirect URI match exactly."""
    client = settings.client(query.get("client_id", ""))
    if client is None:
        raise Unregistered(Fault.CLIENT)
    if query.get("redirect_uri", "") not in client.redirect_uris:
        raise Unregistered(Fault.REDIRECT_URI)
    return ReturnAddress(client.client_id, query["redirect_uri"], query.get("state", ""))


def asked(query: Mapping[str, str], address: ReturnAddress) -> Asked:
    """Return what is asked for; raises `NotGranted` for a request the platform cannot understand."""
    if query.get("response_type") != "code":
        raise NotGranted("unsupported_response_type", "response_type must be code.")
    if not address.state:
        raise NotGranted("invalid_request", "state is missing.")
    scopes = frozenset(query.get("scope", "").split())
    if not scopes or not scopes <= USER_SCOPES:
        raise NotGranted("invalid_scope", "scope is missing or holds a value that is not offered to people.")
    binding = _binding(query) if SIGN in scopes else None
    return Asked(address, query["scope"], query.get("prompt") == "login", _method(query), binding)


def _method(query: Mapping[str, str]) -> Method | None:
    try:
        return method_named(query.get("acr_values", ""))
    except UnknownMethod as cause:
        raise NotGranted("invalid_request", str(cause)) from cause


def _binding(query: Mapping[str, str]) -> Binding:
    for name in ("sign_identity_id", "digests_summary", "digests_summary_algorithm"):
        if not query.get(name):
            raise NotGranted("invalid_request", f"{name} is missing.")
    if query["digests_summary_algorithm"] != SUMMARY_ALGORITHM:
        raise NotGranted("invalid_request", f"digests_summary_algorithm must be {SUMMARY_ALGORITHM}.")
    return Binding(query["sign_identity_id"], _summary(query["digests_summary"]))


def _summary(text: str) -> bytes:
    try:
        summary = decoded(text)
    except ValueError:
        summary = b""
    if len(summary) != SUMMARY_LENGTH:
        raise NotGranted("invalid_request", f"digests_summary must be base64 of {SUMMARY_LENGTH} bytes.")
    return summary
