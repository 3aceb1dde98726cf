"""Files and a container, judged without a ledger: the same as what the worker asks before it delivers."""

from pathlib import Path

import pytest

from jobs.model.seals import Proof
from sandbox.pki.keys import KeyKind
from tests.contracts.test_verifier import refused
from tests.contracts.test_verifier_containers import not_understood
from tests.support import asice
from tests.support.asice import FILES, SEVERAL
from tests.support.pades import stamped_at
from tests.support.pki import NOON, another_authority, the_authority, the_seal
from tests.support.xades import METHODS, Recipe, swap
from worker.verification.asice.pair import judge_container


def judge(folder: Path, files: dict[str, bytes], content: bytes, *, foreign: bool = False) -> Proof:
    for name, held in files.items():
        (folder / name).write_bytes(held)
    (folder / "sealed.edoc").write_bytes(content)
    anchor = (another_authority() if foreign else the_authority()).root.certificate
    return judge_container([folder / name for name in files], folder / "sealed.edoc", anchors=[anchor], now=NOON)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KeyKind)
def test_a_container_of_these_files_is_proven(tmp_path: Path, kind: KeyKind, method: str) -> None:
    content = asice.sealed(SEVERAL, Recipe(seal=the_seal(kind), method=method)).content
    assert judge(tmp_path, SEVERAL, content).level_name == "XAdES B-LT"


def test_an_archive_timestamp_is_told(tmp_path: Path) -> None:
    content = asice.sealed(FILES, Recipe(archive=stamped_at(NOON))).content
    assert judge(tmp_path, FILES, content).level_name == "XAdES B-LTA"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"invoice.txt": FILES["invoice.txt"].replace(b"100", b"900", 1)}, "is not what was approved"),
        ({"other.txt": FILES["invoice.txt"]}, "also holds invoice.txt"),
        (FILES | {"b.txt": b"b"}, "lacks b.txt"),
        ({"invoice.txt": b""}, "invoice.txt is empty"),
        ({}, "no original"),
    ],
)
def test_a_container_of_other_files_is_refused(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    with refused(why):
        judge(tmp_path, files, asice.sealed(FILES).content)


def test_a_signature_value_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    forged = Recipe(edit_value=lambda value: value[:-1] + bytes([value[-1] ^ 1]))
    with refused("the seal's signature is wrong"):
        judge(tmp_path, FILES, asice.sealed(FILES, forged).content)


def test_a_container_under_another_root_is_refused(tmp_path: Path) -> None:
    with refused("not to be trusted"):
        judge(tmp_path, FILES, asice.sealed(FILES).content, foreign=True)


def test_a_signature_method_that_is_not_known_cannot_be_judged(tmp_path: Path) -> None:
    unknown = swap("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2007/05/xmldsig-more#odd")
    with not_understood("odd is unknown"):
        judge(tmp_path, FILES, asice.sealed(FILES, Recipe(edit_info=unknown)).content)


@pytest.mark.parametrize("content", [b"", b"Dear customer", b"PK\5\6"])
def test_something_else_than_a_container_is_refused(tmp_path: Path, content: bytes) -> None:
    with refused("."):
        judge(tmp_path, FILES, content)
