"""What `zimogs run` looks at when it starts: whether others could get in, the clock, and how other machines are set."""

from pathlib import Path

import structlog

from config.settings import Settings
from worker.doctor.agreement import examine_agreement
from worker.doctor.finding import Severity
from worker.doctor.protection import examine_protection
from worker.doctor.services import examine_clock
from worker.storage.agreement import Agreement

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


async def tell_differences(agreement: Agreement) -> None:
    """Log which settings must be alike on machines that share a bucket and are not."""
    for finding in await examine_agreement(agreement):
        if finding.severity is not Severity.OK:
            log.warning(finding.subject, found=finding.found, advice=finding.advice)


async def tell_clock(settings: Settings) -> None:
    """Log when our clock is not the vendor's, or the vendor is not reached to tell."""
    finding = await examine_clock(settings.eparaksts.platform_url)
    if finding.severity is not Severity.OK:
        log.error(finding.subject, found=finding.found, advice=finding.advice)
