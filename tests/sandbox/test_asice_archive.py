"""Level B-LTA: archive timestamps on every signature of a container, over everything that speaks for it."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from lxml import etree

from sandbox.asice import ContainerNotArchivable, Document, archive, prepare, read_container
from sandbox.asice.xml import serialise
from tests.sandbox.containers import FILES, a_container, hash_only, rewritten, with_another_signature
from tests.sandbox.practice import NOW, a_seal, the_authority
from tests.sandbox.xades_verifiers import openssl_believes, signxml_accepts, xmlsec1_accepts

ROOT = the_authority().root_pem
NAMES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
    "xades141": "http://uri.etsi.org/01903/v1.4.1#",
}
SIGNATURE = "META-INF/signatures0.xml"


def archive_container(container: Path, name: str = "archived.asice", hours: int = 1) -> Path:
    target = container.with_name(name)
    archive(read_container(container), target, the_authority(), NOW + timedelta(hours=hours))
    return target


def signature_in(container: Path, name: str = SIGNATURE) -> etree._Element:
    with ZipFile(container) as opened:
        return etree.fromstring(opened.read(name))


def tokens(signature: etree._Element) -> list[bytes]:
    path = ".//xades141:ArchiveTimeStamp/xades:EncapsulatedTimeStamp"
    return [base64.b64decode(one.text or "") for one in signature.iterfind(path, NAMES)]


def canonical(signature: etree._Element, path: str) -> bytes:
    (found,) = signature.iterfind(path, NAMES)
    return etree.tostring(found, method="c14n")


def imprint_by_hand(signature: etree._Element, files: Mapping[str, bytes], earlier: int) -> bytes:
    """EN 319 132-1 §5.5.2.2 step by step, with the first `earlier` unsigned properties."""
    parts = [*files.values(), canonical(signature, ".//xades:SignedProperties")]
    parts += [canonical(signature, f".//ds:{name}") for name in ("SignedInfo", "SignatureValue", "KeyInfo")]
    (unsigned,) = signature.iterfind(".//xades:UnsignedSignatureProperties", NAMES)
    parts += [etree.tostring(one, method="c14n") for one in unsigned[:earlier]]
    return hashlib.sha256(b"".join(parts)).digest()


def test_the_archive_timestamp_is_over_documents_signature_and_proofs(tmp_path: Path) -> None:
    signature, issuing = signature_in(archive_container(a_container(tmp_path))), the_authority().issuing.as_pem()
    (token,) = tokens(signature)
    assert openssl_believes(token, imprint_by_hand(signature, FILES, 3), ROOT, issuing, tmp_path)
    changed = FILES | {next(iter(FILES)): b"other"}
    assert not openssl_believes(token, imprint_by_hand(signature, changed, 3), ROOT, issuing, tmp_path)


def test_a_second_archive_timestamp_covers_the_first_and_brings_its_proofs(tmp_path: Path) -> None:
    once = archive_container(a_container(tmp_path))
    signature, issuing = (
        signature_in(archive_container(once, "twice.asice", hours=48)),
        the_authority().issuing.as_pem(),
    )
    first, second = tokens(signature)
    assert first == tokens(signature_in(once))[0]
    assert openssl_believes(second, imprint_by_hand(signature, FILES, 5), ROOT, issuing, tmp_path)
    (unsigned,) = signature.iterfind(".//xades:UnsignedSignatureProperties", NAMES)
    names = [etree.QName(one).localname for one in unsigned]
    assert names[3:] == ["ArchiveTimeStamp", "TimeStampValidationData", "ArchiveTimeStamp"]


def test_every_signature_gets_one_and_all_else_stays_the_same(tmp_path: Path) -> None:
    before = with_another_signature(a_container(tmp_path), tmp_path / "twice.asice")
    after = archive_container(before)
    with ZipFile(before) as one, ZipFile(after) as other:
        assert one.namelist() == other.namelist()
        changed = [name for name in one.namelist() if one.read(name) != other.read(name)]
    assert changed == [SIGNATURE, "META-INF/signatures1.xml"]
    assert [len(tokens(signature_in(after, name))) for name in changed] == [1, 1]


@pytest.mark.parametrize("number", [0, 1])
def test_the_signatures_are_still_accepted(number: int, tmp_path: Path) -> None:
    container = archive_container(with_another_signature(a_container(tmp_path), tmp_path / "twice.asice"))
    assert xmlsec1_accepts(container, ROOT, tmp_path, number)
    assert signxml_accepts(container, ROOT, tmp_path, number)


def test_a_container_without_signatures_cannot_be_archived(tmp_path: Path) -> None:
    bare = rewritten(a_container(tmp_path), tmp_path / "bare.asice", {SIGNATURE: None})
    with pytest.raises(ContainerNotArchivable, match="no signature"):
        archive_container(bare)


def test_a_hash_only_container_cannot_be_archived_before_it_is_completed(tmp_path: Path) -> None:
    target = hash_only(tmp_path, FILES)
    with pytest.raises(ContainerNotArchivable, match="not in the container"):
        archive_container(target)


def test_a_signature_without_timestamp_and_proofs_cannot_be_archived(tmp_path: Path) -> None:
    prepared = prepare([Document("x.txt", bytes(32))], a_seal().certificate_der, the_authority().chain, NOW)
    basic = rewritten(a_container(tmp_path), tmp_path / "basic.asice", {SIGNATURE: prepared.xml})
    with pytest.raises(ContainerNotArchivable, match="B-LT"):
        archive_container(basic)


@pytest.mark.parametrize(
    "content", [b"<x/>", b"<", serialise(etree.Element("{http://uri.etsi.org/02918/v1.2.1#}XAdESSignatures"))]
)
def test_what_is_no_signature_file_cannot_be_archived(content: bytes, tmp_path: Path) -> None:
    broken = rewritten(a_container(tmp_path), tmp_path / "broken.asice", {SIGNATURE: content})
    with pytest.raises(ContainerNotArchivable):
        archive_container(broken)
