"""Keys by which programs reach the API: whose, for which routes, and what they may do there. Pure."""

from enum import StrEnum

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.names import ARoute

LONGEST_KEY_NAME = 100


class Permission(StrEnum):
    """What a key may do with the documents of its routes. Values are what people type."""

    SUBMIT = "submit"
    """Hand documents in."""
    READ = "read"
    """Ask how they stand, and fetch their files."""
    RETRY = "retry"
    """Send what lies in quarantine through once more."""
    CANCEL = "cancel"
    """Take back what waits for a batch."""


class ApiKey(Frozen):
    """One key as it is kept: `secret_sha256` (hexadecimal) instead of the secret.

    A plain hash suffices: the secret is 256 random bits, which nobody finds by trying, however fast they hash.
    """

    id: str = Field(pattern=r"^[0-9a-f]{12}$")
    name: str = Field(min_length=1, max_length=LONGEST_KEY_NAME)
    routes: frozenset[ARoute] = Field(min_length=1)
    may: frozenset[Permission] = Field(min_length=1)
    created_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    revoked_at: AwareDatetime | None = None
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    def is_valid(self, now: AwareDatetime) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)
