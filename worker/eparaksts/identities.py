"""Who logged in, which of their identities is the seal, and which opens the timestamp service (vendor §3.6). Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobs.model.errors import NotThisPersons
from jobs.model.names import PersonalCode
from jobs.model.seals import normalise_label
from jobs.model.text import Text

# The vendor's list of labels says `esealc`, its sample and its clients `qsealc`: either marks a seal (vendor §3.6, §7).
SEAL_LABELS = frozenset({"qsealc", "esealc"})
SEAL_DESCRIPTION = "eparaksts:qsealc:sign"
CONTENT_COMMITMENT = "x509:keyusage:contentcommitment"
DIGITAL_SIGNATURE = "x509:keyusage:digitalsignature"
SIGN_LINK = "Signatures.create.server.raw"


class PersonalPurpose(StrEnum):
    """What a person's certificate is for; sources differ which of them opens the timestamp service (vendor §4.8)."""

    AUTHENTICATION = "authentication"
    """The guideline and most clients say so."""
    SIGNING = "signing"
    """`mobileid:sign`: what laravel-eparaksts sends."""


# How the platform describes an identity of each purpose, and the label that says the same (vendor §3.5).
_MARKS = {
    PersonalPurpose.AUTHENTICATION: ("auth", DIGITAL_SIGNATURE),
    PersonalPurpose.SIGNING: ("sign", CONTENT_COMMITMENT),
}


@dataclass(frozen=True, slots=True)
class User:
    """Who logged in at the platform (vendor §3.5)."""

    name: str
    personal_code: PersonalCode


@dataclass(frozen=True, slots=True)
class SignIdentity:
    """A key and its certificate as users/me lists them (vendor §3.5).

    `names` are its labels, the certificate's CN first: one text shows that label without its `CN:` (vendor §3.6).
    `server_usable` is None when nothing is said of it.
    """

    id: str
    description: str
    labels: frozenset[str]
    names: tuple[str, ...]
    enabled: bool
    server_usable: bool | None
    status: str = ""
    """The platform's own words on whether it can be used, and why not (vendor §3.5, §3.7)."""

    @classmethod
    def of(cls, entry: dict[str, Any]) -> "SignIdentity":
        """Read one entry; what is missing counts as not there. Labels are folded to lower case."""
        labels, status, links = entry.get("labels"), entry.get("status"), entry.get("links")
        labels = [label for label in labels if isinstance(label, str)] if isinstance(labels, list) else []
        status = status if isinstance(status, dict) else {}
        return cls(
            id=str(entry.get("id") or ""),
            description=str(entry.get("description") or "").lower(),
            labels=frozenset(label.lower() for label in labels),
            names=tuple(
                normalise_label(label) for label in sorted(labels, key=lambda label: label[:3].upper() != "CN:")
            ),
            enabled=str(status.get("value") or "").lower() == "enabled",
            status=": ".join(str(status[word])[:100] for word in ("value", "reason") if status.get(word)),
            server_usable=SIGN_LINK in links if isinstance(links, dict) else None,
        )

    @property
    def common_name(self) -> str:
        """The certificate's CN as the label tells it, normalised."""
        return next(iter(self.names), "without a name")

    @property
    def is_seal(self) -> bool:
        """Whether a document can be sealed with it now, by the rules of vendor §3.6."""
        # An identity of which nothing is said may be usable; one whose links leave signing out is not (vendor §3.6).
        return self.enabled and self.is_made_for_sealing and self.server_usable is not False

    @property
    def is_made_for_sealing(self) -> bool:
        """Whether it is a seal at all, usable now or not."""
        may_commit = CONTENT_COMMITMENT in self.labels or self.description == SEAL_DESCRIPTION
        return may_commit and bool(SEAL_LABELS & self.labels)

    def is_personal(self, method: str, purpose: PersonalPurpose) -> bool:
        """Whether it is the person's own identity of that method (`mobileid`, `eid`) and purpose."""
        word, usage = _MARKS[purpose]
        return self.enabled and (self.description == f"eparaksts:{method}:{word}" or {method, usage} <= self.labels)


def find_seal(identities: Iterable[SignIdentity], label: str) -> SignIdentity:
    """Find the one seal of that name. Raises NotThisPersons, as `find_seals` does, and when there are several."""
    matches = find_seals(identities, label)
    if len(matches) > 1:
        raise NotThisPersons(
            Text(
                "Several seals are named {label}; write the identity's id instead. There is: {seals}.",
                label=normalise_label(label),
                seals=_list_seals(matches),
            )
        )
    return matches[0]


def find_seals(identities: Iterable[SignIdentity], label: str) -> tuple[SignIdentity, ...]:
    """Find the seals by their CN label, however spaced, or by their identity id; a renewed one may be there twice.

    Raises NotThisPersons with a sentence for the person: none at all, none of that name, or none that may be used.
    """
    made = [identity for identity in identities if identity.is_made_for_sealing]
    wanted = normalise_label(label)
    matches = [seal for seal in made if seal.id == label or (wanted and wanted in seal.names)]
    usable = tuple(seal for seal in matches if seal.is_seal)
    if usable:
        return usable
    if matches:
        raise NotThisPersons(
            Text(
                "eParaksts does not let the seal {label} be used now (its status is “{status}”). "
                "Ask eParaksts why; it may have been revoked, or blocked.",
                label=wanted,
                status=matches[0].status or Text("unknown"),
            )
        )
    seals = [seal for seal in made if seal.is_seal]
    if not seals:
        raise NotThisPersons(
            Text("This person has no enabled seal. Log in as somebody who may use the organisation's seal.")
        )
    raise NotThisPersons(
        Text("This person has no seal named {label}. There is: {seals}.", label=wanted, seals=_list_seals(seals))
    )


def find_personal(
    identities: Sequence[SignIdentity], purpose: PersonalPurpose = PersonalPurpose.AUTHENTICATION
) -> SignIdentity:
    """Find the person's own identity for a purpose, eParaksts mobile before eID. Raises NotThisPersons."""
    for method in ("mobileid", "eid"):
        for identity in identities:
            if identity.is_personal(method, purpose):
                return identity
    if purpose is PersonalPurpose.SIGNING:
        raise NotThisPersons(
            Text("This person has no signing certificate at the platform. Log in with eParaksts mobile.")
        )
    raise NotThisPersons(
        Text("This person has no authentication certificate at the platform. Log in with eParaksts mobile.")
    )


def _list_seals(seals: Iterable[SignIdentity]) -> str:
    return "; ".join(f"{seal.common_name} (id {seal.id})" for seal in seals)
