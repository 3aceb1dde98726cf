"""No byte of a sealed PDF can change unseen, unless it provably means nothing; and the second opinion agrees.

Means nothing: white space and comments, the spelling of values, a higher version, a trailer's `/ID` and `/Size`, and in
the CMS what its signatures do not cover and nobody reads (RFC 5652 §5.1: versions follow from the rest).
"""

from functools import cache
from io import BytesIO
from pathlib import Path

import pikepdf
from asn1crypto.cms import ContentInfo
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.model.documents import Document
from jobs.model.errors import Rejected
from jobs.model.seals import Expectation
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import document_of, made_in_practice
from tests.support import pades
from tests.support.pki import NOON, the_authority
from worker.audit import audit
from worker.verification.chains import Chains
from worker.verification.judgement import SealJudge
from worker.verification.pades.slow import judge_slowly
from worker.verification.pades.structure import opened
from worker.verification.refusal import NotUnderstood

thorough = settings(max_examples=200)
places, values = st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=255)
runs = st.binary(min_size=1, max_size=8)
FREE = {"/ID", "/Size", "/Prev", "/XRefStm", "/Type", "/W", "/Index", "/Length", "/Filter"}
"""Entries of a trailer that nobody is shown."""
RAISED = {"/Version", "/Extensions"}
"""Entries of the catalogue that any writer may raise, and that nobody is shown."""


@cache
def a_sealed_pdf(*, packed: bool = False) -> tuple[bytes, Document, Expectation]:
    original = pades.an_original(packed=packed)
    content, expectation = made_in_practice(original, KeyKind.P256)
    return content, document_of(original), expectation


@cache
def a_judge(*, is_alone: bool) -> SealJudge:
    return SealJudge(Chains([the_authority().root.certificate]), NOON, is_alone=is_alone)


def accepts(folder: Path, content: bytes, document: Document, expectation: Expectation) -> bool:
    path = folder / "sealed.pdf"
    path.write_bytes(content)
    try:
        a_judge(is_alone=False).judge(path, document, expectation)
    except Rejected:
        return False
    except NotUnderstood:
        return is_read_by_libraries(path, document, expectation) and accepts_alone(path, document, expectation)
    return True


def accepts_alone(path: Path, document: Document, expectation: Expectation) -> bool:
    try:
        a_judge(is_alone=True).judge(path, document, expectation)
    except Rejected:
        return False
    return True


def is_read_by_libraries(path: Path, document: Document, expectation: Expectation) -> bool:
    """Whether libraries judge it sound: what they refuse here they refuse in the child, which each such file ends."""
    try:
        with opened(path, document.size) as sealed:
            judge_slowly(sealed.content, sealed.size, expectation.profile, ValueError("not understood"))
    except (Rejected, MemoryError):
        return False
    return True


def meaning(content: bytes) -> dict[object, bytes]:
    """Every object as another library reads it, signatures without what means nothing, and what the trailer names."""
    with pikepdf.open(BytesIO(content), inherit_page_attributes=False) as pdf:
        found: dict[object, bytes] = {one.objgen: _text(one) for one in pdf.objects if _is_shown(one)}
        found |= {key: repr(value).encode() for key, value in pdf.trailer.items() if key not in FREE}
        return found


def _is_shown(one: pikepdf.Object) -> bool:
    return isinstance(one, pikepdf.Object) and not (
        isinstance(one, pikepdf.Stream) and one.get("/Type") in ("/ObjStm", "/XRef")
    )


def _text(one: pikepdf.Object) -> bytes:
    if isinstance(one, pikepdf.Dictionary) and "/ByteRange" in one:
        signed = {key: repr(value).encode() for key, value in one.items() if key != "/Contents"}
        return repr(signed).encode() + _unversioned(bytes(one.Contents))
    if isinstance(one, pikepdf.Dictionary) and one.get("/Type") == "/Catalog":
        return repr({key: repr(value) for key, value in one.items() if key not in RAISED}).encode()
    text: bytes = one.unparse(resolved=True)
    return text + one.read_bytes() if isinstance(one, pikepdf.Stream) else text


def _unversioned(cms: bytes) -> bytes:
    """What the CMS holds, but for its version and that of its timestamp; its zero padding falls away."""
    content = ContentInfo.load(cms)["content"]
    (signer,) = content["signer_infos"]
    parts = [content[key].dump() for key in ("digest_algorithms", "encap_content_info", "certificates")]
    parts += [signer[key].dump() for key in ("version", "sid", "digest_algorithm", "signature_algorithm", "signature")]
    parts.append(signer["signed_attrs"].dump())
    for attribute in signer["unsigned_attrs"]:
        parts += [attribute["type"].dump(), *(_unversioned(token.dump()) for token in attribute["values"])]
    return b"".join(parts)


def require_bound(folder: Path, other: bytes, *, packed: bool) -> None:
    content, document, expectation = a_sealed_pdf(packed=packed)
    if accepts(folder, other, document, expectation):
        assert meaning(other) == meaning(content)


def test_no_byte_of_a_sealed_pdf_is_replaced_unseen(tmp_path: Path) -> None:
    @thorough
    @given(places, values, st.booleans())
    def replace(place: int, value: int, packed: bool) -> None:  # noqa: FBT001
        content = a_sealed_pdf(packed=packed)[0]
        at = place % len(content)
        require_bound(tmp_path, content[:at] + bytes([value]) + content[at + 1 :], packed=packed)

    replace()


def test_no_byte_behind_the_signed_ones_is_replaced_unseen(tmp_path: Path) -> None:
    @thorough
    @given(places, values, st.booleans())
    def replace(place: int, value: int, packed: bool) -> None:  # noqa: FBT001
        content = a_sealed_pdf(packed=packed)[0]
        begin = content.rindex(b"%%EOF", 0, -9)
        at = begin + place % (len(content) - begin)
        require_bound(tmp_path, content[:at] + bytes([value]) + content[at + 1 :], packed=packed)

    replace()


def test_nothing_is_inserted_into_a_sealed_pdf_unseen(tmp_path: Path) -> None:
    @thorough
    @given(places, runs, st.booleans())
    def insert(place: int, run: bytes, packed: bool) -> None:  # noqa: FBT001
        content = a_sealed_pdf(packed=packed)[0]
        at = place % len(content)
        require_bound(tmp_path, content[:at] + run + content[at:], packed=packed)

    insert()


def test_nothing_is_taken_from_a_sealed_pdf_unseen(tmp_path: Path) -> None:
    @thorough
    @given(places, st.integers(min_value=1, max_value=8), st.booleans())
    def delete(place: int, count: int, packed: bool) -> None:  # noqa: FBT001
        content = a_sealed_pdf(packed=packed)[0]
        at = place % len(content)
        require_bound(tmp_path, content[:at] + content[at + count :], packed=packed)

    delete()


async def test_what_the_judgement_accepts_the_second_opinion_accepts(tmp_path: Path) -> None:
    anchors = [the_authority().root.certificate]
    for packed in (False, True):
        content, document, expectation = a_sealed_pdf(packed=packed)
        assert accepts(tmp_path, content, document, expectation)
        report = await audit(tmp_path / "sealed.pdf", anchors, NOON)
        assert report.ok, [seal.problems for seal in report.signatures]
