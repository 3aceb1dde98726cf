import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from pikepdf.settings import set_qpdf_limits

from worker.anchors import UnusableAnchor, load_anchors
from worker.audit import AuditOutcome
from worker.cli.console import complaining, console, run, say_json, settings_from
from worker.cli.exit_codes import ExitCode
from worker.cli.handlers.verification import Judges, Verification
from worker.cli.plain_text import plain
from worker.clock import utc_now

_MAX_MEMORY, _MAX_STREAM = 1_000_000_000, 100_000_000
"""In bytes: what a file may make this process hold, and one stream of a PDF when it is decoded."""

WORDS: dict[AuditOutcome, str] = {
    AuditOutcome.SOUND: "sound",
    AuditOutcome.ALTERED: "altered: it is not what was sealed",
    AuditOutcome.REVOKED: "revoked: a certificate was withdrawn before it was used",
    AuditOutcome.WEAK: "too weak: an algorithm, key or certificate proves nothing",
    AuditOutcome.EXPIRED: "expired: the time does not fit",
    AuditOutcome.UNTRUSTED: "no anchor: it leads to none of the trust anchors given",
    AuditOutcome.UNPROVEN: "unproven: nothing is wrong, but something is missing",
    AuditOutcome.UNSEALED: "not sealed",
    AuditOutcome.CANNOT_TELL: "cannot tell: it is not understood here",
}
"""Each outcome in plain words."""


def verify_files(
    files: Sequence[Path],
    original: Path | None,
    trust_anchors: Sequence[Path] | None,
    config: Path,
    *,
    visible: bool,
    as_json: bool,
) -> None:
    """Judge the files and say what was found; ends with exit code 1 when one is not sound."""
    with complaining(UnusableAnchor, OSError), _bounded_memory():
        anchors = trust_anchors or settings_from(config).trust.anchors
        judges = Judges(load_anchors(anchors), utc_now())
        if original:
            found = [run(judges.compare(original, files[0], visible=visible))]
        else:
            found = [run(judges.verify(file)) for file in files]
    if as_json:
        say_json([_facts(one) for one in found])
    else:
        for one in found:
            _say(one, original)
    if not all(one.ok for one in found):
        raise typer.Exit(ExitCode.FAILED)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let no file take more memory than this; a reader that needs more says so (getrlimit(2), RLIMIT_DATA).

    What the process holds already is no file's: counted in, it could leave a new thread no room for its first step, and
    whoever starts one would wait for ever.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _MAX_MEMORY + _memory_held()
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    streams = set_qpdf_limits(
        flate_max_memory=_MAX_STREAM, run_length_max_memory=_MAX_STREAM, png_max_memory=_MAX_STREAM,
        tiff_max_memory=_MAX_STREAM, dct_max_memory=_MAX_STREAM,
    )  # fmt: skip
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        set_qpdf_limits(**streams)  # type: ignore[arg-type]


def _memory_held() -> int:
    """Bytes that count against RLIMIT_DATA now (proc_pid_statm(5): data and stack, in pages)."""
    return int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()


def _facts(found: Verification) -> dict[str, Any]:
    report, judgement = found.report, found.judgement
    return {
        "file": str(report.file),
        "format": report.format,
        "ok": found.ok,
        "outcome": found.outcome,
        "problems": report.sentences,
        "remarks": report.remarks,
        "data_files": report.data_files,
        "judgement": judgement and {"outcome": judgement.outcome, "detail": judgement.sentence},
        "signatures": [
            {
                "ours": signature.is_ours,
                "sealed_by": signature.sealed_by,
                "organisation": signature.organisation,
                "sealed_at": signature.sealed_at and signature.sealed_at.isoformat(),
                "level": signature.level and signature.level.of(signature.form),
                "outcome": signature.outcome,
                "intact": signature.intact,
                "trusted": signature.trusted,
                "covers_whole_file": signature.covers_whole_file,
                "problems": signature.sentences,
                "remarks": signature.remarks,
            }
            for signature in report.signatures
        ],
    }


def _say(found: Verification, original: Path | None) -> None:
    """One line that decides, then each signature with what is wrong with it, oldest first."""
    report, name, word = found.report, found.report.file.name, WORDS[found.outcome]
    if original is None:
        verdict = f"{name}: {word}"
    elif found.ok:
        verdict = f"{name} is the sealing of {original.name} and nothing else"
    else:
        verdict = f"{name} is not shown to be the sealing of {original.name} and nothing else: {word}"
    line = plain(f"{'✔' if found.ok else '✘'} {verdict}")
    line.stylize("bold green" if found.ok else "bold red")
    console.print(line)
    for sentence in (*report.sentences, *(f"odd, which decides nothing: {one}" for one in report.remarks)):
        console.print(plain(f"    {sentence}"))
    for signature in report.signatures:
        facts = (
            signature.sealed_by if signature.is_ours else f"somebody else's signature: {signature.sealed_by}",
            f"{signature.sealed_at:%Y-%m-%d %H:%M:%S} UTC" if signature.sealed_at else "",
            signature.level.of(signature.form) if signature.level else "",
            "" if signature.is_ours else f"{signature.outcome}, which decides nothing",
        )
        console.print(plain(f"  {', '.join(filter(None, facts))}"))
        for sentence in (*signature.sentences, *(f"odd, which decides nothing: {one}" for one in signature.remarks)):
            console.print(plain(f"    {sentence}"))
    if found.judgement:
        console.print(plain(f"  the worker's own judgement: {found.judgement.outcome}, {found.judgement.sentence}"))
