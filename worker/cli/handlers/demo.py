from pathlib import Path

import typer

from worker.cli.console import complaining, console, run
from worker.cli.exit_codes import ExitCode
from worker.cli.progress import progressing
from worker.demo.demo import Demo, DemoResult, rehearse
from worker.demo.driver import DemoStuck
from worker.demo.person import LostOnPage
from worker.demo.practice_vendor import PracticeVendorError

__all__ = ["Demo", "rehearse_and_report"]


def rehearse_and_report(plan: Demo, expect_quarantine: int, *, as_json: bool) -> None:
    """Rehearse, and say how it went; ends with exit code 1 when it did not go as expected."""
    with complaining(OSError, DemoStuck, LostOnPage, PracticeVendorError), progressing("Starting") as show_progress:
        result = run(rehearse(plan, show_progress))
    _report(result, plan.folder, as_json=as_json)
    if not result.is_success(expect_quarantine):
        raise typer.Exit(ExitCode.FAILED)


def _report(result: DemoResult, folder: Path, *, as_json: bool) -> None:
    if as_json:
        typer.echo(result.as_line())
        return
    console.print(
        f"[bold]{result.sealed} of {result.documents} documents sealed and verified[/bold], "
        f"{result.quarantined} in quarantine, with {result.authorizations} authorization(s) "
        f"and {result.signature_calls} signature call(s).",
        highlight=False,
    )
    if result.learned:
        told = ", ".join(f"{kind} {most}" for kind, most in result.learned.items())
        console.print(f"Learned on the way how much the vendor takes at once: {told}.", highlight=False)
    console.print(f"{result.seconds:.1f} s, {result.documents_per_second:.1f} documents a second.", highlight=False)
    console.print(
        f"  sealed files  {result.outbox}\n  root to trust {result.trust_anchor}", highlight=False, soft_wrap=True
    )
    console.print(f"  settings      {folder / 'zimogs.toml'}", highlight=False)
    for problem in result.problems:
        console.print(problem, style="bold red", highlight=False, markup=False)
