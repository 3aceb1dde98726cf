"""The slow, independent second opinion behind `zimogs verify`: other people's libraries validate a file, offline.

It shares no code with the fast path, so that one does not repeat the other's mistakes. Revocation is proven by
the file itself or not at all. Tens of milliseconds for a signature; whole files are read into memory.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from worker.audit.container import audit_container
from worker.audit.pdf import audit_pdf
from worker.audit.report import FileReport, SignatureReport

__all__ = ["FileReport", "SignatureReport", "audit"]

_ZIP = b"PK\3\4"


async def audit(path: Path, anchors: Sequence[x509.Certificate], now: datetime) -> FileReport:
    """Validate every signature of a PDF or container at the moment its timestamp names; its first bytes tell which.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as file:
        is_container = file.read(len(_ZIP)) == _ZIP
    return await (audit_container if is_container else audit_pdf)(path, anchors, now)
