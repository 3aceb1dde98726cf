"""What a person is told of a document before approving it."""

from pathlib import Path

import pytest

from jobs.model.errors import Rejected
from jobs.model.reasons import ADVICE, Reason
from jobs.model.remarks import EXPLANATION, Remark
from tests.support.handwritten import an_invoice, write
from tests.support.preflight import remarks_on

TEXT_FIELD = {6: b"<</FT /Tx /T (Amount) /Subtype /Widget /Rect [0 0 9 9]>>"}
SIGNATURE_FIELD = {6: b"<</FT /Sig /T (Director) /Subtype /Widget /Rect [0 0 9 9]>>"}
FORM = b"/AcroForm <</Fields [6 0 R] %b>>"
FILES = b"<</Names [(a.xml) <</Type /Filespec /F (a.xml)>>]>>"

EXAMPLES = {
    Remark.SIGNATURE_FIELD: (FORM % b"", SIGNATURE_FIELD),
    Remark.FORM: (FORM % b"/NeedAppearances true", TEXT_FIELD),
    Remark.ATTACHMENTS: (b"/Names <</EmbeddedFiles %b>>" % FILES, {}),
    Remark.SCRIPTS: (b"/OpenAction <</S /JavaScript /JS (app.alert(1))>>", {}),
    Remark.LAYERS: (b"/OCProperties <</OCGs [6 0 R] /D <<>>>>", {6: b"<</Type /OCG /Name (L)>>"}),
    Remark.USAGE_RIGHTS: (b"/Perms <</UR3 6 0 R>>", {6: b"<</Type /Sig>>"}),
    Remark.MISSING_PARTS: (b"/Outlines 4000 0 R", {}),
    Remark.XFA_FORM: (b"/AcroForm <</Fields [] /XFA [(template) 6 0 R]>>", {6: b"<</Length 0>>\nstream\n\nendstream"}),
    Remark.CERTIFIED: (b"/Perms <</DocMDP 6 0 R>>", {6: b"<</Type /Sig>>"}),
}
QUIET = {
    "nothing": b"",
    "an empty form": b"/AcroForm <</Fields [] /DA (/Helv 0 Tf)>>",
    "an action that only turns to a page": b"/OpenAction [3 0 R /Fit]",
    "names of places": b"/Names <</Dests <</Names []>>>>",
    "no layers": b"/OCProperties <</OCGs [] /D <<>>>>",
}


@pytest.mark.parametrize("remark", EXAMPLES)
def test_each_remark_has_its_occasion(tmp_path: Path, remark: Remark) -> None:
    catalogue, more = EXAMPLES[remark]
    assert remarks_on(write(an_invoice(catalogue=catalogue, more=more)), tmp_path) == (remark,)


@pytest.mark.parametrize("catalogue", QUIET.values(), ids=QUIET)
def test_what_is_usual_is_not_remarked(tmp_path: Path, catalogue: bytes) -> None:
    assert remarks_on(write(an_invoice(catalogue=catalogue)), tmp_path) == ()


def test_several_remarks_come_in_one_order(tmp_path: Path) -> None:
    both = b"/OpenAction <</S /JavaScript>> /AF [] " + FORM % b"/XFA []"
    expected = (Remark.FORM, Remark.XFA_FORM, Remark.ATTACHMENTS, Remark.SCRIPTS)
    assert remarks_on(write(an_invoice(catalogue=both, more=TEXT_FIELD)), tmp_path) == expected


def test_a_form_whose_pages_every_program_makes_anew_is_refused(tmp_path: Path) -> None:
    pdf = write(an_invoice(catalogue=b"/NeedsRendering true /AcroForm <</Fields [] /XFA (x)>>"))
    with pytest.raises(Rejected) as caught:
        remarks_on(pdf, tmp_path)
    assert caught.value.reason is Reason.DYNAMIC_FORM


def test_every_remark_and_every_reason_has_its_words() -> None:
    assert EXPLANATION.keys() == set(Remark)
    assert ADVICE.keys() == set(Reason)
