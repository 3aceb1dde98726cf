"""What `zimogs run` looks at when it starts: whether others could get in, whether it only practises, and the clock."""

from pathlib import Path

import structlog

from config.settings import Settings
from worker.doctor.finding import Severity
from worker.doctor.protection import examine_protection
from worker.doctor.services import examine_clock

log = structlog.get_logger()


class UnprotectedInstallation(Exception):
    """Others could take it over; the message says how, and what to do."""


def require_protection(config: Path, settings: Settings) -> None:
    """Refuse to start where others could replace a key, a secret or the ledger; what is less is logged.

    Raises UnprotectedInstallation.
    """
    findings = examine_protection(config, settings)
    faults = [f"  {one.found}. {one.advice}" for one in findings if one.severity is Severity.FAULT]
    if faults:
        raise UnprotectedInstallation("\n".join(["zimogs does not start like this:", *faults]))
    for finding in findings:
        if finding.severity is Severity.WARNING:
            log.warning("protection", found=finding.found, advice=finding.advice)
    if settings.eparaksts.insecure_practice:
        log.warning("insecure_practice is set: this is a rehearsal, and nothing that it seals or says is protected")


async def tell_clock(settings: Settings) -> None:
    """Log when our clock is not the vendor's, or the vendor is not reached to tell."""
    finding = await examine_clock(settings.eparaksts.platform_url)
    if finding.severity is not Severity.OK:
        log.error(finding.subject, found=finding.found, advice=finding.advice)
