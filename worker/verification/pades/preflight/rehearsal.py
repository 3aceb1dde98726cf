"""An honest sealing, imagined: its objects are made up in memory and judged, before there is a seal to judge.

Whatever the judgement would stumble over in this original, it stumbles over here, while nobody has approved anything.
"""

from collections.abc import Iterator
from io import BytesIO
from mmap import mmap
from typing import Any

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.changes import require_sealing_only
from worker.verification.pades.crossref import Placed
from worker.verification.pades.gaps import Gap
from worker.verification.pades.original import Original
from worker.verification.pades.preflight.references import ADDED_BY_SEALING
from worker.verification.pades.qpdf import QpdfDocument
from worker.verification.pades.signatures import Signature, Signatures
from worker.verification.pades.syntax import Name, Reference, Value
from worker.verification.pades.tail import OriginalView, PdfState, Revision, Tail

_NO_GAP = Gap(0, 0, b"")
_EXTENSION = {"Type": Name("DeveloperExtensions"), "BaseVersion": Name("1.7"), "ExtensionLevel": 1}
"""What a writer says of a seal in a file below PDF 2.0 (ISO 32000-2 §7.12)."""
_SEAL_FIELD = {"FT": Name("Sig"), "T": b"Seal", "Type": Name("Annot"), "Subtype": Name("Widget"), "F": 132}
"""The seal's field, which is its own widget, but for its place, its signature and its page."""


def rehearse(original: Original, content: mmap, first_page: Reference) -> None:
    """Judge an imagined sealing of this original. Raises Rejected where no sealing of it could be found sound."""
    try:
        try:
            _judge(original, original.first_free, first_page)
        except (Rejected, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - then it is not our own reader that will judge
            whole = content[:]
            _judge(QpdfDocument(whole), original.first_free, first_page)
            _require_followed(whole)
    except MemoryError:
        raise
    except Rejected as error:
        raise Rejected(
            Reason.TOO_COMPLEX, Text("a seal on it could not be told from an alteration: {why}", why=error.detail)
        ) from error
    except Exception as error:
        # Libraries stumble in any way they like over what they do not know.
        raise Rejected(Reason.TOO_COMPLEX, Text("a seal on it could not be judged: {why}", why=error)) from error


def _judge(original: OriginalView, first_free: int, first_page: Reference) -> None:
    revision = _imagine(PdfState(original, ()), first_free, first_page)
    seal = Signature(0, Reference(first_free + 1, 0), "ETSI.CAdES.detached", b"", _NO_GAP, 0)
    require_sealing_only(Tail(original, (revision,)), Signatures(seal, ()), Profile())


def _imagine(before: PdfState, first_free: int, page: Reference) -> Revision:
    """One revision with a seal, in which the objects that writers are known to touch are written again."""
    field, signature = Reference(first_free, 0), Reference(first_free + 1, 0)
    catalogue, shown = dict(before.catalogue), dict(before.dictionary(page))
    form = {**before.dictionary(catalogue.get("AcroForm")), "SigFlags": 3}
    extensions = {**before.dictionary(catalogue.get("Extensions")), "ESIC": _EXTENSION}
    objects: dict[Reference, Value] = {
        field: {**_SEAL_FIELD, "Rect": [0, 0, 0, 0], "V": signature, "P": page},
        signature: {"Type": Name("Sig"), "ByteRange": [0, 0, 0, 0], "Contents": b""},
        before.root: catalogue,
        page: shown,
    }
    _put(objects, form, "Fields", [*before.array(form.get("Fields")), field])
    _put(objects, shown, "Annots", [*before.array(shown.get("Annots")), field])
    _put(objects, catalogue, "AcroForm", form)
    _put(objects, catalogue, "Extensions", extensions)
    for again in (before.trailer.get("Info"), catalogue.get("Pages"), catalogue.get("DSS")):
        if isinstance(again, Reference):
            objects[again] = before.dictionary(again)
    return Revision(
        end=0,
        limit=0,
        trailer=before.trailer,
        objects=objects,
        places={one.number: Placed(0, one.generation) for one in objects},
        carriers=frozenset(range(first_free, first_free + ADDED_BY_SEALING)),
        gaps={},
    )


def _put(objects: dict[Reference, Value], holder: dict[str, Value], key: str, value: Value) -> None:
    """Set an entry where it stands: in its holder, or in the object that the holder refers to."""
    place = holder.get(key)
    if isinstance(place, Reference):
        objects[place] = value
    else:
        holder[key] = value


def _require_followed(content: bytes) -> None:
    """PyHanko, which has its say where our own reader has none, can follow every reference from the catalogue on."""
    reader = PdfFileReader(BytesIO(content), strict=False)
    resolver = reader.get_historical_resolver(reader.xrefs.total_revisions - 1)
    waiting, seen = [resolver.root_ref], set()
    while waiting:
        reference = waiting.pop()
        if reference not in seen:
            seen.add(reference)
            waiting += _references_in(resolver(reference))


def _references_in(value: Any) -> Iterator[Any]:
    if isinstance(value, IndirectObject):
        yield value.reference
    elif isinstance(value, DictionaryObject):
        for key in value:
            yield from _references_in(value.raw_get(key))
    elif isinstance(value, ArrayObject):
        for index in range(len(value)):
            yield from _references_in(value.raw_get(index))
