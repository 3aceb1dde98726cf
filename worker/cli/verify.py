import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pikepdf.settings import set_qpdf_limits

from worker.anchors import UnusableAnchor, load_anchors
from worker.audit import AuditOutcome
from worker.cli.console import (
    DEFAULT_CONFIG,
    Anchors,
    Config,
    Json,
    complaining,
    console,
    fail,
    run,
    say_json,
    settings_from,
)
from worker.cli.plain_text import plain
from worker.cli.verification import Judges, Verification
from worker.clock import utc_now

Files = Annotated[
    list[Path], typer.Argument(help="Sealed PDFs or containers.", exists=True, dir_okay=False, show_default=False)
]
OriginalOption = Annotated[
    Path | None,
    typer.Option(
        help="What SEALED was made of: the file, or the folder that became a container. SEALED must be the sealing of "
        "this and nothing else, by the worker's own judgement too.",
        exists=True,
    ),
]
Visible = Annotated[bool, typer.Option("--visible", help="With --original: the seal may show on a page.")]

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


def verify(
    files: Files,
    original: OriginalOption = None,
    trust_anchor: Anchors = None,
    config: Config = DEFAULT_CONFIG,
    *,
    visible: Visible = False,
    as_json: Json = False,
) -> None:
    """Check sealed files thoroughly: signature, chain, revocation, timestamp, and that the whole file is covered.

    Each signature is judged by itself. Ours decides: the newest seal, or with --original the one that was added to it;
    what is wrong with somebody else's is said and decides nothing. Independent of the ledger; works offline, on any PDF
    or ASiC-E container. Exit code 0 when every file is sound, 1 when one is not.

    Is this file the sealing of that one, and nothing else?

        zimogs verify --original invoice.pdf --trust-anchor root.pem sealed/invoice.pdf
    """
    if original and len(files) != 1:
        fail("--original belongs to one sealed file; name just one.", code=2)
    with complaining(UnusableAnchor, OSError), _bounded_memory():
        anchors = trust_anchor or settings_from(config).trust.anchors
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
        raise typer.Exit(1)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let no file take more memory than this; a reader that needs more says so (getrlimit(2), RLIMIT_DATA)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _MAX_MEMORY if hard == resource.RLIM_INFINITY else min(_MAX_MEMORY, hard)
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
