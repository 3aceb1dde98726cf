"""What sealing may add to a PDF: signature fields, signature dictionaries, a store of proofs, restamped metadata.

Each function yields what an addition holds that sealing does not need; nothing means that it is fine.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream

from worker.audit.trust import read_answer, read_certificate, read_list

# ISO 32000-2 §12.7.4.1 and §12.5.2: what a field and its widget are made of. Not here, because they act or show
# something: /A and /AA (actions), /OC (layers), /PMD, /Popup.
_FIELD = frozenset(
    {"/Type", "/Subtype", "/FT", "/T", "/TU", "/TM", "/V", "/Rect", "/F", "/P", "/Ff", "/AP", "/AS", "/Parent"}
    | {"/Kids", "/DR", "/DA", "/Q", "/MK", "/H", "/BS", "/Border", "/C", "/StructParent", "/Lock", "/SV", "/NM", "/M"}
    | {"/Lang"}
)
# §12.8.1, table 255; /Changes are three numbers by the writer's own word. Not here: /Cert, which is not for CMS.
# /Reference may only certify (§12.8.2.2), for a seal that locks fields would forbid what others may still do.
_SIGNATURE = frozenset(
    {"/Type", "/Filter", "/SubFilter", "/Contents", "/ByteRange", "/M", "/Name", "/Reason", "/Location"}
    | {"/ContactInfo", "/R", "/V", "/Prop_Build", "/Prop_AuthTime", "/Prop_AuthType", "/Changes"}
)
# §12.8.4.3, tables 261 and 262.
_STORE = {"/Certs": read_certificate, "/OCSPs": read_answer, "/CRLs": read_list}
_RELATED = {"/Cert": read_certificate, "/OCSP": read_answer, "/CRL": read_list}
# Painting with nothing: state, clipping and empty paths (§8.4.4, §8.5.3.1); /Do is looked into.
_IDLE = frozenset({"q", "Q", "cm", "re", "W", "W*", "n", "Do", "BMC", "BDC", "EMC"})
_BORDERS = frozenset({"/MK", "/BS", "/Border"})
"""What gives even a line a colour (§12.5.4, §12.5.6.19)."""
_MAX_NESTING = 5


@dataclass(frozen=True, slots=True)
class Permitted:
    """What a later revision may add: seals, or only proofs and document timestamps; and whether a seal may be seen."""

    seals: bool
    visible: bool = False


def find_field_faults(field: object, permitted: Permitted, depth: int = 0) -> Iterator[str]:
    """Say what is wrong with a new signature field, or a widget of one (§12.7.5.5)."""
    if not isinstance(field, Dictionary) or depth > _MAX_NESTING:
        yield "something that is no field"
        return
    if field_type(field) != "/Sig":
        yield "a field or annotation that is no signature"
        return
    yield from (f"{key} in a signature field" for key in sorted(field.keys() - _FIELD))
    if not permitted.visible:
        yield from find_visible(field)
    # The value may stand in the field, in the parent of a widget or in a kid.
    around = (field, field.get("/Parent"), *field.get("/Kids", Array())) if depth == 0 else ()
    is_signed = any(isinstance(one, Dictionary) and isinstance(one.get("/V"), Dictionary) for one in around)
    if depth == 0 and not is_signed:
        yield "a field that nobody signed"
    if "/V" in field:
        yield from find_signature_faults(field.get("/V"), permitted)
    for kid in field.get("/Kids", Array()):
        yield from find_field_faults(kid, permitted, depth + 1)


def find_visible(field: Dictionary) -> Iterator[str]:
    """Say whether a widget shows: it has an area, or an appearance that draws (§12.5.5)."""
    area = field.get("/Rect")
    # Left, bottom, right and top (§7.9.5).
    sides = [float(one) for one in area] if isinstance(area, Array) and len(area) == 4 else []  # noqa: PLR2004
    is_flat = bool(sides) and (sides[0] == sides[2] or sides[1] == sides[3])
    if "/Rect" in field and not is_flat:
        yield "a seal that covers a part of the page"
    if "/AP" in field and draws(field.get("/AP")):
        yield "a seal with an appearance of its own"
    is_point = (
        not isinstance(area, Array)
        or len(set(map(float, list(area)[::2]))) == len(set(map(float, list(area)[1::2]))) == 1
    )
    if not is_point and field.keys() & _BORDERS:
        yield "a seal with a border"


def find_signature_faults(value: object, permitted: Permitted) -> Iterator[str]:
    """Say what is wrong with a new signature dictionary (§12.8.1)."""
    if not isinstance(value, Dictionary):
        yield "a signature that is none"
        return
    is_timestamp = value.get("/SubFilter") == "/ETSI.RFC3161"
    if not (is_timestamp or permitted.seals):
        yield "another signature"
    yield from (f"{key} in a signature" for key in sorted(value.keys() - _SIGNATURE - {"/Reference"}))
    for one in value.get("/Reference", Array()):
        if not isinstance(one, Dictionary) or one.get("/TransformMethod") != "/DocMDP":
            yield "a signature that locks"


def find_permission_faults(permissions: object) -> Iterator[str]:
    """Say what a new permissions dictionary holds beside the seal that certifies (§12.8.6)."""
    if not isinstance(permissions, Dictionary) or permissions.keys() != {"/DocMDP"}:
        yield "permissions that are none of a seal's"
        return
    yield from find_signature_faults(permissions.get("/DocMDP"), Permitted(seals=True))


def find_store_faults(store: object, earlier: object = None) -> Iterator[str]:
    """Say what in a security store is no proof, or which proof of an earlier store is gone (§12.8.4.3)."""
    if not isinstance(store, Dictionary):
        yield "a security store that is none"
        return
    old = earlier if isinstance(earlier, Dictionary) else Dictionary()
    yield from (f"{key} in the security store" for key in sorted(store.keys() - {"/Type", "/VRI", *_STORE}))
    for key, read in _STORE.items():
        yield from _find_proof_faults(store.get(key), old.get(key), read)
    related, before = store.get("/VRI", Dictionary()), old.get("/VRI", Dictionary())
    for name, one in related.items():
        known = before.get(name)
        if isinstance(one, Dictionary):
            for key, read in _RELATED.items():
                yield from _find_proof_faults(
                    one.get(key), known.get(key) if isinstance(known, Dictionary) else None, read
                )
        else:
            yield f"{name} in the security store"


def draws(appearance: object, depth: int = 0) -> bool:
    """Whether an appearance (§12.5.5), or a form that it uses, paints anything at all."""
    if depth > _MAX_NESTING:
        return True
    if isinstance(appearance, Stream):
        forms = appearance.get("/Resources", Dictionary()).get("/XObject", Dictionary())
        idle = all(str(one.operator) in _IDLE for one in pikepdf.parse_content_stream(appearance))
        return not idle or any(draws(one, depth + 1) for one in forms.values())
    if isinstance(appearance, Dictionary):
        return any(draws(one, depth + 1) for one in appearance.values())
    return appearance is not None


def field_type(field: Dictionary) -> str:
    """The type of a field, which a parent may state (§12.7.4.1)."""
    for _ in range(_MAX_NESTING):
        if "/FT" in field:
            return str(field.get("/FT"))
        parent = field.get("/Parent")
        if not isinstance(parent, Dictionary):
            break
        field = parent
    return ""


def _find_proof_faults(value: object, earlier: object, read: Callable[[bytes], object]) -> Iterator[str]:
    """Say which element is no proof of its kind; what stood in an earlier store is taken over unread."""
    proofs, known = _contents(value), _contents(earlier)
    if not known <= proofs:
        yield "a proof fewer in the security store"
    for proof in proofs - known:
        try:
            read(proof)
        except (ValueError, TypeError, KeyError):
            yield "something that is no proof in the security store"


def _contents(value: object) -> set[bytes]:
    streams: list[Object] = list(value) if isinstance(value, Array) else []
    return {one.read_bytes() if isinstance(one, Stream) else b"" for one in streams}


def find_extension_faults(old: object, new: object) -> Iterator[str]:
    """Say whether an extension is gone or lower (§7.12); to PDF 1.7 a store of proofs is one."""
    before = dict(old.items()) if isinstance(old, Dictionary) else {}
    after = dict(new.items()) if isinstance(new, Dictionary) else {}
    for key, one in before.items():
        if key not in after or _level(after[key]) < _level(one):
            yield f"{key} is gone"


def _level(extension: object) -> int:
    if isinstance(extension, Dictionary):
        level = extension.get("/ExtensionLevel", 0)
        return level if isinstance(level, int) else 0
    return 0
