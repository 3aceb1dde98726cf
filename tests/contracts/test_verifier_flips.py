"""No single byte of a container can change unseen, unless it provably means nothing.

Means nothing: which blank stands inside a tag or behind the XML declaration, the version number of a timestamp's
SignedData (RFC 5652 §5.1 derives it from the rest), and in a deflated entry, bits that inflate to the same content.
"""

import asyncio
import base64
import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

from asn1crypto.cms import ContentInfo
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.model.errors import Rejected
from tests.support import asice
from tests.support.asice import SIGNATURES, Sealed
from tests.support.pades import stamped_at
from tests.support.pki import NOON, the_authority, the_proofs, the_seal
from tests.support.xades import Recipe
from worker.audit import audit
from worker.verification.chains import Chains
from worker.verification.judgement import SealJudge

MANIFEST = "META-INF/manifest.xml"
_TOKEN = re.compile(rb"(?<=<xades:EncapsulatedTimeStamp>)[^<]*")

thorough = settings(max_examples=200)
places, values = st.integers(min_value=0, max_value=10**9), st.integers(min_value=0, max_value=255)


@cache
def a_container(*, archived: bool = False) -> Sealed:
    return asice.sealed(recipe=Recipe(archive=stamped_at(NOON) if archived else None))


@cache
def a_judge() -> SealJudge:
    return SealJudge(Chains([the_authority().root.certificate]), NOON)


def accepts(folder: Path, content: bytes, sealed: Sealed) -> bool:
    file = folder / "sealed.edoc"
    file.write_bytes(content)
    try:
        a_judge().judge(file, sealed.document, sealed.expectation)
    except Rejected:
        return False
    return True


def is_sound(folder: Path) -> bool:
    """What the second opinion says of the file that was just looked at."""
    return asyncio.run(audit(folder / "sealed.edoc", [the_authority().root.certificate], NOON)).ok


def changed(content: bytes, place: int, value: int) -> bytes:
    at = place % len(content)
    return content[:at] + bytes([value]) + content[at + 1 :]


def meaning(text: bytes) -> str | None:
    """The XML without what means nothing; None for what cannot be read."""
    try:
        return ET.canonicalize(_TOKEN.sub(lambda token: _unversioned(token[0]), text).decode())
    except (ValueError, ET.ParseError):
        return None


def _unversioned(token: bytes) -> bytes:
    loaded = ContentInfo.load(base64.b64decode(token))
    loaded["content"]["version"] = "v3"
    return base64.b64encode(loaded.dump(force=True))


def require_bound(folder: Path, *, archived: bool, name: str) -> None:
    """Every byte of the entry is bound, also when the archive's checksum is set right."""
    sealed = a_container(archived=archived)
    original = dict(asice.entries_of(sealed.content))[name]

    @thorough
    @given(places, values)
    def flip(place: int, value: int) -> None:
        other = changed(original, place, value)
        if accepts(folder, asice.rewritten(sealed.content, {name: other}), sealed):
            assert meaning(other) == meaning(original)

    flip()


def test_no_byte_of_a_container_changes_unseen(tmp_path: Path) -> None:
    sealed = a_container()

    @thorough
    @given(places, values)
    def flip(place: int, value: int) -> None:
        other = changed(sealed.content, place, value)
        assert accepts(tmp_path, other, sealed) == (other == sealed.content)

    flip()


def test_no_byte_of_a_deflated_container_changes_what_is_read(tmp_path: Path) -> None:
    sealed = a_container()
    deflated = asice.deflated(sealed.content, one_way=True)

    @thorough
    @given(places, values)
    def flip(place: int, value: int) -> None:
        other = changed(deflated, place, value)
        if accepts(tmp_path, other, sealed):
            assert asice.entries_of(other) == asice.entries_of(deflated)
            assert is_sound(tmp_path)

    flip()


def test_no_byte_of_the_signatures_changes_unseen_behind_a_new_checksum(tmp_path: Path) -> None:
    require_bound(tmp_path, archived=False, name=SIGNATURES)


def test_no_byte_of_archived_signatures_changes_unseen_behind_a_new_checksum(tmp_path: Path) -> None:
    require_bound(tmp_path, archived=True, name=SIGNATURES)


def test_no_byte_of_the_manifest_changes_unseen_behind_a_new_checksum(tmp_path: Path) -> None:
    require_bound(tmp_path, archived=False, name=MANIFEST)


def test_a_certificate_inside_an_answer_is_bound_though_the_answer_does_not_sign_it(tmp_path: Path) -> None:
    sealed, responder = a_container(), the_authority().responder.certificate_der
    answer = the_proofs(the_seal()).ocsp_responses[0]
    at = answer.index(responder) + len(responder) - 1
    original = dict(asice.entries_of(sealed.content))[SIGNATURES]
    other = original.replace(base64.b64encode(answer), base64.b64encode(changed(answer, at, answer[at] ^ 1)))
    assert other != original
    assert not accepts(tmp_path, asice.rewritten(sealed.content, {SIGNATURES: other}), sealed)


def test_a_blank_may_be_another_blank(tmp_path: Path) -> None:
    sealed = a_container()
    original = dict(asice.entries_of(sealed.content))[SIGNATURES]
    other = original.replace(b"?>\n<asic", b"?> <asic")
    assert meaning(other) == meaning(original)
    assert accepts(tmp_path, asice.rewritten(sealed.content, {SIGNATURES: other}), sealed)
