"""The vendor's own report on a sealed file, and what in it is not as it must be (vendor §4.12). Pure.

Sources agree on little of the report, so every field may be missing; what is told must fit.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.model.documents import Profile, SealFormat
from jobs.model.levels import SealLevel
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.fields import read_data, require_number, require_objects, shape
from worker.eparaksts.wire import Reply

PASSED = "TOTAL-PASSED"
"""ETSI EN 319 102-1 §5.1.3."""
# Written as `PAdES` and `ASiC-E`; its siblings write `PDF`, `ASiC_E` and `ASICE` too, so letters alone are compared.
_FORMS = {SealFormat.PDF: {"PADES", "PDF"}, SealFormat.EDOC: {"ASICE", "EDOC"}}
_FAMILIES = {SealFormat.PDF: "PADES", SealFormat.EDOC: "XADES"}
_ENOUGH = {SealLevel.LT: {"LT", "LTA"}, SealLevel.LTA: {"LTA"}}
"""The last word of a signature's format, `PAdES_BASELINE_LT`, by the level that a route asks for."""

ReportedSignatures = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """What the vendor says of one file: everything that speaks against delivering it, and the whole text."""

    objections: tuple[str, ...]
    text: str = field(default="", repr=False)
    """All that the vendor said, as indented JSON."""

    @property
    def is_passed(self) -> bool:
        """Whether nothing speaks against the file."""
        return not self.objections


def read_validation(reply: Reply, profile: Profile) -> ValidationReport:
    """Read the report of v1.0 or v2.0 on a file sealed by this profile. Raises Unreadable.

    Whatever does not say that it passed counts as an objection, and so do counts, a form, a format or a level that
    are not those of our seal. A document may bear older signatures, so only one of several need be ours.
    """
    report = read_data(reply)
    if not isinstance(report, dict):
        raise Unreadable(f"the report is {shape(report)}")
    signatures = require_objects(report.get("signaturesExt") or [])
    objections = tuple(_objections(report, signatures, profile))
    return ValidationReport(objections, json.dumps(report, indent=2, ensure_ascii=False))


def _objections(report: Mapping[str, Any], signatures: ReportedSignatures, profile: Profile) -> Iterator[str]:
    """Yield what is said of each signature that did not pass, counts that differ, and what another seal would show."""
    if not signatures:
        yield "no signature found"
    for words in ((one.get("indication"), one.get("subIndication")) for one in signatures):
        if words[0] != PASSED:
            yield " ".join(str(word)[:40] for word in words if word) or "no indication"
    for name in ("signaturesCount", "validSignaturesCount"):
        if report.get(name) is not None and (told := require_number(report, name)) != len(signatures):
            yield f"{name} is {told}, signatures told of are {len(signatures)}"
    form = str(report.get("signatureForm") or "")
    if form and "".join(re.findall("[A-Z]", form.upper())) not in _FORMS[profile.format]:
        yield f"signatureForm is {form[:40]}, the route seals as {profile.format}"
    if signatures and not any(_may_be_ours(one, profile) for one in signatures):
        kinds = (f"{one.get('signatureFormat')} {one.get('signatureLevel')}"[:80] for one in signatures)
        yield f"no {profile.format} seal at level {profile.level} among: {', '.join(kinds)}"


def _may_be_ours(signature: Mapping[str, Any], profile: Profile) -> bool:
    words = set(re.findall("[A-Z]+", str(signature.get("signatureFormat") or "").upper()))
    has_format = not words or (_FAMILIES[profile.format] in words and bool(words & _ENOUGH[profile.level]))
    qualification = str(signature.get("signatureLevel") or "").upper()
    # QESEAL, ADESEAL_QC … are seals; QESIG, ADESIG_QC … signatures of people; QES or NA may be either.
    return has_format and ("SEAL" in qualification or "SIG" not in qualification)
