"""What a requirement is made of."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How we know that the vendor does so."""

    DOCUMENTED = "documented"
    SEEN = "seen in clients"
    CONVENTION = "our convention"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule; `switches` are the variants, the options (`--…`) and the kinds of weather that change it."""

    name: str
    rule: str
    sources: tuple[Source, ...]
    details: str = ""
    switches: tuple[str, ...] = ()
