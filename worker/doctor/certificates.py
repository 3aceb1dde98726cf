"""Whether the trust anchors and the enrolled seals still hold, and for how long."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from config.settings import Settings
from jobs.model.errors import NotEnrolled
from jobs.ports import Seals
from worker.anchors import UnusableAnchor, load_anchors
from worker.app.practice import is_practice
from worker.doctor.finding import Finding, caution, fault, fine
from worker.eparaksts.certificates import parse_certificate

_SOON = timedelta(days=30)


def examine_anchors(paths: tuple[Path, ...], now: datetime) -> Iterator[Finding]:
    """Read every anchor file and look at each certificate in it."""
    for path in paths:
        try:
            certificates = load_anchors([path])
        except UnusableAnchor as error:
            yield fault("trust anchors", str(error), "Name a file with the vendor's root certificates (PEM or DER).")
            continue
        for certificate in certificates:
            yield _validity(f"anchor {_name(certificate)}", certificate, now, "Ask the vendor for the new root.")


def examine_practice(settings: Settings) -> Iterator[Finding]:
    """Tell whether practice things are trusted though the vendor is not on this machine."""
    advice = "Set eparaksts.insecure_practice = false, with the vendor's own addresses, client id and root."
    if settings.eparaksts.insecure_practice:
        yield caution("practice", "insecure_practice is set: nothing here is protected or legally binding", advice)
        return
    with suppress(UnusableAnchor):
        if not settings.eparaksts.may_practise and any(map(is_practice, load_anchors(settings.trust.anchors))):
            yield fault("practice", "a practice root is among trust.anchors: seals could be forged", "Remove it.")


async def examine_seals(settings: Settings, book: Seals, now: datetime) -> list[Finding]:
    """Look at the seal of every route."""
    desk, findings = settings.desk.public_url, []
    for route in settings.routes_by_name.values():
        subject = f"seal of route {route.name}"
        try:
            certificate = parse_certificate((await book.find(route.seal)).certificate)
        except NotEnrolled:
            advice = f"Sign in at {desk} and press “Enrol this seal”."
            findings.append(fault(subject, f"{route.seal} is not enrolled", advice))
            continue
        advice = f"Order a new certificate, then enrol the seal again at {desk}."
        findings.append(_validity(subject, certificate, now, advice))
    return findings


def _validity(subject: str, certificate: x509.Certificate, now: datetime, advice: str) -> Finding:
    end = certificate.not_valid_after_utc
    if now < certificate.not_valid_before_utc:
        return fault(subject, f"valid only from {certificate.not_valid_before_utc:%Y-%m-%d}", advice)
    if now >= end:
        return fault(subject, f"expired on {end:%Y-%m-%d}", advice)
    if end - now < _SOON:
        return caution(subject, f"expires on {end:%Y-%m-%d}", advice)
    return fine(subject, f"{_name(certificate)}, valid until {end:%Y-%m-%d}")


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()
