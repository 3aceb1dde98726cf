"""With which numbers and names the practice vendor runs."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt

from sandbox.pki import KeyKind
from sandbox.variants import Variants


class RegisteredClient(BaseModel):
    """One registered integration: its credentials and the exact redirect URIs it may use (RFC 6749 §2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str = Field(min_length=1)
    client_secret: str = Field(min_length=1, repr=False)
    redirect_uris: tuple[str, ...]


class Settings(BaseModel):
    """Everything that may differ between two practice vendors; the defaults are the vendor's usual figures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clients: tuple[RegisteredClient, ...] = Field(min_length=1)
    leading_key: KeyKind = KeyKind.P256
    file_max_length: PositiveInt = 25 * 1024 * 1024  # bytes
    session_expiration: timedelta = timedelta(hours=24)
    token_lifetime: timedelta = timedelta(seconds=600)
    code_lifetime: timedelta = timedelta(seconds=600)
    batch_limit: PositiveInt = 5000  # sessions or digests in one call; lower ones are variants
    key_password: str = "parole"  # noqa: S105 - the published practice password
    card_pin: str = "1234"  # the published practice PIN1
    password_tries: PositiveInt = 5  # wrong ones in a row that lock a key or a card
    accept_revoked: bool = False  # CalculateDigest takes a revoked certificate, and finalize fails for it
    late_identities: NonNegativeInt = 0  # calls of users/me that list none, after a person's first login
    late_certificates: NonNegativeInt = 0  # calls of sign_identities/{id} that find none, per identity
    auto_approve: str | None = None  # the login of a person who agrees to everything without pages
    variants: Variants = Variants()

    def client(self, client_id: str) -> RegisteredClient | None:
        """Return the registered client of this id, if there is one."""
        return next((client for client in self.clients if client.client_id == client_id), None)
