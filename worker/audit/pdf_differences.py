"""What a PDF means otherwise than an earlier revision of it: everything that can be reached, compared by value.

Two readings of the same file are walked side by side from the trailer. Spelling, object numbers and order of writing
mean nothing; what differs must stand where sealing adds, and be of the kind that it adds. Since everything reachable
is compared, an object that a later revision supplies for a dangling reference shows too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

from pikepdf import Array, Dictionary, Object, Pdf, Stream, XrefEntry

from worker.audit.pdf_additions import (
    Permitted,
    draws,
    field_type,
    find_extension_faults,
    find_field_faults,
    find_permission_faults,
    find_signature_faults,
    find_store_faults,
)
from worker.audit.pdf_metadata import find_info_changes, find_xmp_changes
from worker.audit.pdf_reading import walk_fields, warnings_of
from worker.audit.pdf_structure import is_element, is_element_of_seal, numbers_of, without_added_elements
from worker.audit.pdf_values import INHERITABLE, effective_value, is_same_value

_MAX_VISITED = 3_000_000
_LOCKING_FLAGS = 1 << 6 | 1 << 7 | 1 << 9
"""Read-only, locked, contents locked (ISO 32000-2 §12.5.3, table 167): none shows, hides or prints anything."""


class Role(Enum):
    """What an object is for, where that decides what may be added to it."""

    TRAILER = auto()
    CATALOG = auto()
    FORM = auto()
    RESOURCES = auto()
    FONTS = auto()
    PAGE_TREE = auto()
    PAGE = auto()
    FIELD = auto()
    STRUCTURE = auto()
    ELEMENT = auto()
    OTHER = auto()


_CHILDREN = {
    (Role.TRAILER, "/Root"): Role.CATALOG,
    (Role.CATALOG, "/AcroForm"): Role.FORM,
    (Role.CATALOG, "/Pages"): Role.PAGE_TREE,
    (Role.CATALOG, "/StructTreeRoot"): Role.STRUCTURE,
    (Role.STRUCTURE, "/K"): Role.ELEMENT,
    (Role.ELEMENT, "/K"): Role.ELEMENT,
    (Role.FORM, "/DR"): Role.RESOURCES,
    (Role.RESOURCES, "/Font"): Role.FONTS,
    (Role.RESOURCES, "/Encoding"): Role.FONTS,
}

_GROWING = frozenset({(Role.FORM, "/Fields"), (Role.PAGE, "/Annots"), (Role.FIELD, "/Kids")})
"""Where a signature field and its widget are added (§12.7.3, §12.5.2, §12.7.4.1)."""
_ADDED = frozenset(
    {
        (Role.PAGE, "/Tabs"),
        (Role.PAGE, "/StructParents"),
        (Role.PAGE_TREE, "/ITXT"),
    }
)
"""What writers add where it is missing: the order of annotations and their place in the structure (§7.7.3.3), iText's
mark."""
_STAMPED = frozenset({(Role.PAGE, "/LastModified")})


@dataclass(frozen=True, slots=True)
class _Pair:
    """A value before and after, what it is for, and the way to it."""

    old: object
    new: object
    role: Role
    path: str


@dataclass(slots=True)
class RevisionComparison:
    """Compares two readings of a file, of which the later begins with all bytes of the earlier."""

    before: Pdf
    after: Pdf
    permitted: Permitted
    _seen: set[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=set)
    _roles: dict[tuple[int, int], Role] = field(default_factory=dict)
    _places: tuple[dict[tuple[int, int], XrefEntry], dict[tuple[int, int], XrefEntry]] = field(
        default_factory=lambda: ({}, {})
    )
    _visited: int = 0

    def differences(self) -> Iterator[str]:
        """Yield what is new or changed and has nothing to do with sealing. Raises ValueError."""
        self._roles = dict(_roles(self.before))
        self._places = (self.before.get_xref_table(), self.after.get_xref_table())
        yield from self._walk(_Pair(self.before.trailer, self.after.trailer, Role.TRAILER, ""))
        doubts = warnings_of(self.after) - warnings_of(self.before)
        if doubts:
            raise ValueError(f"a part of what was added cannot be read: {min(doubts)}")

    def _walk(self, pair: _Pair) -> Iterator[str]:
        """Yield what differs at this pair or below it; without recursion, for nesting is somebody else's choice."""
        waiting = [pair]
        while waiting:
            self._visited += 1
            if self._visited > _MAX_VISITED:
                raise ValueError("it has too many objects")
            for found in self._compare(waiting.pop()):
                if isinstance(found, _Pair):
                    waiting.append(found)
                else:
                    yield found

    def _compare(self, pair: _Pair) -> Iterator[_Pair | str]:
        """Yield the pairs below this one, and what differs in itself."""
        old, new = pair.old, pair.new
        if isinstance(old, Object) and isinstance(new, Object) and old.is_indirect and new.is_indirect:
            key = (old.objgen, new.objgen)
            if key in self._seen:
                return
            self._seen.add(key)
        if isinstance(old, Stream) and isinstance(new, Stream):
            yield from self._streams(pair, old, new)
        elif isinstance(old, Dictionary) and isinstance(new, Dictionary):
            yield from self._dictionaries(pair, old, new)
        elif isinstance(old, Array) and isinstance(new, Array) and len(old) == len(new):
            for place in range(len(old)):
                role = pair.role if pair.role is Role.ELEMENT else Role.OTHER
                yield _Pair(old[place], new[place], role, f"{pair.path}/{place}")
        elif not is_same_value(old, new, pair.path):
            yield f"{pair.path or 'the trailer'} was changed"

    def _streams(self, pair: _Pair, old: Stream, new: Stream) -> Iterator[_Pair | str]:
        """Streams are the same when their decoded content is, and what else their dictionaries say."""
        ignored = {"/Length", "/DL"}
        one, other = (places.get(old.objgen) for places in self._places)
        # The same bytes of the file need not be read.
        is_untouched = (
            (old.objgen == new.objgen and old.get("/Length") == new.get("/Length"))
            and (one is not None and other is not None)
            and (one.type, one.offset) == (1, other.offset)
        )
        if not is_untouched and old.read_raw_bytes() != new.read_raw_bytes():
            ignored |= {"/Filter", "/DecodeParms"}
            if old.read_bytes() != new.read_bytes():
                yield f"{pair.path} was changed"
        for key in (old.keys() | new.keys()) - ignored:
            yield _Pair(old.get(key), new.get(key), Role.OTHER, f"{pair.path}{key}")

    def _dictionaries(self, pair: _Pair, old: Dictionary, new: Dictionary) -> Iterator[_Pair | str]:
        role = self._roles.get(old.objgen, pair.role) if old.is_indirect else pair.role
        if role is Role.OTHER and is_element(old):
            # Bookmarks and annotations lead to elements too.
            role = Role.ELEMENT
        for key in sorted(old.keys() | new.keys()):
            one: object = old.get(key)
            other: object = new.get(key)
            path = f"{pair.path}{key}"
            if _CHILDREN.get((role, key)) is Role.ELEMENT:
                other = without_added_elements(one, other)
            special = self._judge_entry(role, key, old, new)
            if special is None:
                yield _Pair(one, other, _CHILDREN.get((role, key), Role.OTHER), path)
            else:
                yield from (f"{found} ({path})" for found in special)

    def _judge_entry(self, role: Role, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """What is wrong with an entry that sealing may change; None for one that it may not, or has not."""
        if (role, key) in _GROWING:
            return self._find_growth_faults(old.get(key), new.get(key))
        # A key whose reference leads nowhere stands there all the same; to supply an object for it is no addition.
        is_new = key not in set(old.keys()) and ((role, key) in _ADDED or role in (Role.RESOURCES, Role.FONTS))
        if is_new or (role, key) in _STAMPED:
            return iter(())
        if role is Role.PAGE and key in INHERITABLE and (key not in old or key not in new):
            # A page may state what its ancestors stated, and the other way round (§7.7.3.4).
            return self._walk(_Pair(effective_value(old, key), effective_value(new, key), Role.OTHER, key))
        judges = {
            Role.TRAILER: self._find_trailer_changes,
            Role.CATALOG: self._find_catalogue_changes,
            Role.FORM: self._find_form_changes,
            Role.FIELD: self._find_filling_faults,
            Role.STRUCTURE: self._find_structure_changes,
        }
        return judges[role](key, old, new) if role in judges else None

    def _find_trailer_changes(self, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """Of the trailer (§7.5.5), root, metadata and encryption mean something; all else says where objects stand."""
        if key != "/Info":
            return None if key in {"/Root", "/Encrypt"} else iter(())
        one, other = old.get(key), new.get(key)
        if one is None and isinstance(other, Dictionary) and other.is_indirect:
            # A writer may take up what an earlier trailer named and the newest forgot.
            one = self.before.get_object(other.objgen)
        return find_info_changes(one, other)

    def _find_catalogue_changes(self, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """The store of proofs (§12.8.4.3), the versions that it raises (§7.2.2, §7.12), a form where there was none."""
        one, other = old.get(key), new.get(key)
        if key == "/Metadata":
            return find_xmp_changes(one, other)
        if key == "/AcroForm" and one is None:
            return self._find_form_faults(other)
        if key == "/Version":
            return iter(() if str(other) >= str(one or "") else ("an older version",))
        if key == "/Extensions":
            return find_extension_faults(one, other)
        if key == "/Perms" and one is None:
            return find_permission_faults(other)
        return find_store_faults(other, one) if key == "/DSS" else None

    def _find_form_changes(self, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """Signatures are announced (§12.7.3, table 225); that readers need not draw fields anew changes nothing."""
        if key == "/SigFlags":
            return iter(() if new.get(key) in (1, 2, 3) else ("other signature flags",))
        if key in {"/DR", "/DA"} and old.get(key) is None:
            # Defaults (§12.7.4.3) matter to fields that are drawn by them, and a signature is not.
            return iter(()) if all(kind in {"/Sig", ""} for _, kind in walk_fields(self.before)) else None
        return iter(()) if key == "/NeedAppearances" and not new.get(key) else None

    def _find_filling_faults(self, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """A seal may be put into an empty signature field that the original offers (§12.7.5.5)."""
        if "/V" in old or "/V" not in new or field_type(new) != "/Sig":
            return None
        if key == "/V":
            return find_signature_faults(new.get(key), self.permitted)
        if key == "/AP" and key in old:
            return None
        if key == "/F" and "/AP" in old:
            turned = int(old.get(key, 0)) ^ int(new.get(key, 0))
            return iter(("a field that is shown or hidden",) if turned & ~_LOCKING_FLAGS else ())
        if key == "/AP":
            is_seen = not self.permitted.visible and draws(new.get(key))
            return iter(("a seal with an appearance of its own",) if is_seen else ())
        return iter(()) if key in {"/F", "/P", "/DR", "/Type", "/Subtype", "/M"} else None

    def _find_structure_changes(self, key: str, old: Dictionary, new: Dictionary) -> Iterator[str] | None:
        """The tree that leads from pages and annotations to elements gains numbers for those of seals (§14.7.5.4)."""
        if key == "/ParentTreeNextKey":
            return iter(() if new.get(key, 0) >= old.get(key, 0) else ("another next number",))
        return self._find_number_faults(old.get(key), new.get(key)) if key == "/ParentTree" else None

    def _find_number_faults(self, old: object, new: object) -> Iterator[str]:
        before, after = numbers_of(old), numbers_of(new)
        for number, value in before.items():
            yield from self._walk(_Pair(value, after.get(number), Role.ELEMENT, f"/{number}"))
        if not all(is_element_of_seal(after[number]) for number in after.keys() - before.keys()):
            yield "an element of the structure that is no seal's"

    def _find_form_faults(self, form: object) -> Iterator[str]:
        """Say what is wrong with a form where there was none (§12.7.3)."""
        if not isinstance(form, Dictionary):
            yield "a form that is none"
            return
        allowed = {"/Fields", "/SigFlags", "/DR", "/DA", "/Q", "/NeedAppearances", "/Type"}
        yield from (f"{key} in a new form" for key in sorted(form.keys() - allowed))
        if form.get("/NeedAppearances"):
            yield "a form that readers must draw anew"
        yield from self._find_growth_faults(None, form.get("/Fields"))

    def _find_growth_faults(self, old: object, new: object) -> Iterator[str]:
        """Say what is wrong with an array that may only have grown by signature fields."""
        before = list(old) if isinstance(old, Array) else []
        after = list(new) if isinstance(new, Array) else []
        if len(after) < len(before):
            yield "something is gone"
            return
        for place, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from self._walk(_Pair(one, other, Role.OTHER, f"/{place}"))
        for one in after[len(before) :]:
            yield from (f"there is {fault}" for fault in find_field_faults(one, self.permitted))


def _roles(pdf: Pdf) -> Iterator[tuple[tuple[int, int], Role]]:
    yield from ((page.obj.objgen, Role.PAGE) for page in pdf.pages)
    yield from ((one.objgen, Role.FIELD) for one, _ in walk_fields(pdf) if one.is_indirect)
    yield pdf.Root.objgen, Role.CATALOG
    for key, role in (("/AcroForm", Role.FORM), ("/StructTreeRoot", Role.STRUCTURE)):
        found = pdf.Root.get(key)
        if isinstance(found, Dictionary) and found.is_indirect:
            yield found.objgen, role
