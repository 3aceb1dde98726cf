"""Registering one person: their certificates are issued once, and found again after every restart."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.eidas.methods import APP, EID, Method
from sandbox.people.person import Identity, Peculiarity, Person
from sandbox.pki import Authority, KeyKind, Revocation, RevocationReason, SigningIdentity
from sandbox.pki.issuing import person_common_name

ORGANISATION = "SIA Paraugs"
REGISTRATION_NUMBER = "40000000000"
# Before now, so that a client whose clock is behind finds the certificates valid.
ISSUED_BEFORE = timedelta(days=1)
VALID_FOR = timedelta(days=3 * 365)
DAYS_LEFT = timedelta(days=3)  # of a certificate that expires
HAD_BEEN_VALID = timedelta(days=300)
ENDED_BEFORE = timedelta(days=2)
REVOKED_AFTER = timedelta(hours=1)  # after its validity began
CONTENT_COMMITMENT = "x509:keyUsage:contentCommitment"
DIGITAL_SIGNATURE = "x509:keyUsage:digitalSignature"
# No other carrier's version was ever seen: the guideline's list for `esealc` has none (vendor §3.6).
VERSION_LABELS = {"qsealc": ("qsealcVersion1",), "serverid": ("serveridVersion1",), "mobileid": ("mobileidVersion2",)}


@dataclass(frozen=True, slots=True)
class SealSpecification:
    """A seal to be issued; `label` is `qsealc` or `esealc`, `name` tells two seals of one key apart."""

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

    def enrol(
        self, methods: Sequence[Method], seals: Sequence[SealSpecification] = (), *, card_listed: bool = True
    ) -> Person:
        """Return the person with what each method brings along, and these seals in between."""
        has_app, has_card = bool(set(APP) & set(methods)), bool(set(EID) & set(methods))
        identities = (
            *([self._issue_personal("mobileid", "auth")] if has_app else []),
            *([self._issue_personal("eid", "auth", listed=card_listed)] if has_card else []),
            *map(self.issue_seal, seals),
            self._issue_personal("serverid", "sign"),
            *([self._issue_personal("mobileid", "sign")] if has_app else []),
            *([self._issue_personal("eid", "sign")] if has_card else []),
        )
        return Person(self.login, self.given_name, self.surname, self.personal_code, tuple(methods), identities)

    def issue_seal(self, wanted: SealSpecification) -> Identity:
        """Return a seal of the organisation."""
        name = f"{self.login}-seal-{wanted.name or wanted.key}"
        begin, end = self._lifetime(wanted.peculiarity)
        if wanted.peculiarity is Peculiarity.EXPIRING:
            name = f"{name}-{end:%Y-%m-%d}"  # another one every day, so that there are always some days left

        def issue() -> SigningIdentity:
            subject = (wanted.common_name, ORGANISATION, REGISTRATION_NUMBER)
            return self.authority.seal_identity(*subject, wanted.key, not_before=begin, not_after=end)

        credential = self.authority.get_or_issue(name, issue)
        if wanted.peculiarity is Peculiarity.REVOKED:
            since = credential.certificate.not_valid_before_utc + REVOKED_AFTER
            self.authority.revoke(credential.certificate, Revocation(since, RevocationReason.KEY_COMPROMISE))
        labels = (*_carrier_labels(wanted.label), CONTENT_COMMITMENT, *_server_labels(name, wanted.common_name))
        return Identity(
            name, "eparaksts:qsealc:sign", shuffle(labels, name), wanted.key, credential, wanted.peculiarity
        )

    def _lifetime(self, peculiarity: Peculiarity) -> tuple[datetime, datetime]:
        begin = self.now - ISSUED_BEFORE
        match peculiarity:
            case Peculiarity.EXPIRING:
                return begin, self.now + DAYS_LEFT
            case Peculiarity.EXPIRED:
                return begin - HAD_BEEN_VALID, self.now - ENDED_BEFORE
            case _:
                return begin, self.now + VALID_FOR

    def _issue_personal(self, carrier: str, purpose: str, *, listed: bool = True) -> Identity:
        """Return an identity made out to the person; `carrier` is where the key lives, `purpose` sign or auth."""
        name = f"{self.login}-{carrier}-{purpose}"
        on_server = carrier == "serverid"
        signs = purpose == "sign"

        def issue() -> SigningIdentity:
            kind = self.authority.signature_identity if signs else self.authority.authentication_identity
            begin, end = self._lifetime(Peculiarity.NONE)
            subject = (self.given_name, self.surname, self.personal_code)
            return kind(*subject, KeyKind.P256, not_before=begin, not_after=end)

        own = _server_labels(name, person_common_name(self.given_name, self.surname)) if on_server else ()
        labels = (*_carrier_labels(carrier), CONTENT_COMMITMENT if signs else DIGITAL_SIGNATURE, *own)
        # 40 hex digits, as in the vendor's sample.
        phone = hashlib.sha256(f"phone of {self.login}".encode()).hexdigest()[:40]
        return Identity(
            name,
            f"eparaksts:{carrier}:{purpose}",
            shuffle(labels, name),
            KeyKind.P256,
            self.authority.get_or_issue(name, issue),
            server_usable=on_server,
            listed=listed,
            device_id=phone if carrier == "mobileid" else "",
        )


def _carrier_labels(carrier: str) -> tuple[str, ...]:
    """Return the labels that tell where a key lives; not every carrier has a version."""
    return ("eparaksts", carrier, *VERSION_LABELS.get(carrier, ()))


def _server_labels(name: str, common_name: str) -> tuple[str, ...]:
    """Return the labels that only keys on the server have: the certificate's name, and the token that holds the key.

    In the vendor's sample `tknid:` stands before the base64 of 20 bytes, and no key in a phone has one.
    """
    token = hashlib.sha256(f"token of {name}".encode()).digest()[:20]
    return (f"CN:{common_name}", f"tknid:{base64.b64encode(token).decode('ascii')}")


def shuffle(labels: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the labels in an order that each identity has its own of: nobody may rely on it (vendor §3.5)."""
    return tuple(sorted(labels, key=lambda label: hashlib.sha256(f"{name} {label}".encode()).digest()))
