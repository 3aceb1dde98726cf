"""Registering one person: their certificates are issued once, and found again after every restart."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.eidas.methods import APP, EID, Method
from sandbox.people.person import Identity, Peculiarity, Person
from sandbox.pki import Authority, KeyKind, Revocation, RevocationReason, SigningIdentity

ORGANISATION = "SIA Paraugs"
REGISTRATION_NUMBER = "40000000000"
ISSUED_BEFORE = timedelta(days=1)
VALID_FOR = timedelta(days=3 * 365)
DAYS_LEFT = timedelta(days=3)  # of a certificate that expires
HAD_BEEN_VALID = timedelta(days=300)
ENDED_BEFORE = timedelta(days=2)
REVOKED_AFTER = timedelta(hours=1)  # after its validity began
CONTENT_COMMITMENT = "x509:keyUsage:contentCommitment"
DIGITAL_SIGNATURE = "x509:keyUsage:digitalSignature"


@dataclass(frozen=True, slots=True)
class SealSpecification:
    """A seal as the cast list has it; `label` is `qsealc` or `esealc`, `name` tells two seals of one key apart."""

    key: KeyKind
    common_name: str
    label: str = "qsealc"
    peculiarity: Peculiarity = Peculiarity.NONE
    name: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """Gives one person their identities."""

    authority: Authority
    now: datetime
    login: str
    given_name: str
    surname: str
    personal_code: str

    def register(
        self, methods: Sequence[Method], seals: Sequence[SealSpecification] = (), *, card_listed: bool = True
    ) -> Person:
        """Return the person with what each method brings along, and these seals in between."""
        phone = (self._mobile_auth(), self._mobile_sign()) if set(APP) & set(methods) else ()
        card = (self._card_auth(listed=card_listed), self._card_sign()) if set(EID) & set(methods) else ()
        identities = (*phone[:1], *card[:1], *map(self._seal, seals), self._server_sign(), *phone[1:], *card[1:])
        return Person(self.login, self.given_name, self.surname, self.personal_code, tuple(methods), identities)

    def _seal(self, part: SealSpecification) -> Identity:
        """Return a seal of the organisation."""
        name = f"{self.login}-seal-{part.name or part.key}"
        begin, end = self._lifetime(part.peculiarity)
        if part.peculiarity is Peculiarity.EXPIRING:
            name = f"{name}-{end:%Y-%m-%d}"  # another one every day, so that there are always some days left

        def issue() -> SigningIdentity:
            subject = (part.common_name, ORGANISATION, REGISTRATION_NUMBER)
            return self.authority.seal_identity(*subject, part.key, not_before=begin, not_after=end)

        credential = self.authority.get_or_issue(name, issue)
        if part.peculiarity is Peculiarity.REVOKED:
            self._revoke(credential)
        labels = ("eparaksts", part.label, f"{part.label}Version1", f"CN:{part.common_name}", CONTENT_COMMITMENT)
        return Identity(name, "eparaksts:qsealc:sign", shuffle(labels, name), part.key, credential, part.peculiarity)

    def _lifetime(self, peculiarity: Peculiarity) -> tuple[datetime, datetime]:
        begin = self.now - ISSUED_BEFORE
        match peculiarity:
            case Peculiarity.EXPIRING:
                return begin, self.now + DAYS_LEFT
            case Peculiarity.EXPIRED:
                return begin - HAD_BEEN_VALID, self.now - ENDED_BEFORE
            case _:
                return begin, self.now + VALID_FOR

    def _revoke(self, credential: SigningIdentity) -> None:
        at = credential.certificate.not_valid_before_utc + REVOKED_AFTER
        self.authority.revoke(credential.certificate, Revocation(at, RevocationReason.KEY_COMPROMISE))

    def _server_sign(self) -> Identity:
        labels = ("eparaksts", "serverid", f"CN:{self.given_name} {self.surname}", CONTENT_COMMITMENT)
        return self._personal("serverid", "sign", labels, self.authority.signature_identity)

    def _mobile_sign(self) -> Identity:
        labels = ("eparaksts", "mobileid", CONTENT_COMMITMENT)
        return self._personal("mobileid", "sign", labels, self.authority.signature_identity, usable=False)

    def _mobile_auth(self) -> Identity:
        labels = ("eparaksts", "mobileid", DIGITAL_SIGNATURE)
        return self._personal("mobileid", "auth", labels, self.authority.authentication_identity, usable=False)

    def _card_sign(self) -> Identity:
        labels = ("eparaksts", "eid", CONTENT_COMMITMENT)
        return self._personal("eid", "sign", labels, self.authority.signature_identity, usable=False)

    def _card_auth(self, *, listed: bool) -> Identity:
        labels = ("eparaksts", "eid", DIGITAL_SIGNATURE)
        issue = self.authority.authentication_identity
        return self._personal("eid", "auth", labels, issue, usable=False, listed=listed)

    def _personal(
        self,
        carrier: str,
        purpose: str,
        labels: tuple[str, ...],
        issue: Callable[..., SigningIdentity],
        *,
        usable: bool = True,
        listed: bool = True,
    ) -> Identity:
        """Return an identity made out to the person; `carrier` is where the key lives, `purpose` sign or auth."""
        name = f"{self.login}-{carrier}-{purpose}"

        def made() -> SigningIdentity:
            subject = (self.given_name, self.surname, self.personal_code)
            begin, end = self._lifetime(Peculiarity.NONE)
            return issue(*subject, KeyKind.P256, not_before=begin, not_after=end)

        return Identity(
            name,
            f"eparaksts:{carrier}:{purpose}",
            shuffle(labels, name),
            KeyKind.P256,
            self.authority.get_or_issue(name, made),
            server_usable=usable,
            listed=listed,
            device_id=f"{self.login}-phone" if carrier == "mobileid" else "",
        )


def shuffle(labels: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the labels in an order that each identity has its own of: nobody may rely on it (§3.5)."""
    return tuple(sorted(labels, key=lambda label: hashlib.sha256(f"{name} {label}".encode()).digest()))
