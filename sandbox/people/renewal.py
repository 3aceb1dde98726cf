"""What happens to a seal while its holder uses it: it gets a new certificate, or the one it has is revoked."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from sandbox.people.person import Identity, Person
from sandbox.people.registration import Registration, SealSpecification
from sandbox.pki import Authority, Revocation, RevocationReason


class Happening(StrEnum):
    """What can be ordered for a seal."""

    RENEW = "renew"  # a new key and certificate under the same name take its place, as a new identity
    REVOKE = "revoke"  # its certificate counts no more from now on; the platform goes on listing it


def let_happen(happening: Happening, seal: Identity, holder: Person, authority: Authority, now: datetime) -> Person:
    """Return the holder as they are afterwards."""
    if happening is Happening.REVOKE:
        authority.revoke(seal.credential.certificate, Revocation(now, RevocationReason.KEY_COMPROMISE))
        return holder
    registration = Registration(authority, now, holder.login, holder.given_name, holder.surname, holder.personal_code)
    label = "esealc" if "esealc" in seal.labels else "qsealc"
    name = f"{seal.name.removeprefix(f'{holder.login}-seal-')}-{now:%Y%m%d%H%M%S%f}"
    renewed = registration.issue_seal(SealSpecification(seal.key, seal.common_name, label, name=name))
    return replace(holder, identities=tuple(renewed if one is seal else one for one in holder.identities))
