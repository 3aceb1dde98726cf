import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What a rehearsal came to. `authorizations` and `signature_calls` are the practice vendor's own counts.

    `seconds` run from the first file in the inbox to the last one delivered, the person's clicks included.
    """

    documents: int
    sealed: int
    quarantined: int
    authorizations: int
    signature_calls: int
    seconds: float
    outbox: Path
    trust_anchor: Path
    problems: tuple[str, ...] = ()

    @property
    def documents_per_second(self) -> float:
        """Delivered documents for each second."""
        return self.sealed / self.seconds if self.seconds else 0.0

    def succeeded(self, expected_quarantine: int) -> bool:
        """Whether every document was sealed and verified, but for exactly as many quarantined as expected."""
        complete = self.sealed + self.quarantined == self.documents
        return complete and self.quarantined == expected_quarantine and not self.problems

    def as_line(self) -> str:
        """The facts as one line of JSON."""
        facts = asdict(self) | {
            "seconds": round(self.seconds, 3),
            "documents_per_second": round(self.documents_per_second, 2),
            "outbox": str(self.outbox),
            "trust_anchor": str(self.trust_anchor),
        }
        return json.dumps(facts, ensure_ascii=False)
