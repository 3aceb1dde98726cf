"""The slow, independent second opinion behind `zimogs verify`: other people's libraries validate a file, offline.

It shares no code with the worker's own judgement, so that one does not repeat the other's mistakes. Revocation is
proven by the file itself or not at all. Tens of milliseconds for a signature; files are read in pieces.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from worker.audit.assessment import SignatureAssessor
from worker.audit.container import audit_container
from worker.audit.pdf import audit_pdf
from worker.audit.report import AuditOutcome, FileReport, Problem, SignatureReport
from worker.audit.trust import Trust

__all__ = ["AuditOutcome", "FileReport", "Problem", "SignatureReport", "audit"]

_ZIP = b"PK\3\4"

for _library in ("pyhanko", "pyhanko_certvalidator"):
    # They log a traceback for every chain that does not hold; what it means is said in the report.
    logging.getLogger(_library).addHandler(logging.NullHandler())


async def audit(
    path: Path,
    anchors: Sequence[x509.Certificate],
    now: datetime,
    *,
    original: Sequence[Path] = (),
    visible: bool = False,
) -> FileReport:
    """Judge every signature of a PDF or container as of the moment its timestamp names; its first bytes tell which.

    With an `original` (a file, or those of the folder that became a container), also whether the file is the sealing
    of that and nothing else; `visible` allows the seal to be seen on a page. Raises OSError when a file cannot be read.
    """
    assessor = SignatureAssessor(Trust(anchors), now)
    with path.open("rb") as file:
        is_container = file.read(len(_ZIP)) == _ZIP
    if is_container:
        return await audit_container(path, assessor, original)
    return await audit_pdf(path, assessor, original, visible=visible)
