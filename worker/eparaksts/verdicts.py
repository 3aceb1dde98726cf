"""The vendor's validation report, as far as sources agree on it: every field may be missing (§4.12)."""

import json
from dataclasses import dataclass, field
from typing import Any

from worker.eparaksts import replies
from worker.eparaksts.judgement import Unreadable
from worker.eparaksts.wire import Reply

PASSED = "TOTAL-PASSED"
"""ETSI EN 319 102-1 §5.1.3."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the vendor says of one file: how many signatures it saw, and what it said of each that did not pass."""

    signatures: int
    objections: tuple[str, ...]
    report: str = field(default="", repr=False)
    """All that the vendor said, as indented JSON."""

    @property
    def passed(self) -> bool:
        """Whether there are signatures, and all of them passed."""
        return self.signatures > 0 and not self.objections


def verdict(reply: Reply) -> Verdict:
    """Read the report of v1.0 or v2.0."""
    report = replies.contained(reply)
    if not isinstance(report, dict):
        raise Unreadable(f"the report is {replies.shape(report)}")
    signatures = replies.objects(report.get("signaturesExt") or [])
    objections = tuple(_objection(one) for one in signatures if one.get("indication") != PASSED)
    return Verdict(len(signatures), objections, json.dumps(report, indent=2, ensure_ascii=False))


def _objection(signature: dict[str, Any]) -> str:
    said = (signature.get("indication"), signature.get("subIndication"))
    return " ".join(str(part)[:40] for part in said if part) or "no indication"
