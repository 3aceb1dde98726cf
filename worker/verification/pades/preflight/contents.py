"""What is in a document that a person should know before approving it."""

from collections.abc import Iterator, Mapping, Sequence

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from jobs.model.text import Text
from worker.verification.pades.preflight.form import Field
from worker.verification.pades.preflight.locks import is_signed
from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.syntax import Value


def require_fixed_pages(catalogue: Mapping[str, Value]) -> None:
    """The pages in the file are what is shown. Raises Rejected.

    With `/NeedsRendering` (ISO 32000-1, Table 28) they are a stand-in: whoever knows XFA makes others.
    """
    if catalogue.get("NeedsRendering") is True:
        raise Rejected(
            Reason.DYNAMIC_FORM, Text("the catalogue says /NeedsRendering: the pages are made from an XFA form")
        )


def list_remarks(objects: Objects, catalogue: Mapping[str, Value], fields: Sequence[Field]) -> Iterator[Remark]:
    """Yield what is remarkable, in the order of the enumeration. Raises ValueError."""
    form = objects.dictionary(catalogue.get("AcroForm"), "the form")
    permissions = objects.dictionary(catalogue.get("Perms"), "the permissions")
    names = objects.dictionary(catalogue.get("Names"), "the names")
    is_scripted = "JavaScript" in names or "AA" in catalogue
    action = objects.entries(catalogue.get("OpenAction"))
    for remark, holds in (
        (Remark.SIGNED_BEFORE, any(is_signed(objects, field) for field in fields)),
        (Remark.CERTIFIED, "DocMDP" in permissions),
        (Remark.SIGNATURE_FIELD, any(field.is_signature and not is_signed(objects, field) for field in fields)),
        (Remark.FORM, any(not field.is_signature for field in fields)),
        (Remark.XFA_FORM, "XFA" in form),
        (Remark.ATTACHMENTS, "EmbeddedFiles" in names or "AF" in catalogue),
        (Remark.SCRIPTS, is_scripted or action.get("S") == "JavaScript"),
        (Remark.LAYERS, bool(objects.entries(catalogue.get("OCProperties")).get("OCGs"))),
        (Remark.USAGE_RIGHTS, not permissions.keys().isdisjoint({"UR", "UR3"})),
    ):
        if holds:
            yield remark
