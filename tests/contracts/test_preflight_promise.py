"""What passes preflight and is sealed by an honest vendor is delivered: nobody approves a document in vain."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from sandbox.pades import NotSealable
from sandbox.pki.keys import KeyKind
from tests.contracts.test_preflight_structure import GOOD
from tests.contracts.test_verifier import Bench, made_in_practice
from tests.support.generated import documents
from tests.support.pdfs import CORPUS
from tests.support.preflight import reason_against

CASES = CORPUS.parents[1] / "cases"
ORIGINALS = sorted([*CASES.glob("pdf/*.pdf"), *CASES.glob("*/*.original.pdf"), *CORPUS.glob("*.pdf")])
REFUSED = {"signed-before-locks-all-fields.pdf", "dangling-overlay.original.pdf"}


def deliver(pdf: bytes, folder: Path) -> str:
    """Seal it as the practice vendor does, verify it, and give its level. Raises Rejected and NotSealable."""
    content, expectation = made_in_practice(pdf, KeyKind.P256)
    return asyncio.run(Bench(folder).verify(content, pdf, expectation)).level_name


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pdf=documents())
def test_a_document_of_any_hand_and_form_is_delivered(tmp_path: Path, pdf: bytes) -> None:
    assert reason_against(pdf, tmp_path) is None
    try:
        assert deliver(pdf, tmp_path) == "PAdES B-LT"
    except NotSealable:
        # Some spellings are beyond the practice vendor's own library; nobody was asked to approve them either.
        return


@pytest.mark.parametrize("name", GOOD)
def test_every_oddity_that_is_let_through_is_delivered(tmp_path: Path, name: str) -> None:
    assert deliver(GOOD[name], tmp_path) == "PAdES B-LT"


@pytest.mark.skipif(not ORIGINALS, reason="the shared cases and invoices are not beside the project")
@pytest.mark.parametrize("original", ORIGINALS, ids=lambda original: original.name[:50])
def test_real_documents_are_refused_before_anybody_is_asked_or_delivered(tmp_path: Path, original: Path) -> None:
    pdf = original.read_bytes()
    is_refused = reason_against(pdf, tmp_path) is not None
    assert is_refused == (original.name in REFUSED)
    assert is_refused or deliver(pdf, tmp_path) == "PAdES B-LT"
