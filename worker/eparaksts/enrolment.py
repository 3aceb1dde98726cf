"""Enrolling a seal: what one person's login tells about the organisation's seal, checked before it is believed."""

from datetime import datetime

from jobs.model.errors import Permanent
from jobs.model.names import PersonalCode
from jobs.model.seals import Seal, normalise_label
from worker.eparaksts.certificates import common_name, is_for_authentication, serial_number
from worker.eparaksts.identities import find_authentication, find_seal
from worker.eparaksts.platform import Platform
from worker.eparaksts.tokens import Token


async def enrol(platform: Platform, token: Token, label: str, holder: PersonalCode, now: datetime) -> Seal:
    """Find the seal of that label among the holder's identities and read both certificates (vendor §3.6, §3.7).

    Raises Permanent, with a sentence for the person, when there is not exactly one such seal, when the person has
    no authentication certificate, or when a certificate turns out to be somebody else's.
    """
    identities = await platform.identities(token)
    seal, authentication = find_seal(identities, label), find_authentication(identities)
    certificate = await platform.certificate(token, seal.id)
    name = normalise_label(common_name(certificate))
    if name not in seal.names:
        raise Permanent(f"The platform gave a certificate of {name!r} for the seal {seal.common_name!r}.")
    authentication_certificate = await platform.certificate(token, authentication.id)
    if not is_for_authentication(authentication_certificate):
        raise Permanent("The platform gave a certificate for authentication that is not meant for it.")
    code = serial_number(authentication_certificate).strip().upper()
    # Only a code of the natural person's kind says whose certificate it is (ETSI EN 319 412-1 §5.1.3).
    if code.startswith("PNO") and code != holder:
        raise Permanent("The platform gave the authentication certificate of another person.")
    return Seal(
        label=label,
        identity=seal.id,
        certificate=certificate,
        authentication_certificate=authentication_certificate,
        holder=holder,
        enrolled_at=now,
    )
