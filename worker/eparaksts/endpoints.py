"""Where the two services answer, and the credentials that both of them take (§0, §3.4)."""

import base64
from dataclasses import dataclass
from urllib.parse import quote_plus

from pydantic import SecretStr

AUTHORIZE = "/trustedx-authserver/oauth/{authorization_server}"
TOKEN = "/trustedx-authserver/oauth/{authorization_server}/token"  # noqa: S105  a path, not a token
USERS_ME = "/trustedx-resources/openid/v1/users/me"
SIGN_IDENTITY = "/trustedx-resources/esigp/v1/sign_identities/{identity}"
SIGN_BATCH = "/trustedx-resources/esigp/v1/signatures/server/raw/batch"

START = "/api-session/v1.0/start?amount={amount}"
CLOSE = "/api-session/v1.0/{session}/close"
UPLOAD = "/api-storage/v1.0/{session}/upload"
ADD_DIGESTS = "/api-storage/v1.0/{session}/addDocumentDigest"
LIST = "/api-storage/v1.0/{session}/list"
DOWNLOAD = "/api-storage/v1.0/{session}/{document}"
CALCULATE_DIGEST = "/api-sign/v1.0/CalculateDigest"
FINALIZE = "/api-sign/v1.0/finalizeSigning"
ARCHIVE = "/api-sign/v1.0/addArchive"
VALIDATE = "/api-validation/v2.0/{session}/{document}/validate"
CONFIG = "/api-config/v1.0/"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base addresses without a trailing slash, and the id of the authorization server."""

    platform_url: str
    signapi_url: str
    authorization_server: str = "lvrtc-eipsign-as"

    @property
    def authorize(self) -> str:
        """Where the browser is sent (§3.1)."""
        return self.platform_url + AUTHORIZE.format(authorization_server=self.authorization_server)

    @property
    def token(self) -> str:
        """Where codes and client credentials become tokens (§3.4)."""
        return self.platform_url + TOKEN.format(authorization_server=self.authorization_server)

    def platform(self, path: str) -> str:
        """The full address of a path at the integration platform."""
        return self.platform_url + path

    def signapi(self, path: str) -> str:
        """The full address of a path at SignAPI."""
        return self.signapi_url + path


@dataclass(frozen=True, slots=True)
class Credentials:
    """The client's name and secret. `url_encoded` follows the vendor's documentation; some do without (§3.4)."""

    client_id: str
    client_secret: SecretStr
    url_encoded: bool = True

    def basic(self) -> SecretStr:
        """The `Authorization` header of the token endpoint (RFC 6749 §2.3.1)."""
        parts = (self.client_id, self.client_secret.get_secret_value())
        encoded = map(quote_plus, parts) if self.url_encoded else parts
        return SecretStr("Basic " + base64.b64encode(":".join(encoded).encode()).decode())
