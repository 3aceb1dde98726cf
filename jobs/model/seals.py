"""Seals: the enrolled one, one person's authorization to use it, and what a sealed file must be and is found to be."""

import re
import unicodedata
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field, SecretStr

from jobs.model.digest import Digest, SignatureValue
from jobs.model.documents import Profile
from jobs.model.frozen import Frozen
from jobs.model.levels import Form, SealLevel
from jobs.model.names import ABatch, AName, APerson

RENEW_WITHIN = timedelta(days=30)
"""So long before its certificate ends a seal should be renewed: the vendor takes some days."""


def normalise_label(label: str) -> str:
    """Bring a seal's label to one form: NFC, no `CN:` in front, one space after each colon and none before it.

    A seal is named by the CN label of its certificate; the vendor's sources differ in how they write it (vendor §3.6).
    """
    text = unicodedata.normalize("NFC", label).strip()
    text = text[3:] if text[:3].upper() == "CN:" else text
    return re.sub(r"\s*:\s*", ": ", re.sub(r"\s+", " ", text)).strip()


class Seal(Frozen):
    """An enrolled seal. Nothing in it is secret: two public certificates, and who enrolled it.

    Certificates are base64 DER on one line, as SignAPI takes them. The authentication certificate is the
    natural person's, which lets SignAPI use the timestamp service (finalizeSigning, vendor §4.8).
    """

    label: str = Field(min_length=1)
    identity: str = Field(min_length=1)
    certificate: str = Field(min_length=1, repr=False)
    authentication_certificate: str = Field(min_length=1, repr=False)
    holder: APerson
    enrolled_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    """When its certificate ends (notAfter, RFC 5280 §4.1.2.5); None where that could not be read."""

    def has_ended(self, now: datetime) -> bool:
        """Say whether nothing can be sealed with its certificate any more."""
        return self.expires_at is not None and self.expires_at <= now

    def ends_within(self, time: timedelta, now: datetime) -> bool:
        """Say whether its certificate ends so soon, or has ended."""
        return self.expires_at is not None and self.expires_at - now <= time


class Authorization(Frozen):
    """One person's consent to one exact set of digests, as the one-time code that proves it.

    The code is worthless without the client secret, and is spent by the first exchange (vendor §3.4).
    """

    batch: ABatch
    approver: APerson
    summary: str
    code: SecretStr
    code_verifier: SecretStr | None = None
    """What the code is bound to, so that nobody else can exchange it (RFC 7636 §4.1); None where switched off."""
    granted_at: AwareDatetime


class AuthorizationRequest(Frozen):
    """What a person is asked to consent to: the seal's identity and the summary of the frozen digests."""

    batch: ABatch
    identity: str
    summary: str
    summary_algorithm: str


class Proof(Frozen):
    """What verification found in one sealed file; `size` in bytes."""

    sha256: Digest
    size: int = Field(gt=0)
    form: Form = Form.PADES
    level: SealLevel = SealLevel.LT
    sealed_at: datetime

    @property
    def level_name(self) -> str:
        """The level in the standards' words, as `PAdES B-LT`."""
        return self.level.of(self.form)


class Expectation(Frozen):
    """What one sealed file must turn out to contain: exactly what was approved and signed, and not before that."""

    digest: Digest
    value: SignatureValue
    certificate: str
    profile: Profile = Profile()
    approved_at: AwareDatetime | None = None
    """When a person approved; None where nobody knows any more."""


class SealedBy(Frozen):
    """By which seal something was sealed, by its certificate (base64 DER), and who approved that when."""

    label: str
    certificate: str = Field(repr=False)
    approver: APerson
    approved_at: AwareDatetime


class SealedCopy(Frozen):
    """A verified sealed file on the shelf: the name it should have, what was found in it, and the vendor's report."""

    name: AName
    proof: Proof
    report: str | None = None
    sealed_by: SealedBy | None = None
    """None where nobody tells any more."""
