"""`python -m tests.bench.judgement`: what judging a sealed PDF costs on either path, and how many need the slow one."""

import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from sandbox import pades as practice
from tests.support.pki import NOON, the_authority, the_seal
from worker.demo.invoices import write_invoices
from worker.verification.chains import Chains
from worker.verification.inspected import ReadingPath
from worker.verification.judgement import SealJudge
from worker.verification.pades.slow import judge_slowly
from worker.verification.pair import pair_of

SHARED = Path(__file__).parents[3] / "shared"
_TIMES = 5


@dataclass(frozen=True, slots=True)
class Judged:
    """One original, sealed by the practice vendor and judged: CPU ms on the path it takes, and on the slow one."""

    path: ReadingPath
    cpu: float
    slow: float
    sound: bool


def collections(samples: Iterable[Path]) -> dict[str, list[Path]]:
    """Originals to measure with: the given samples, and those beside this repository, where they are."""
    invoices, cases = SHARED / "corpus" / "invoices", SHARED / "cases" / "pdf"
    found = {"samples": list(samples), "invoices": sorted(invoices.glob("*.pdf")), "cases": sorted(cases.glob("*.pdf"))}
    return {name: paths for name, paths in found.items() if paths}


def bench_judgement(originals: Iterable[Path]) -> list[Judged]:
    """Seal each original and judge it, several times each; the fastest counts."""
    chains = Chains([the_authority().root.certificate])
    with tempfile.TemporaryDirectory(prefix="zimogs-judgement-") as folder:
        return [_judged(original, Path(folder) / "sealed.pdf", chains) for original in originals]


def _judged(original: Path, sealed: Path, chains: Chains) -> Judged:
    seal, content = the_seal(), original.read_bytes()
    prepared = practice.prepare(content, seal.certificate_der, the_authority().chain, NOON)
    value = seal.sign_digest(prepared.digest)
    sealed.write_bytes(practice.finish(prepared, value, the_authority(), seal.certificate, NOON))
    document, expectation = pair_of(original, sealed, NOON, Profile())
    paths: list[ReadingPath] = []
    judge = SealJudge(chains, NOON, paths.append)
    cpu = min(_cpu(lambda: judge.judge(sealed, document, expectation)) for _ in range(_TIMES))
    with sealed.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
        slow = min(_cpu(lambda: _judge_slowly(mapped, document.size)) for _ in range(_TIMES))
        return Judged(paths[-1], cpu, slow, sound=_judge_slowly(mapped, document.size))


def _judge_slowly(content: mmap, size: int) -> bool:
    try:
        judge_slowly(content, size, Profile(), ValueError("asked at once"))
    except Rejected:
        return False
    return True


def _cpu(work: Callable[[], object]) -> float:
    begin = time.process_time()
    work()
    return (time.process_time() - begin) * 1000


def judgement_table(results: dict[str, list[Judged]]) -> Table:
    """The least and the middle of each collection, and the share of files that took the slow path."""
    table = Table(
        "", "CPU ms/document", "on the slow path", "sound there too", "took it", title="Judgement of sealed PDFs"
    )
    for name, judged in results.items():
        cpu, slow = ([one.cpu for one in judged], [one.slow for one in judged])
        share = sum(one.path is ReadingPath.SLOW for one in judged) / len(judged)
        sound = sum(one.sound for one in judged)
        table.add_row(
            name,
            f"{min(cpu):.2f} to {median(cpu):.2f} to {max(cpu):.2f}",
            f"{min(slow):.0f} to {median(slow):.0f} to {max(slow):.0f}",
            f"{sound} of {len(judged)}",
            f"{share:.0%}",
        )
    return table


def main() -> None:
    """Measure sample invoices, and the collections that stand beside this repository."""
    with tempfile.TemporaryDirectory(prefix="zimogs-samples-") as folder:
        originals = collections(write_invoices(Path(folder), 10))
        Console().print(judgement_table({name: bench_judgement(paths) for name, paths in originals.items()}))


if __name__ == "__main__":
    main()
