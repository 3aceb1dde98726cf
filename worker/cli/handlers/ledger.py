"""Verifying the ledger: what was looked at, what was found, and what to do about it."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from cryptography import x509

from config.settings import Settings
from jobs.model.errors import BrokenLedger
from jobs.model.ledger_archive import ArchiveStone
from worker.anchors import UnusableAnchor, load_anchors
from worker.cli.console import complaining, console, run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.handlers.audit_outbox import audit_outbox, describe_outbox, say_outbox
from worker.cli.handlers.fetching import fetching
from worker.cli.plain_text import BAD, GOOD, plain
from worker.clock import utc_now
from worker.evidence.sealed import SealedCheckpoint
from worker.evidence.verification import LedgerReport, verify_ledger


@dataclass(frozen=True, slots=True)
class Examined:
    """What is examined, and by what: a ledger (None for that of the settings), checkpoints from elsewhere, anchors."""

    ledger: Path | None
    checkpoints: Sequence[Path]
    anchors: Sequence[Path]
    sealed_by: str | None


def verify_and_report(examined: Examined, config: Path, *, outbox: bool, strict: bool, as_json: bool) -> None:
    """Verify it and say what was found; ends with exit code 1 when anything does not hold."""
    ledger = examined.ledger
    settings = settings_from(config) if ledger is None or config.exists() else None
    with complaining(UnusableAnchor, BrokenLedger, OSError), _found_ledger(ledger, settings) as folder:
        report = run(
            verify_ledger(
                folder,
                load_anchors(examined.anchors) if examined.anchors else _usual_anchors(settings),
                utc_now(),
                others=examined.checkpoints,
                copies=settings.audit.copy_to if settings and ledger is None else None,
                sealed_by=examined.sealed_by or _usual_seal(settings),
                is_copy=ledger is not None,
            )
        )
        own = folder if ledger is None else None
        compared = run(audit_outbox(settings or settings_from(config), own)) if outbox else None
    if as_json:
        say_json(_describe(report) | ({} if compared is None else {"outbox": describe_outbox(compared)}))
    else:
        _say(report)
        if compared is not None:
            say_outbox(compared, strict=strict)
    if report.findings or not (compared is None or compared.is_good(strict=strict)):
        raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _found_ledger(chosen: Path | None, settings: Settings | None) -> Iterator[Path]:
    """The ledger's folder; a folder that holds one will do. What stands in a bucket is fetched for this one look."""
    if chosen is None and settings is not None and settings.storage.is_in_bucket:
        from worker.app.in_bucket import fetched_ledger

        with ExitStack() as showing, fetched_ledger(settings, showing.enter_context(fetching())) as fetched:
            showing.close()
            yield fetched
        return
    folder = chosen or (settings.folders.data if settings else Path())
    yield folder / "ledger" if (folder / "ledger").is_dir() or chosen is None else folder


def _usual_anchors(settings: Settings | None) -> Sequence[x509.Certificate]:
    """Those of the settings. The ledger can be verified without them, so none are no reason to give up."""
    with suppress(UnusableAnchor):
        return load_anchors(settings.trust.anchors) if settings else ()
    return ()


def _usual_seal(settings: Settings | None) -> str | None:
    """Whose seal the checkpoints bear, as far as the settings say."""
    route = settings.audit.checkpoint_route if settings else None
    return settings.routes[route].seal if settings and route else None


def _describe(report: LedgerReport) -> dict[str, Any]:
    return {
        "batches": report.batches,
        "records": report.records,
        "macs": "checked" if report.are_macs_checked else "not checked",
        "archives": report.archives,
        "dropped": [
            {
                "archive": stone.manifest.number,
                "month": stone.manifest.month,
                "batches": len(stone.manifest.heads),
                "dropped_at": stone.dropped_at.isoformat(),
                "policy": stone.policy,
            }
            for stone in report.dropped
        ],
        "checkpoints": report.checkpoints,
        "seals": [_describe_seal(one) for one in report.sealed],
        "unjudged": [str(path) for path in report.unjudged],
        "faults": [finding.sentence for finding in report.findings],
        "findings": [
            {"flaw": one.flaw, "where": one.where, "found": one.sentence, "advice": one.advice}
            for one in report.findings
        ],
    }


def _describe_seal(sealed: SealedCheckpoint) -> dict[str, Any]:
    ours = sealed.report.ours
    return {
        "file": str(sealed.path),
        "ok": not sealed.findings,
        "sealed_by": ours and ours.sealed_by,
        "sealed_at": ours and ours.sealed_at and ours.sealed_at.isoformat(),
    }


def _tell_dropped(stone: ArchiveStone) -> str:
    manifest = stone.manifest
    return (
        f"archive {manifest.number} ({manifest.month}, {len(manifest.heads)} batches) was dropped by policy on "
        f"{stone.dropped_at:%Y-%m-%d}: {stone.policy}"
    )


def _say(report: LedgerReport) -> None:
    macs = "MACs too" if report.are_macs_checked else "MACs not: the ledger's key does not lie beside it"
    lines = [
        f"Checked: batches {report.batches}, records {report.records}, {macs}.",
        *(
            [f"Archives: {report.archives} there, {len(report.dropped)} dropped by policy."]
            if report.has_archives
            else []
        ),
        *(f"  {_tell_dropped(stone)}" for stone in report.dropped),
        f"Compared: checkpoints {report.checkpoints}, of them sealed {len(report.sealed)}.",
    ]
    if report.unjudged:
        lines.append(f"{len(report.unjudged)} seals not checked: name the roots with --trust-anchor.")
    seals = map(_describe_seal, report.sealed)
    lines += [f"  {Path(seal['file']).name}: sealed by {seal['sealed_by']}, {seal['sealed_at']}" for seal in seals]
    for line in lines:
        console.print(plain(line), highlight=False)
    for finding in report.findings:
        console.print(BAD, plain(f"{finding.flaw}: {finding.sentence}"), highlight=False)
    for advice in dict.fromkeys(finding.advice for finding in report.findings):
        flaws = dict.fromkeys(str(finding.flaw) for finding in report.findings if finding.advice == advice)
        console.print(plain(f"What to do about {', '.join(flaws)}: {advice}"), highlight=False)
    if not report.findings:
        console.print(GOOD, "Nothing was changed, as far as this can show.")
