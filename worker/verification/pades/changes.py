"""What an appended revision may change: sealing adds a signature and proofs, and nothing else.

This is what stands between a reader and a shadow attack: content swapped, hidden or overlaid in a revision
that the signature does not cover, or that only pretends to add a seal.
"""

from jobs.model.documents import Profile
from worker.verification.pades.allowed import PAGES, TRAILER
from worker.verification.pades.catalogue import require_catalogue
from worker.verification.pades.crossref import read_rows
from worker.verification.pades.forms import require_form, require_signed_field
from worker.verification.pades.metadata import require_information
from worker.verification.pades.pages import require_pages
from worker.verification.pades.signatures import Signatures, require_shown
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.store import Store, require_grown_store
from worker.verification.pades.syntax import Name, Reference, Stream, Value
from worker.verification.pades.tagging import require_tagged
from worker.verification.pades.tail import Tail
from worker.verification.refusal import require


def require_sealing_only(tail: Tail, signatures: Signatures, profile: Profile) -> list[Store]:
    """Every revision changes only what sealing changes; gives the store after each of them.

    Raises Rejected for what is no sealing, and ValueError for what cannot be judged here.
    """
    steps = [RevisionStep.of(tail, index, profile) for index in range(len(tail.revisions))]
    stores: list[Store] = []
    for step in steps:
        stores.append(_require_step(step, stores[-1] if stores else Store()))
    require_shown(tail.newest, signatures, frozenset().union(*(step.fields for step in steps)))
    # No new object fills a reference that led to nothing in the original (§7.3.10).
    written = {reference.number for revision in tail.revisions for reference in revision.objects}
    numbers = written.union(*(revision.carriers for revision in tail.revisions))
    tail.original.require_unmentioned({number for number in numbers if tail.original.place(number) is None})
    return stores


def _require_step(step: RevisionStep, store: Store) -> Store:
    require(step.after.trailer.get("Root") == step.before.root, "the sealed file has another root")
    require("Encrypt" not in step.after.trailer, "the sealed file is encrypted")
    changed = step.find_changes(
        {key: value for key, value in step.before.trailer.items() if key not in TRAILER},
        {key: value for key, value in step.after.trailer.items() if key not in TRAILER},
    )
    # What a newer trailer does not repeat is gone for readers; of such entries nothing depends (§7.5.5).
    step.require_listed(changed & step.after.trailer.keys(), (), "the document's trailer was changed")
    step.explain(step.after.root, step.before.root)
    require_catalogue(step)
    require_information(step)
    require_form(step)
    grown = require_grown_store(step, store)
    for reference in step.revision.objects:
        before = step.before.object(reference)
        was_field = isinstance(before, dict) and ("FT" in before or "T" in before)
        if was_field and reference not in step.explained:
            require_signed_field(step, reference)
    require_pages(step)
    require_tagged(step)
    for reference, value in step.revision.objects.items():
        _require_explained(step, reference, value)
    return grown


def _require_explained(step: RevisionStep, reference: Reference, value: Value) -> None:
    """The object has its place, or is an older one that says what it said. Raises Rejected."""
    if reference in step.explained or reference in step.comparison.copied:
        require(step.is_new(reference) or reference in step.explained, f"object {reference.number} was overwritten")
        return
    if step.is_new(reference):
        # A number by itself is a stream's length (§7.3.8.2); nothing is drawn with it.
        harmless = type(value) is int or _is_second_index(step, value)
        require(harmless, f"object {reference.number} was added and belongs to no seal")
        return
    before = step.before.object(reference)
    if before is None:
        require(step.before.place(reference.number) is None, f"object {reference.number} was not free to be added")
    if isinstance(before, dict) and isinstance(value, dict) and before.get("Type") == "Pages":
        changed = step.find_changes(before, value)
        step.require_listed(changed, PAGES, f"object {reference.number} of the document was changed")
        step.explain_plain([value.get(key) for key in changed])
        return
    same = step.comparison.is_same(before, value)
    require(same, f"object {reference.number} of the document was changed")


def _is_second_index(step: RevisionStep, value: Value) -> bool:
    """Whether this is a cross-reference stream beside the table that counts, as PDFBox leaves one in hybrid files.

    To a reader that scans for it, it must say the same as the table.
    """
    if not isinstance(value, Stream) or value.entries.get("Type") != Name("XRef"):
        return False
    places, _ = read_rows(value)
    known = all(place == step.after.place(number) for number, place in places.items())
    return known and all(
        value.entries.get(key) == step.after.trailer.get(key) for key in ("Root", "Info", "Size", "Prev", "Encrypt")
    )
