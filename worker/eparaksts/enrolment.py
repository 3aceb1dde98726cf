"""Enrolling a seal: what one person's login tells about the organisation's seal, checked before it is believed."""

from datetime import datetime

from jobs.model.errors import Permanent
from jobs.model.names import PersonalCode
from jobs.model.seals import Seal, normalise_label
from jobs.model.text import Text
from worker.eparaksts.certificates import (
    certificate_end,
    common_name,
    is_for_authentication,
    is_for_signing,
    serial_number,
)
from worker.eparaksts.identities import PersonalPurpose, find_personal, find_seal, find_seals
from worker.eparaksts.platform import Platform
from worker.eparaksts.tokens import Token

_SERVES = {PersonalPurpose.AUTHENTICATION: is_for_authentication, PersonalPurpose.SIGNING: is_for_signing}


async def enrol(
    platform: Platform,
    token: Token,
    label: str,
    holder: PersonalCode,
    now: datetime,
    *,
    timestamps_by: PersonalPurpose = PersonalPurpose.AUTHENTICATION,
) -> Seal:
    """Find the seal of that label among the holder's identities and read both certificates (vendor §3.6, §3.7).

    `timestamps_by` says which of the holder's own certificates opens the timestamp service (vendor §4.8). Raises
    NotThisPersons, with a sentence for the person, when there is not exactly one such seal or the person has no
    certificate of that purpose, and Permanent when a certificate turns out to be somebody else's.
    """
    identities = await platform.identities(token)
    seals, personal = find_seals(identities, label), find_personal(identities, timestamps_by)
    certificates = {seal.id: await platform.certificate(token, seal.id) for seal in seals}
    # After a renewal the platform may go on listing the seal with its old certificate beside the new one.
    valid = [seal for seal in seals if certificate_end(certificates[seal.id]) > now]
    seal = find_seal(valid or seals, label)
    certificate = certificates[seal.id]
    name = normalise_label(common_name(certificate))
    if name not in seal.names:
        raise Permanent(
            Text("The platform gave a certificate of {name} for the seal {seal}.", name=name, seal=seal.common_name)
        )
    personal_certificate = await platform.certificate(token, personal.id)
    if not _SERVES[timestamps_by](personal_certificate):
        raise Permanent(
            Text("The platform gave a certificate for {purpose} that is not meant for it.", purpose=timestamps_by)
        )
    code = serial_number(personal_certificate).strip().upper()
    # Only a code of the natural person's kind says whose certificate it is (ETSI EN 319 412-1 §5.1.3).
    if code.startswith("PNO") and code != holder:
        raise Permanent(Text("The platform gave the {purpose} certificate of another person.", purpose=timestamps_by))
    return Seal(
        label=label,
        identity=seal.id,
        certificate=certificate,
        authentication_certificate=personal_certificate,
        holder=holder,
        enrolled_at=now,
        expires_at=certificate_end(certificate),
    )
