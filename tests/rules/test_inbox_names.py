"""Which names a document can keep on its way."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.model.documents import SealFormat
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.inbox.names import require_carried, unportable

PDF, EDOC = SealFormat.PDF, SealFormat.EDOC
ORDINARY = [
    'SIA "Paraugs" līgums.txt',
    "rēķins ☂ №7.pdf",
    "re\u0304k\u0327ins.pdf",
    "%2e#?.pdf",
    "[draft] x.pdf",
    "票/a.pdf",
]


def reason(name: str, sealed_as: SealFormat) -> Reason | None:
    """Why a document of that name is refused; None when it is not."""
    try:
        require_carried(name, sealed_as)
    except Rejected as error:
        return error.reason
    return None


@pytest.mark.parametrize("sealed_as", [PDF, EDOC])
@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names_are_carried(name: str, sealed_as: SealFormat) -> None:
    assert reason(name, sealed_as) is None


@pytest.mark.parametrize("sealed_as", [PDF, EDOC])
@pytest.mark.parametrize(
    "name", ["r\x1bn.pdf", "a\nb.pdf", "a\tb.pdf", "a\x7f.pdf", "a\x85.pdf", "d\x01/a.pdf", "a\udce9.pdf"]
)
def test_no_format_carries_control_characters_or_what_is_no_text(name: str, sealed_as: SealFormat) -> None:
    assert reason(name, sealed_as) is Reason.UNUSABLE_NAME


@pytest.mark.parametrize("name", ["a\uffff.txt", "a\ufffe.txt", "back\\slash.txt"])
def test_a_container_carries_only_what_xml_and_archives_can(name: str) -> None:
    assert reason(name, EDOC) is Reason.UNUSABLE_NAME
    assert reason(name, PDF) is None


@pytest.mark.parametrize("name", ["mimetype", "META-INF", "2026/Meta-Inf"])
def test_a_containers_own_parts_are_no_documents(name: str) -> None:
    assert reason(name, EDOC) is Reason.NOT_CONTAINABLE
    assert reason(name, PDF) is None


@given(st.text(st.characters(exclude_characters="/\\"), min_size=1))
def test_what_a_container_carries_can_be_read_back_from_xml(name: str) -> None:
    if reason(name, EDOC) is None:
        element = ET.Element("File", {"FullPath": name})
        assert ET.fromstring(ET.tostring(element)).get("FullPath") == name  # noqa: S314  made right here


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["con.pdf"], "device"),
        (["x/LPT1"], "device"),
        (["nul .pdf"], "device"),
        (["COM¹.txt"], "device"),
        (["a.pdf."], "dot or blank"),
        (["folder /a.pdf"], "dot or blank"),
        (['SIA "Paraugs".pdf'], 'no " in names'),
        (["12:30.pdf"], "no : in names"),
        (["A.txt", "a.txt"], "'A.txt', 'a.txt' are one name"),
        (["rēķins.txt", "re\u0304k\u0327ins.txt"], "are one name"),
        (["STRASSE.txt", "straße.txt"], "are one name"),
    ],
)
def test_what_other_systems_cannot_hold_is_said(names: list[str], fault: str) -> None:
    assert [fault in sentence for sentence in unportable(names)] == [True]


@pytest.mark.parametrize(
    "names", [["a.pdf"], ["console.pdf", "com10.pdf"], ["a.txt", "b.txt"], ["rēķins ☂ №7.pdf"], [".a"]]
)
def test_what_they_can_hold_is_fine(names: list[str]) -> None:
    assert [*unportable(names)] == []
