"""Documents that are looked at: hostile ones, and files on the shelf."""

from collections.abc import Mapping
from pathlib import Path

from jobs.model.digest import Digest
from jobs.model.documents import DataFile, Document
from tests.support.builders import a_document
from tests.support.handwritten import an_invoice, write
from worker.storage.layout import Layout

HOSTILE = write(
    an_invoice(
        catalogue=b"/OpenAction <</S /JavaScript /JS (app.launchURL('http://127.0.0.1:9/stolen'))>>"
        b" /AA <</WC <</S /JavaScript /JS (this.submitForm('/batches'))>>>>"
        b" /AcroForm <</Fields [7 0 R]>>"
        b" /Names <</EmbeddedFiles <</Names [(run.html) 6 0 R]>> /JavaScript <</Names [(go) <</S /JavaScript"
        b" /JS (for\\(;;\\);)>>]>>>>",
        page=b"/UserUnit 75000 /AA <</O <</S /URI /URI (http://127.0.0.1:9/opened)>>>>",
        more={
            6: b"<</Type /Filespec /F (run.html) /UF (run.html) /EF <</F 8 0 R>>>>",
            7: b"<</FT /Btn /T (Go) /Subtype /Widget /Rect [0 0 600 800]"
            b" /A <</S /SubmitForm /F <</FS /URL /F (/batches/invoices-000001/abandon)>>>>>>",
            8: b"<</Type /EmbeddedFile /Length 25>>\nstream\n<script>alert(1)</script>\nendstream",
        },
    )
)
"""Scripts, a form that sends itself, a page as large as a field, and a web page attached."""


def a_file(content: bytes, *, number: int = 1, name: str = "a.pdf", media_type: str = "application/pdf") -> Document:
    """A document with that content."""
    hashed = {"size": len(content), "sha256": Digest.sha256(content), "media_type": media_type}
    return a_document(number, name=name).model_copy(update=hashed)


def a_folder(files: Mapping[str, bytes], number: int = 1) -> Document:
    """A folder that is one document, with plain text files."""
    data = tuple(
        DataFile(name=name, size=len(content), sha256=Digest.sha256(content), media_type="text/plain")
        for name, content in files.items()
    )
    return a_document(number, name="folder.edoc").model_copy(update={"data_files": data})


def shelve(layout: Layout, document: Document, content: bytes) -> Path:
    """Put the original onto the shelf."""
    path = layout.place(document.id).original
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
