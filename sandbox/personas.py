"""The practice people, and the identities they may sign or log in with."""

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from sandbox.pki import KeyKind, SigningIdentity


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its certificate, as the platform lists it; `name` is our own.

    `server_usable` keys are kept in the practice HSM, the others in the person's phone.
    """

    name: str
    description: str
    labels: tuple[str, ...]
    key: KeyKind
    credential: SigningIdentity
    enabled: bool = True
    server_usable: bool = True
    device_id: str = ""
    id: str = field(init=False)

    def __post_init__(self) -> None:
        """Derive the id from the name: 26 lower-case letters and digits, the same after every restart."""
        digest = hashlib.sha256(self.name.encode()).digest()
        object.__setattr__(self, "id", base64.b32encode(digest).decode("ascii")[:26].lower())

    @property
    def common_name(self) -> str:
        """Return the certificate's common name."""
        (attribute,) = self.credential.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attribute.value)

    @property
    def is_seal(self) -> bool:
        """Say whether the key seals for a legal person."""
        return self.description == "eparaksts:qsealc:sign"

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
    """Somebody who can log in, with everything they may use."""

    login: str
    given_name: str
    surname: str
    personal_code: str
    identities: tuple[Identity, ...]

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given_name} {self.surname}"

    @property
    def subject(self) -> str:
        """Return the stable identifier that OpenID Connect calls `sub`."""
        return hashlib.sha256(self.personal_code.encode()).hexdigest()[:40]

    @property
    def seals(self) -> tuple[Identity, ...]:
        """Return the seals in the order they are listed."""
        return tuple(identity for identity in self.identities if identity.is_seal)

    def identity(self, identity_id: str) -> Identity | None:
        """Return the person's identity of this id, if there is one."""
        return next((identity for identity in self.identities if identity.id == identity_id), None)
