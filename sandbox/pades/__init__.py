"""PAdES seals (ETSI EN 319 142-1): B-LT in two halves, as the value is made in between, elsewhere; then B-LTA."""

from sandbox.pades.archive import NotArchivable, archive
from sandbox.pades.finish import finish
from sandbox.pades.prepare import prepare
from sandbox.pades.prepared import NotSealable, PreparedPdf
from sandbox.pki import verifies

__all__ = ["NotArchivable", "NotSealable", "PreparedPdf", "archive", "finish", "prepare", "verifies"]
