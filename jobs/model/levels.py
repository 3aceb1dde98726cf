"""Baseline levels, the same for every form of a seal (ETSI EN 319 142-1 §6, 319 132-1 §6)."""

from enum import StrEnum


class Form(StrEnum):
    """How a seal is written down."""

    PADES = "PAdES"
    """Inside a PDF."""
    XADES = "XAdES"
    """In XML, beside the files of a container."""


class SealLevel(StrEnum):
    """How long a seal can be verified, lowest first. Routes ask for LT or LTA."""

    B = "B"
    """Signed."""
    T = "T"
    """And timestamped by a third party."""
    LT = "LT"
    """And the file itself holds the proof that every certificate was good."""
    LTA = "LTA"
    """And an archive timestamp covers that proof, so that it outlives its algorithms and certificates."""

    def reaches(self, other: "SealLevel") -> bool:
        """Whether this is at least the other."""
        levels = list(SealLevel)
        return levels.index(self) >= levels.index(other)

    def of(self, form: Form) -> str:
        """The level in the standards' words, as `PAdES B-LT`."""
        return f"{form} B-{self}"
