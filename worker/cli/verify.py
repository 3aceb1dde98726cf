import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from jobs.model.documents import SealFormat
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.anchors import UnusableAnchor, load_anchors
from worker.app.on_disk import utc_now
from worker.audit import FileReport, Outcome, SignatureReport, audit
from worker.cli.options import DEFAULT_CONFIG, Config, Json
from worker.cli.speaking import a_table, complaining, console, fail, run, say_json, settings_from
from worker.inbox.ignoring import is_ignored
from worker.verification.asice.pair import judge_container
from worker.verification.pair import judge_pair

Files = Annotated[
    list[Path], typer.Argument(help="Sealed PDFs or containers.", exists=True, dir_okay=False, show_default=False)
]
Original = Annotated[
    Path | None,
    typer.Option(
        help="What SEALED was made of: the file, or the folder that became a container. SEALED must be the sealing of "
        "this and nothing else, by the worker's own judgement too.",
        exists=True,
    ),
]
Anchors = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust-anchor", help="Root certificate (PEM or DER); repeatable. Without it, those of the settings."
    ),
]
Visible = Annotated[bool, typer.Option("--visible", help="With --original: the seal may show on a page.")]

_MAX_MEMORY = 1_000_000_000
"""In bytes: what a file may make this process hold. A hostile one is told from a large one by nothing else."""

WORDS: dict[Outcome, str] = {
    Outcome.SOUND: "sound",
    Outcome.ALTERED: "altered: it is not what was sealed",
    Outcome.REVOKED: "revoked: a certificate was withdrawn before it was used",
    Outcome.WEAK: "too weak: an algorithm, key or certificate proves nothing",
    Outcome.EXPIRED: "expired: the time does not fit",
    Outcome.UNTRUSTED: "no anchor: it leads to none of the trust anchors given",
    Outcome.UNPROVEN: "unproven: nothing is wrong, but something is missing",
    Outcome.UNSEALED: "not sealed",
    Outcome.CANNOT_TELL: "cannot tell: it is not understood here",
}
"""Each outcome in plain words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the worker's own judgement says of one original and its sealing."""

    outcome: Outcome
    sentence: str


@dataclass(frozen=True, slots=True)
class Verification:
    """One file: the second opinion and, with an original, the worker's judgement beside it."""

    report: FileReport
    judgement: Judgement | None = None

    @property
    def ok(self) -> bool:
        """Whether both say yes."""
        return self.report.ok and (self.judgement is None or self.judgement.outcome is Outcome.SOUND)

    @property
    def outcome(self) -> Outcome:
        """The audit tells finer what is wrong; where it finds nothing, the judgement's word counts."""
        return self.report.outcome if not self.report.ok or self.judgement is None else self.judgement.outcome


def verify(
    files: Files,
    original: Original = None,
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
        found = run(_verify(files, original, anchors, visible=visible))
    if as_json:
        say_json([_facts(one) for one in found])
    else:
        _say(found, original)
    if not all(one.ok for one in found):
        raise typer.Exit(1)


async def _verify(
    files: Sequence[Path], original: Path | None, anchors: Sequence[Path], *, visible: bool
) -> list[Verification]:
    trusted, now = load_anchors(anchors), utc_now()
    if original is None:
        return [Verification(await audit(file, trusted, now)) for file in files]
    (sealed,), sources = files, _sources(original)
    report = await audit(sealed, trusted, now, original=sources, visible=visible)
    try:
        if report.format is SealFormat.EDOC:
            proof = judge_container(sources, sealed, anchors=trusted, now=now)
        elif len(sources) == 1:
            proof = judge_pair(sources[0], sealed, anchors=trusted, now=now, visible=visible)
        else:
            raise Rejected(Reason.NOT_VERIFIED, "a folder becomes a container, and this is none")
    except Rejected as error:
        outcome = Outcome.CANNOT_TELL if error.reason is Reason.CANNOT_TELL else Outcome.ALTERED
        return [Verification(report, Judgement(outcome, error.detail))]
    except MemoryError:
        return [Verification(report, Judgement(Outcome.CANNOT_TELL, "it needs more memory than is allowed"))]
    return [Verification(report, Judgement(Outcome.SOUND, proof.level))]


def _sources(original: Path) -> list[Path]:
    """The original, or the files in the folder that intake would take."""
    if not original.is_dir():
        return [original]
    return sorted(one for one in original.iterdir() if not is_ignored(one.name))


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Let no file take more than so much memory; the reader that needs more says so (getrlimit(2), RLIMIT_DATA)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = _MAX_MEMORY if hard == resource.RLIM_INFINITY else min(_MAX_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _facts(found: Verification) -> dict[str, Any]:
    report, judgement = found.report, found.judgement
    return {
        "file": str(report.file),
        "format": report.format,
        "ok": found.ok,
        "outcome": found.outcome,
        "problems": report.sentences,
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
            }
            for signature in report.signatures
        ],
    }


def _say(found: Sequence[Verification], original: Path | None) -> None:
    table = a_table("", "file", "sealed by", "at (UTC)", "level", "finding")
    for one in found:
        name = Text(one.report.file.name)
        if not one.report.signatures:
            table.add_row(_mark(is_fine=False), name, "", "", "", Text("\n".join(one.report.sentences)))
        for signature in one.report.signatures:
            table.add_row(*_row(one.report, signature, name))
    console.print(table)
    for one in found:
        if original or not one.ok:
            console.print(Text(_verdict(one, original), style="bold green" if one.ok else "bold red"))


def _row(report: FileReport, signature: SignatureReport, name: Text) -> Iterator[Text]:
    sentences = (*report.sentences, *signature.sentences) if signature.is_ours else signature.sentences
    whose = "" if signature.is_ours else "somebody else's signature; it does not decide about ours\n"
    yield _mark(is_fine=not sentences) if signature.is_ours else Text("·")
    yield name
    yield Text(signature.sealed_by)
    yield Text(f"{signature.sealed_at:%Y-%m-%d %H:%M:%S}" if signature.sealed_at else "")
    yield Text(signature.level.of(signature.form) if signature.level else "")
    yield Text((whose + "\n".join(sentences)).strip() or WORDS[Outcome.SOUND])


def _mark(*, is_fine: bool) -> Text:
    return Text("✔", style="green") if is_fine else Text("✘", style="red")


def _verdict(found: Verification, original: Path | None) -> str:
    name, word = found.report.file.name, WORDS[found.outcome]
    if original is None:
        return f"{name}: {word}."
    if found.ok:
        return f"{name} is the sealing of {original.name} and nothing else."
    judged = found.judgement
    refusal = f" The worker refuses it: {judged.sentence}." if judged and judged.outcome is not Outcome.SOUND else ""
    return f"{name} is not shown to be the sealing of {original.name} and nothing else. {word[0].upper()}{word[1:]}.{refusal}"
