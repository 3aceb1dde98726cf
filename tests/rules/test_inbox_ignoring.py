"""Which names in the inbox are nobody's document."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.inbox.ignoring import is_ignored

PLAIN = st.from_regex(r"[a-zA-Z0-9ēū][a-zA-Z0-9ēū _-]{0,20}", fullmatch=True)


LEFT_LYING = [
    *[".hidden.pdf", "~$invoice.docx", "a.pdf.part", "a.pdf.filepart", "a.pdf.crdownload", "a.pdf.tmp", "a.pdf~"],
    *["Thumbs.db", "desktop.ini", "@eaDir", "__MACOSX", ".stfolder", ".DS_Store", "lost+found"],
]


@pytest.mark.parametrize("name", LEFT_LYING)
def test_what_programs_leave_lying_about_is_ignored(name: str) -> None:
    assert is_ignored(name)


@pytest.mark.parametrize("name", ["a.pdf", "part.pdf", "a.part.pdf", "tmp", "~a.pdf", "thumbs.db.pdf", "a$.pdf"])
def test_a_document_that_only_looks_similar_is_taken(name: str) -> None:
    assert not is_ignored(name)


@given(PLAIN)
def test_every_pdf_with_a_plain_name_is_taken(stem: str) -> None:
    assert not is_ignored(f"{stem}.pdf")
    assert not is_ignored(f"{stem}.PDF")


@given(PLAIN, st.sampled_from([".part", ".tmp", ".crdownload", ".filepart"]))
def test_case_does_not_matter(stem: str, ending: str) -> None:
    assert is_ignored(stem + ending.upper())
    assert is_ignored(stem.upper() + ending)


@given(st.text(min_size=1))
def test_every_hidden_name_is_ignored(name: str) -> None:
    assert is_ignored("." + name)
