"""A seal that its route lets people see is drawn inside its box on its page, and nowhere else."""

from pathlib import Path

import pytest

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from tests.support.revisions import FIELD, PAGE, UNSEEN, entry, plain_original, seal, stream
from worker.verification.pades.judging import judge_structure
from worker.verification.pades.structure import opened

PROFILE = Profile(visible=True, visible_page=1, visible_box=(300, 0, 595, 100))
DRAWN = stream(b"BT /F1 9 Tf 2 2 Td (sealed) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 200 50]")
TWO_PAGES = {
    2: b"<</Type/Pages/Count 2/Kids[4 0 R 3 0 R]>>",
    4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
}


def judge(folder: Path, field: bytes, profile: Profile, original: dict[int, bytes] | None = None) -> None:
    path, before = folder / "sealed.pdf", plain_original(original)
    drawing = {9: DRAWN} if b"/AP" in field else {}
    path.write_bytes(seal(before, {FIELD: field, PAGE: entry(PAGE, before)[:-2] + b"/Annots[7 0 R]>>", **drawing}))
    with opened(path, len(before)) as sealed:
        judge_structure(sealed, profile)


def drawn(box: bytes, more: bytes = b"") -> bytes:
    return UNSEEN.replace(b"[0 0 0 0]", box)[:-2] + b"/AP<</N 9 0 R>>" + more + b">>"


def test_a_seal_inside_its_box_is_sound(tmp_path: Path) -> None:
    judge(tmp_path, drawn(b"[320 20 520 70]"), PROFILE)


def test_the_corners_of_the_rectangle_may_be_given_in_any_order(tmp_path: Path) -> None:
    judge(tmp_path, drawn(b"[520 70 320 20]"), PROFILE)


@pytest.mark.parametrize("box", [b"[0 0 595 842]", b"[299 20 520 70]", b"[320 20 520 101]"])
def test_a_seal_outside_of_its_box_is_altered(tmp_path: Path, box: bytes) -> None:
    with pytest.raises(Rejected, match="outside of its box"):
        judge(tmp_path, drawn(box), PROFILE)


def test_a_seal_on_another_page_is_altered(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="on another page"):
        judge(tmp_path, drawn(b"[320 20 520 70]"), PROFILE, TWO_PAGES)


def test_a_seal_on_the_page_that_its_route_names_is_sound(tmp_path: Path) -> None:
    judge(tmp_path, drawn(b"[320 20 520 70]"), PROFILE.model_copy(update={"visible_page": 2}), TWO_PAGES)


def test_a_seal_that_may_be_seen_still_does_nothing_when_it_is_touched(tmp_path: Path) -> None:
    link = b"/A<</S/URI/URI(https://example.org)>>"
    with pytest.raises(Rejected, match="no seal needs: A"):
        judge(tmp_path, drawn(b"[320 20 520 70]", link), PROFILE)


def test_a_seal_that_may_be_seen_need_not_be(tmp_path: Path) -> None:
    judge(tmp_path, UNSEEN, PROFILE)
