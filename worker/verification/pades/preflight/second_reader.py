"""What a reader of another family says: qpdf, which reads the cross-reference to the letter and knows encryption."""

from pathlib import Path

import pikepdf

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.preflight.packed import MAX_STREAM


def require_readable(path: Path) -> None:
    """The file opens without repair and without a key. Raises Rejected."""
    # They hold for the whole process, which is well: nobody in it may inflate more.
    pikepdf.settings.set_qpdf_limits(flate_max_memory=MAX_STREAM, png_max_memory=MAX_STREAM)
    try:
        # Handing inherited attributes down would visit, and copy, every page.
        with pikepdf.open(path, attempt_recovery=False, suppress_warnings=True, inherit_page_attributes=False) as pdf:
            is_encrypted = pdf.is_encrypted
    except pikepdf.PasswordError:
        raise Rejected(Reason.ENCRYPTED, Text("the PDF is encrypted and asks for a password")) from None
    # RuntimeError is what the binding makes of any C++ exception that it has no name for.
    except (pikepdf.PikepdfError, RuntimeError) as error:
        # The message begins with a path of ours, which is no business of whoever reads the explanation.
        message = str(error).replace(str(path), "the file")
        if "encryption" in message:
            raise Rejected(
                Reason.ENCRYPTED, Text("the PDF is encrypted for the holders of certain certificates")
            ) from None
        raise Rejected(
            Reason.DAMAGED, Text("the structure cannot be read without repair: {message}", message=message)
        ) from None
    if is_encrypted:
        raise Rejected(Reason.ENCRYPTED, Text("the PDF is encrypted (it opens without a password)"))
