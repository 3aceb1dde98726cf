"""The practice people, and the identities they may sign or log in with."""

import base64
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from sandbox.eidas.methods import Method
from sandbox.pki import KeyKind, SigningIdentity


class Peculiarity(StrEnum):
    """What makes a seal unlike the usual one."""

    NONE = "none"
    DISABLED = "disabled"  # the platform lists it and does not let it sign
    EXPIRING = "expiring"  # its certificate ends within days
    EXPIRED = "expired"  # its certificate has ended
    REVOKED = "revoked"  # its certificate was revoked
    SPACING = "spacing"  # its name has other space around the colon than usual
    DECOMPOSED = "decomposed"  # its name is written in Unicode form NFD


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate, as the platform lists it; `name` is our own.

    `server_usable` keys are kept in the practice HSM, the others in the person's phone or card; an identity that is
    not `listed` is on the card only, where a browser plugin reads it (vendor §3.6).
    """

    name: str
    description: str
    labels: tuple[str, ...]
    key: KeyKind
    credential: SigningIdentity
    peculiarity: Peculiarity = Peculiarity.NONE
    server_usable: bool = True
    listed: bool = True
    device_id: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the id from the name: 26 characters from `0` to `9` and `a` to `v`, the same after every restart."""
        digest = hashlib.sha256(self.name.encode()).digest()
        object.__setattr__(self, "id", base64.b32hexencode(digest).decode("ascii")[:26].lower())

    @property
    def is_enabled(self) -> bool:
        """Say whether the platform lets the identity sign."""
        return self.peculiarity is not Peculiarity.DISABLED

    @property
    def common_name(self) -> str:
        """Return the certificate's common name."""
        (attribute,) = self.credential.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attribute.value)

    @property
    def in_words(self) -> str:
        """Return the name with what an integrator chooses by: key, label, and what is special about it."""
        label = "esealc" if "esealc" in self.labels else "qsealc"
        peculiarity = "" if self.peculiarity is Peculiarity.NONE else f", {self.peculiarity}"
        return f"{self.common_name} ({self.key}, {label}{peculiarity})"

    @property
    def is_seal(self) -> bool:
        """Say whether the key seals for a legal person."""
        return self.description == "eparaksts:qsealc:sign"

    @property
    def is_card_authentication(self) -> bool:
        """Say whether the key logs in with an eID card."""
        return self.description == "eparaksts:eid:auth"

    @property
    def public_key_der(self) -> bytes:
        """Return the SubjectPublicKeyInfo in DER."""
        key = self.credential.certificate.public_key()
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def key_fits(self, algorithm: str) -> bool:
        """Say whether this kind of key signs with the algorithm."""
        return algorithm.startswith("rsa") == self.key.startswith("rsa")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can log in in at least one way, with everything they may use."""

    login: str
    given_name: str
    surname: str
    personal_code: str
    methods: tuple[Method, ...]
    identities: tuple[Identity, ...]

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given_name} {self.surname}"

    def subject(self, method: Method) -> str:
        """Return what OpenID Connect calls `sub`: 32 hex digits, stable for one person and one method (vendor §3.5)."""
        return hashlib.sha256(f"{self.personal_code} {method.account}".encode()).hexdigest()[:32]

    @property
    def seals(self) -> tuple[Identity, ...]:
        """Return the seals in the order they are listed."""
        return tuple(identity for identity in self.identities if identity.is_seal)

    @property
    def card(self) -> Identity | None:
        """Return what the person's eID card logs in with, if they have one."""
        return next((identity for identity in self.identities if identity.is_card_authentication), None)

    @property
    def platform_identities(self) -> tuple[Identity, ...]:
        """Return what the platform knows of: everything but what stays on the card."""
        return tuple(identity for identity in self.identities if identity.listed)

    def identity(self, identity_id: str) -> Identity | None:
        """Return the person's listed identity of this id, if there is one."""
        return next((identity for identity in self.platform_identities if identity.id == identity_id), None)
