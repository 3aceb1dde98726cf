"""One original, judged before anybody is asked to approve it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from mmap import ACCESS_READ, mmap
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from jobs.model.text import Text
from worker.verification.pades.original import Original
from worker.verification.pades.preflight.contents import list_remarks, require_fixed_pages
from worker.verification.pades.preflight.form import read_fields
from worker.verification.pades.preflight.locks import require_unlocked
from worker.verification.pades.preflight.names import require_common_names
from worker.verification.pades.preflight.objects import Objects
from worker.verification.pades.preflight.packed import unpack
from worker.verification.pades.preflight.pages import find_first_page
from worker.verification.pades.preflight.references import find_numbers, has_dangling
from worker.verification.pades.preflight.rehearsal import rehearse
from worker.verification.pades.preflight.second_reader import require_readable
from worker.verification.pades.syntax import Buffer, Reference, Value

MAX_NUMBER = 8_388_607
"""The largest object number that readers take (ISO 32000-1, Annex C)."""

_ROLES = {
    "Root": "the catalogue",
    "Pages": "the page tree",
    "AcroForm": "the form",
    "Info": "the document information",
    "Metadata": "the metadata",
    "Extensions": "the list of extensions",
    "DSS": "the security store",
    "Names": "the names",
}
"""What sealing may write again, or write anew."""


def judge_original(path: Path) -> tuple[Remark, ...]:
    """Say what a person should know of this PDF before it is sealed. Raises Rejected for what must not be sealed.

    Reads the file and keeps nothing. Raises OSError where it cannot be read.
    """
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
        try:
            return tuple(_judge(path, content))
        except (Rejected, OSError):
            raise
        except MemoryError as error:
            raise Rejected(
                Reason.TOO_COMPLEX, Text("its structure takes more memory than can be spared for one document")
            ) from error
        except RecursionError as error:
            raise Rejected(Reason.TOO_COMPLEX, Text("its structure is nested too deeply, or in a circle")) from error
        except Exception as error:
            # A parser may stumble in any way over a hostile file; whatever it was, it would do so after sealing too.
            raise Rejected(Reason.DAMAGED, Text("its structure cannot be followed: {why}", why=error)) from error


def _judge(path: Path, content: mmap) -> Iterator[Remark]:
    # First of all, since everybody else who reads the file unpacks it with no limit, or another one.
    texts: Iterable[Buffer] = chain((content,), unpack(content))
    numbers = {number for text in texts for number in find_numbers(text)}
    require_readable(path)
    original = Original(content)
    objects = Objects(original)
    catalogue = _read_catalogue(objects)
    require_fixed_pages(catalogue)
    first_page = find_first_page(objects, catalogue.get("Pages"))
    trailer = dict(original.trailer)
    for again in (trailer, trailer.get("Info"), catalogue, catalogue.get("AcroForm"), first_page):
        require_common_names(objects.resolve(again))
    fields = read_fields(objects, objects.dictionary(catalogue.get("AcroForm"), "the form"))
    permissions = objects.dictionary(catalogue.get("Perms"), "the permissions")
    require_unlocked(objects, fields, objects.entries(permissions.get("DocMDP")))
    yield from list_remarks(objects, catalogue, fields)
    if has_dangling(numbers, original):
        yield Remark.MISSING_PARTS
    rehearse(original, content, first_page)


def _read_catalogue(objects: Objects) -> Mapping[str, Value]:
    """The catalogue, once all that sealing writes again beside pages and form has been read too."""
    trailer = objects.original.trailer
    if objects.original.first_free > MAX_NUMBER:
        raise Rejected(Reason.TOO_COMPLEX, Text("its objects have numbers beyond {max_number}", max_number=MAX_NUMBER))
    if not isinstance(trailer.get("Root"), Reference):
        raise Rejected(Reason.DAMAGED, Text("the trailer names no catalogue"))
    catalogue = objects.dictionary(trailer["Root"], "the catalogue")
    # What sealing adds to the form would be a change of the information as well, if both are one object.
    seen: dict[Reference, str] = {}
    for key, role in _ROLES.items():
        value = (trailer if key in {"Root", "Info"} else catalogue).get(key)
        if isinstance(value, Reference) and (other := seen.setdefault(value, role)) != role:
            raise Rejected(Reason.DAMAGED, Text("one object is both {other} and {role}", other=other, role=role))
    objects.dictionary(trailer.get("Info"), "the document information")
    objects.dictionary(catalogue.get("Extensions"), "the list of extensions")
    objects.resolve(catalogue.get("Metadata"))
    store = objects.dictionary(catalogue.get("DSS"), "the security store")
    objects.dictionary(store.get("VRI"), "the security store's list of signatures")
    for kind in ("Certs", "OCSPs", "CRLs"):
        objects.array(store.get(kind), f"the security store's list of {kind}")
    return catalogue
