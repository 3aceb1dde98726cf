"""Who plays in the practice: three people, one organisation, and every kind of key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.personas import Identity, Person
from sandbox.pki import Authority, KeyKind, SigningIdentity

ORGANISATION = "SIA Paraugs"
REGISTRATION_NUMBER = "40000000000"
ISSUED_BEFORE = timedelta(days=1)
VALID_FOR = timedelta(days=3 * 365)

# The vendor writes the space around the colon, and the label of a seal, in more than one way.
ANNAS_SEALS = (
    (KeyKind.RSA2048, "SIA PARAUGS (RSA-2048): eZīmogs", "qsealc"),
    (KeyKind.RSA3072, "SIA PARAUGS (RSA-3072) : eZīmogs", "esealc"),
    (KeyKind.P256, "SIA PARAUGS (P-256): eZīmogs", "qsealc"),
    (KeyKind.P384, "SIA PARAUGS (P-384) :eZīmogs", "esealc"),
)


def cast(authority: Authority, leading_key: KeyKind, now: datetime) -> tuple[Person, ...]:
    """Return the practice people; Anna's seal with the leading key is listed before her others."""
    anna = _Casting(authority, now, "anna", "Anna", "Parauga", "PNOLV-000123-00001")
    janis = _Casting(authority, now, "janis", "Jānis", "Bērziņš", "PNOLV-000123-00002")
    liga = _Casting(authority, now, "liga", "Līga", "Kalniņa", "PNOLV-000123-00003")
    annas = sorted(ANNAS_SEALS, key=lambda seal: seal[0] != leading_key)
    return (
        anna.person(*(anna.seal(key, common_name, label) for key, common_name, label in annas)),
        janis.person(
            janis.seal(KeyKind.P256, "SIA PARAUGS (JĀNIS BĒRZIŅŠ): eZīmogs", "qsealc"),
            janis.seal(KeyKind.RSA2048, "SIA PARAUGS (ARHĪVS): eZīmogs", "qsealc", enabled=False),
        ),
        liga.person(),
    )


@dataclass(frozen=True, slots=True)
class _Casting:
    """Gives one person their identities, the same ones after every restart."""

    authority: Authority
    now: datetime
    login: str
    given_name: str
    surname: str
    personal_code: str

    def person(self, *seals: Identity) -> Person:
        """Return the person with these seals among the identities that everybody has."""
        identities = (self._mobile_auth(), *seals, self._server_sign(), self._mobile_sign())
        return Person(self.login, self.given_name, self.surname, self.personal_code, identities)

    def seal(self, key: KeyKind, common_name: str, label: str, *, enabled: bool = True) -> Identity:
        """Return a seal of the organisation; `label` is `qsealc` or `esealc`."""
        name = f"{self.login}-seal-{key}"

        def issue() -> SigningIdentity:
            return self.authority.seal_identity(
                common_name, ORGANISATION, REGISTRATION_NUMBER, key, not_before=self._begin, not_after=self._end
            )

        labels = ("eparaksts", label, f"{label}Version1", f"CN:{common_name}", "x509:keyUsage:contentCommitment")
        credential = self.authority.identity_named(name, issue)
        return Identity(name, "eparaksts:qsealc:sign", labels, key, credential, enabled=enabled)

    def _server_sign(self) -> Identity:
        labels = ("x509:keyUsage:contentCommitment", "serverid", f"CN:{self.given_name} {self.surname}", "eparaksts")
        name, credential = self._personal("serverid", self.authority.signature_identity)
        return Identity(name, "eparaksts:serverid:sign", labels, KeyKind.P256, credential)

    def _mobile_sign(self) -> Identity:
        labels = ("mobileid", "eparaksts", "x509:keyUsage:contentCommitment")
        name, credential = self._personal("mobileid-sign", self.authority.signature_identity)
        return self._in_phone(name, "eparaksts:mobileid:sign", labels, credential)

    def _mobile_auth(self) -> Identity:
        labels = ("x509:keyUsage:digitalSignature", "eparaksts", "mobileid")
        name, credential = self._personal("mobileid-auth", self.authority.authentication_identity)
        return self._in_phone(name, "eparaksts:mobileid:auth", labels, credential)

    def _in_phone(self, name: str, description: str, labels: tuple[str, ...], credential: SigningIdentity) -> Identity:
        """Return an identity whose key is in the person's phone, out of the server's reach."""
        device = f"{self.login}-phone"
        return Identity(name, description, labels, KeyKind.P256, credential, server_usable=False, device_id=device)

    def _personal(self, name: str, issue: Callable[..., SigningIdentity]) -> tuple[str, SigningIdentity]:
        """Return an identity's name, and its certificate made out to the person."""

        def made() -> SigningIdentity:
            subject = (self.given_name, self.surname, self.personal_code)
            return issue(*subject, KeyKind.P256, not_before=self._begin, not_after=self._end)

        full_name = f"{self.login}-{name}"
        return full_name, self.authority.identity_named(full_name, made)

    @property
    def _begin(self) -> datetime:
        return self.now - ISSUED_BEFORE

    @property
    def _end(self) -> datetime:
        return self.now + VALID_FOR
