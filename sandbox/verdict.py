"""What a validation says of one signature, in the words of ETSI EN 319 102-1 §5.1.3."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Indication(StrEnum):
    """Whether a signature holds; `INDETERMINATE` means that the file alone cannot tell."""

    PASSED = "TOTAL-PASSED"
    FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One signature: who made it and when, in which format, what it covers, and whether it is intact and trusted."""

    indication: Indication
    format: str
    common_name: str
    organisation_id: str  # empty for a person
    serial_number: str
    signed_at: datetime | None  # as the timestamp says
    scopes: tuple[str, ...]  # names of what is covered
    sub_indication: str = ""  # why not, EN 319 102-1 table 5

    @property
    def has_passed(self) -> bool:
        """Say whether the signature holds."""
        return self.indication is Indication.PASSED
