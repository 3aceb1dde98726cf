"""What earlier signers allow: nobody's signature is broken by a seal."""

from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec, append_signature_field

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.remarks import Remark
from tests.support import pades
from tests.support.handwritten import an_invoice, append, write
from tests.support.pades import Change, an_original
from tests.support.pki import the_seal
from tests.support.preflight import reason_against, remarks_on

FIRST = "Sig1"


def a_field(action: FieldMDPAction | None, *names: str, allows: MDPPerm | None = None) -> Change:
    """A signature field that locks others once it is signed (ISO 32000-2 §12.7.5.5)."""
    lock = FieldMDPSpec(action, list(names)) if action else None
    spec = SigFieldSpec(FIRST, field_mdp_spec=lock, doc_mdp_update_value=allows)

    def add(writer: IncrementalPdfFileWriter) -> None:
        append_signature_field(writer, spec)

    return add


ALL, INCLUDE, EXCLUDE = FieldMDPAction.ALL, FieldMDPAction.INCLUDE, FieldMDPAction.EXCLUDE
LOCKED = {
    "every field": a_field(ALL),
    "the field that a seal would add": a_field(INCLUDE, "Seal1"),
    "the other field that a seal would add": a_field(INCLUDE, "Signature1"),
    "every field but one": a_field(EXCLUDE, "Amount"),
    "every field but the signer's own": a_field(EXCLUDE, FIRST),
    "no field, and allows no change": a_field(INCLUDE, "Amount", allows=MDPPerm.NO_CHANGES),
}
OPEN = {
    "no lock": None,
    "a field of another name": a_field(INCLUDE, "Amount"),
    "a field whose name only begins alike": a_field(INCLUDE, "Seal10", "Sea"),
    "no field, and allows signatures": a_field(INCLUDE, allows=MDPPerm.FILL_FORMS),
    "every field but those that a seal may add": a_field(EXCLUDE, "Seal1", "Signature1"),
}


@pytest.mark.parametrize("lock", LOCKED.values(), ids=LOCKED)
async def test_a_signature_that_locks_what_a_seal_needs_keeps_the_document_from_being_sealed(
    tmp_path: Path, lock: Change
) -> None:
    pdf = await pades.signed(an_original(), the_seal(), field=FIRST, change=lock)
    with pytest.raises(Rejected, match="the signature 'Sig1'") as caught:
        remarks_on(pdf, tmp_path)
    assert caught.value.reason is Reason.LOCKED


@pytest.mark.parametrize("lock", OPEN.values(), ids=OPEN)
async def test_a_signature_that_does_not_is_remarked(tmp_path: Path, lock: Change | None) -> None:
    pdf = await pades.signed(an_original(), the_seal(), field=FIRST, change=lock)
    assert remarks_on(pdf, tmp_path) == (Remark.SIGNED_BEFORE,)


@pytest.mark.parametrize("lock", LOCKED.values(), ids=LOCKED)
def test_a_lock_is_not_in_force_before_its_field_is_signed(tmp_path: Path, lock: Change) -> None:
    assert remarks_on(pades.changed(an_original(), lock), tmp_path) == (Remark.SIGNATURE_FIELD,)


async def test_a_certification_that_allows_no_change_keeps_the_document_from_being_sealed(tmp_path: Path) -> None:
    pdf = await pades.signed(an_original(), the_seal(), certify=MDPPerm.NO_CHANGES)
    with pytest.raises(Rejected, match="allows no change") as caught:
        remarks_on(pdf, tmp_path)
    assert caught.value.reason is Reason.LOCKED


@pytest.mark.parametrize("allowed", [MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
async def test_a_certification_that_allows_signatures_is_remarked(tmp_path: Path, allowed: MDPPerm) -> None:
    pdf = await pades.signed(an_original(), the_seal(), certify=allowed)
    assert remarks_on(pdf, tmp_path) == (Remark.SIGNED_BEFORE, Remark.CERTIFIED)


async def test_a_later_signer_can_lock_what_the_first_one_left_open(tmp_path: Path) -> None:
    first = await pades.signed(an_original(), the_seal(), certify=MDPPerm.FILL_FORMS, field="Author")
    pdf = await pades.signed(first, the_seal(), field=FIRST, change=a_field(ALL))
    assert reason_against(pdf, tmp_path) is Reason.LOCKED


def test_a_certification_outside_of_any_field_counts(tmp_path: Path) -> None:
    reference = b"/Reference [<</TransformMethod /DocMDP /TransformParams <</P 1 /V /1.2>>>>]"
    pdf = write(an_invoice(catalogue=b"/Perms <</DocMDP 6 0 R>>", more={6: b"<</Type /Sig %b>>" % reference}))
    assert reason_against(pdf, tmp_path) is Reason.LOCKED


@pytest.mark.parametrize("parameters", [b"", b"/TransformParams <<>>", b"/TransformParams <</P 2>>"])
def test_a_certification_that_says_nothing_else_allows_signatures(tmp_path: Path, parameters: bytes) -> None:
    signature = b"<</Type /Sig /Reference [<</TransformMethod /DocMDP %b>>]>>" % parameters
    pdf = write(an_invoice(catalogue=b"/Perms <</DocMDP 6 0 R>>", more={6: signature}))
    assert remarks_on(pdf, tmp_path) == (Remark.CERTIFIED,)


def test_usage_rights_lock_nothing_and_are_remarked(tmp_path: Path) -> None:
    reference = b"/Reference [<</TransformMethod /UR3 /TransformParams <</P true /Document [/FullSave]>>>>]"
    pdf = write(an_invoice(catalogue=b"/Perms <</UR3 6 0 R>>", more={6: b"<</Type /Sig %b>>" % reference}))
    assert remarks_on(pdf, tmp_path) == (Remark.USAGE_RIGHTS,)


def a_locked_kid(lock: bytes) -> bytes:
    """A signed field whose type and signature stand at its parent, as the standard allows for what is inherited."""
    fields = {
        6: b"<</T (Signers) /FT /Sig /V 8 0 R /Kids [7 0 R]>>",
        7: b"<</T <FEFF004C012B006700690073> /Parent 6 0 R /Lock %b>>" % lock,
        8: b"<</Type /Sig /Filter /Adobe.PPKLite>>",
    }
    return append(write(an_invoice()), {**fields, 1: an_invoice(catalogue=b"/AcroForm <</Fields [6 0 R]>>")[1]})


def test_the_lock_of_a_field_below_another_counts(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"the signature 'Signers\.Līgis'"):
        remarks_on(a_locked_kid(b"<</Action /All>>"), tmp_path)


def test_the_lock_of_a_whole_branch_does_not_reach_other_branches(tmp_path: Path) -> None:
    assert remarks_on(a_locked_kid(b"<</Action /Include /Fields [(Signers)]>>"), tmp_path) == (Remark.SIGNED_BEFORE,)
