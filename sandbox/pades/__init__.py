"""PAdES B-LT seals (ETSI EN 319 142-1) in two halves, because the signature value is made in between, elsewhere."""

from sandbox.pades.archive import NotArchivable, archive
from sandbox.pades.finish import finish
from sandbox.pades.prepare import prepare
from sandbox.pades.prepared import NotSealable, PreparedPdf
from sandbox.pki import verifies

__all__ = ["NotArchivable", "NotSealable", "PreparedPdf", "archive", "finish", "prepare", "verifies"]
