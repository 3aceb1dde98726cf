"""Verdicts on containers: what is whole and trusted passes, what was changed fails, what is missing leaves it open."""

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest

from sandbox.asice import Document, NotAContainer, NotSigned, archive, finish, prepare, read_container, verdicts
from sandbox.pki import Authority, KeyKind, SigningIdentity
from sandbox.verdict import SignatureVerdict
from tests.sandbox.containers import FILES, a_container, hash_only, rewritten, signature_over, with_another_signature
from tests.sandbox.practice import NOW, the_authority

SIGNATURE = "META-INF/signatures0.xml"
FIRST = next(iter(FILES))
PASSED = ("TOTAL-PASSED", "")


def the_verdict(container: Path, authority: Authority | None = None) -> SignatureVerdict:
    (verdict,) = verdicts(container, authority or the_authority(), NOW + timedelta(hours=2))
    return verdict


def judge(container: Path, authority: Authority | None = None) -> tuple[str, str]:
    verdict = the_verdict(container, authority)
    return verdict.indication, verdict.sub_indication


def change_entries(container: Path, **changes: bytes | None) -> Path:
    return rewritten(container, container.with_name("changed.asice"), changes)


def with_signature(container: Path, change: Callable[[str], str]) -> Path:
    """The container with another text in its signature file."""
    with ZipFile(container) as opened:
        before = opened.read(SIGNATURE).decode()
    after = change(before)
    assert before != after
    return change_entries(container, **{SIGNATURE: after.encode()})


def without(name: str) -> Callable[[str], str]:
    return lambda text: re.sub(f"<xades:{name}>.*?</xades:{name}>", "", text)


def in_base64(name: str, change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """Change the bytes in the first element of this name."""

    def changing(found: re.Match[str]) -> str:
        return found[1] + base64.b64encode(change(base64.b64decode(found[2]))).decode()

    return lambda text: re.sub(f"(<{name}[^>]*>)([^<]+)", changing, text, count=1)


def flip_bit(value: bytes) -> bytes:
    return value[:-1] + bytes([value[-1] ^ 1])


@pytest.mark.parametrize("kind", list(KeyKind))
def test_a_sealed_container_passes_with_its_signer_level_and_documents(kind: KeyKind, tmp_path: Path) -> None:
    verdict = the_verdict(a_container(tmp_path, kind=kind))
    assert (verdict.indication, verdict.sub_indication, verdict.format) == (*PASSED, "XAdES_BASELINE_LT")
    assert (verdict.common_name, verdict.organisation_id) == ("SIA DEMO : eZīmogs", "NTRLV-40000000000")
    assert verdict.signed_at == NOW.replace(microsecond=0)
    assert verdict.scopes == tuple(FILES)


def test_each_signature_has_its_verdict(tmp_path: Path) -> None:
    twice = with_another_signature(a_container(tmp_path), tmp_path / "twice.asice")
    assert [one.has_passed for one in verdicts(twice, the_authority(), NOW)] == [True, True]


def archive_container(container: Path, times: int = 1) -> Path:
    for place in range(times):
        target = container.with_name(f"archived{place}.asice")
        archive(read_container(container), target, the_authority(), NOW + timedelta(hours=place + 1))
        container = target
    return container


@pytest.mark.parametrize("times", [1, 2])
def test_an_archived_container_passes_at_the_archive_level(times: int, tmp_path: Path) -> None:
    verdict = the_verdict(archive_container(a_container(tmp_path), times))
    assert (verdict.indication, verdict.sub_indication, verdict.format) == (*PASSED, "XAdES_BASELINE_LTA")


def test_a_completed_hash_only_container_passes_and_an_incomplete_one_leaves_it_open(tmp_path: Path) -> None:
    bare = hash_only(tmp_path, FILES)
    assert judge(bare) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")
    assert judge(change_entries(bare, **FILES)) == PASSED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({FIRST: b"other"}, "HASH_FAILURE"),
        ({"pievienots.txt": b"more"}, "FORMAT_FAILURE"),
        ({"pievienots.txt": b"more", "META-INF/manifest.xml": None}, "FORMAT_FAILURE"),
        ({"META-INF/pievienots.xml": b"<more/>"}, "FORMAT_FAILURE"),
        ({"META-INF/manifest.xml": b"<manifest/>"}, None),
        ({"META-INF/manifest.xml": None}, None),
    ],
    ids=["document", "extra-document", "extra-without-manifest", "extra-metadata", "empty-manifest", "no-manifest"],
)
def test_what_is_changed_in_the_container_is_found(
    changes: dict[str, bytes | None], expected: str | None, tmp_path: Path
) -> None:
    assert judge(change_entries(a_container(tmp_path), **changes)) == (
        ("TOTAL-FAILED", expected) if expected else PASSED
    )


def test_a_manifest_that_hides_a_document_fails(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    with ZipFile(container) as opened:
        manifest = opened.read("META-INF/manifest.xml").decode()
    shorter = re.sub(r'<manifest:file-entry manifest:full-path="pielikumi[^>]*/>', "", manifest).encode()
    assert judge(change_entries(container, **{"META-INF/manifest.xml": shorter})) == ("TOTAL-FAILED", "FORMAT_FAILURE")


def test_a_manifest_that_lists_what_is_not_signed_fails(tmp_path: Path) -> None:
    container = a_container(tmp_path)
    with ZipFile(container) as opened:
        manifest = opened.read("META-INF/manifest.xml").decode()
    entry = '<manifest:file-entry manifest:full-path="x.txt" manifest:media-type="text/plain"/>'
    longer = manifest.replace("</manifest:manifest>", f"{entry}</manifest:manifest>").encode()
    assert judge(change_entries(container, **{"META-INF/manifest.xml": longer})) == ("TOTAL-FAILED", "FORMAT_FAILURE")


def test_a_document_taken_away_leaves_it_open(tmp_path: Path) -> None:
    assert judge(change_entries(a_container(tmp_path), **{FIRST: None})) == ("INDETERMINATE", "SIGNED_DATA_NOT_FOUND")


def test_a_byte_changed_in_place_fails(tmp_path: Path) -> None:
    container = a_container(tmp_path, {"a.bin": bytes(range(256)) * 8})
    with ZipFile(container) as opened:
        place = opened.getinfo("a.bin").header_offset + 30 + len("a.bin") + 20
    content = container.read_bytes()
    container.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert judge(container) == ("TOTAL-FAILED", "HASH_FAILURE")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: re.sub("<xades:SigningTime>2", "<xades:SigningTime>3", text), "HASH_FAILURE"),
        (in_base64("ds:DigestValue", flip_bit), "HASH_FAILURE"),
        (in_base64("xades:IssuerSerialV2", flip_bit), "HASH_FAILURE"),
        (in_base64("ds:SignatureValue", flip_bit), "SIG_CRYPTO_FAILURE"),
        (in_base64("ds:SignatureValue", lambda value: value[:32] + b"\0" + value[32:]), "SIG_CRYPTO_FAILURE"),
        (lambda text: text.replace("ecdsa-sha256", "rsa-sha256"), "SIG_CRYPTO_FAILURE"),
        (lambda text: text.replace("ecdsa-sha256", "ecdsa-sha1"), "SIG_CRYPTO_FAILURE"),
        (lambda text: text.replace("xml-c14n11", "xml-c14n12"), "FORMAT_FAILURE"),
        (lambda text: text.replace('Target="#S0"', 'Target="#S1"'), "FORMAT_FAILURE"),
        (lambda text: text.replace('Id="S0-RefId1"', 'Id="S0-RefId0"'), "FORMAT_FAILURE"),
        (lambda text: text.replace("</ds:Object>", "</ds:Object><ds:Object/>"), "FORMAT_FAILURE"),
        (lambda text: text.replace("#S0-SignedProperties", "#S0-SIG"), "FORMAT_FAILURE"),
        (lambda text: text[:-9], "FORMAT_FAILURE"),
        (lambda text: re.sub("(<ds:SignatureValue[^>]*>)", r"\1!", text), "FORMAT_FAILURE"),
        (in_base64("xades:EncapsulatedTimeStamp", flip_bit), "SIG_CRYPTO_FAILURE"),
        (in_base64("xades:EncapsulatedTimeStamp", lambda token: token[:-1]), "FORMAT_FAILURE"),
        (in_base64("xades:EncapsulatedOCSPValue", lambda _: b"no DER"), "FORMAT_FAILURE"),
    ],
)
def test_what_is_changed_in_the_signature_is_found(change: Callable[[str], str], expected: str, tmp_path: Path) -> None:
    container = a_container(tmp_path, kind=KeyKind.P256)
    assert judge(with_signature(container, change)) == ("TOTAL-FAILED", expected)


def test_the_timestamp_of_another_signature_is_found(tmp_path: Path) -> None:
    other = re.search("<xades:EncapsulatedTimeStamp>[^<]+", signature_over((Document("x", bytes(32)),)).decode())
    assert other
    strange = with_signature(
        a_container(tmp_path), lambda text: re.sub("<xades:EncapsulatedTimeStamp>[^<]+", other[0], text)
    )
    assert judge(strange) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_an_archive_timestamp_tells_when_what_it_covers_was_changed(tmp_path: Path) -> None:
    container = archive_container(a_container(tmp_path))
    assert judge(with_signature(container, without("CRLValues")))[0] != "TOTAL-PASSED"
    swapped = with_signature(
        container, lambda text: re.sub("(<xades:EncapsulatedX509Certificate>[^<]+</[^>]+>)", r"\1\1", text, count=1)
    )
    assert judge(swapped) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_another_root_leaves_it_open(tmp_path: Path) -> None:
    indication, reason = judge(a_container(tmp_path), Authority.create(NOW))
    assert (indication, reason) == ("INDETERMINATE", "NO_CERTIFICATE_CHAIN_FOUND")


def test_without_a_timestamp_nobody_knows_that_it_was_in_time(tmp_path: Path) -> None:
    bare = with_signature(a_container(tmp_path), without("UnsignedProperties"))
    assert (the_verdict(bare).format, *judge(bare)) == ("XAdES_BASELINE_B", "INDETERMINATE", "TRY_LATER")


def test_without_revocation_values_it_is_left_open(tmp_path: Path) -> None:
    bare = with_signature(a_container(tmp_path), without("RevocationValues"))
    assert (the_verdict(bare).format, judge(bare)[0]) == ("XAdES_BASELINE_T", "INDETERMINATE")


def test_a_certificate_put_first_in_key_info_does_not_become_the_signer(tmp_path: Path) -> None:
    issuing = base64.b64encode(the_authority().issuing.certificate_der).decode()
    strange = with_signature(
        a_container(tmp_path),
        lambda text: text.replace("<ds:X509Data>", f"<ds:X509Data><ds:X509Certificate>{issuing}</ds:X509Certificate>"),
    )
    assert judge(strange) == ("TOTAL-FAILED", "HASH_FAILURE")


def test_a_comment_changes_nothing(tmp_path: Path) -> None:
    noted = with_signature(
        a_container(tmp_path),
        lambda text: text.replace("<ds:SignedInfo>", "<!--x--><ds:SignedInfo><!--y-->").replace("=</", "<!--z-->=</"),
    )
    assert judge(noted) == PASSED


@pytest.mark.parametrize(
    ("issue", "begins", "ends", "expected"),
    [
        (the_authority().signature_identity, -30, -1, ("TOTAL-FAILED", "EXPIRED")),
        (the_authority().signature_identity, 1, 30, ("TOTAL-FAILED", "NOT_YET_VALID")),
        (the_authority().authentication_identity, -30, 30, ("INDETERMINATE", "CHAIN_CONSTRAINTS_FAILURE")),
        (the_authority().signature_identity, -30, 30, PASSED),
    ],
    ids=["expired", "early", "authentication", "person"],
)
def test_the_certificate_must_be_valid_and_made_for_signing(
    issue: Callable[..., SigningIdentity], begins: int, ends: int, expected: tuple[str, str], tmp_path: Path
) -> None:
    life = {"not_before": NOW + timedelta(days=begins), "not_after": NOW + timedelta(days=ends)}
    person = issue("Anna", "Bērziņa", "PNOLV-010190-12345", KeyKind.P256, **life)
    container = a_container(tmp_path)
    prepared = prepare(read_container(container).hash_documents(), person.certificate_der, the_authority().chain, NOW)
    value = person.sign_digest(prepared.digest)
    signed = finish(prepared, value, the_authority(), person.certificate, NOW)
    assert judge(change_entries(container, **{SIGNATURE: signed})) == expected


def test_a_container_without_signatures_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(NotSigned):
        verdicts(change_entries(a_container(tmp_path), **{SIGNATURE: None}), the_authority(), NOW)


def test_what_is_no_container_cannot_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "x.asice"
    path.write_bytes(hashlib.sha256(b"x").digest())
    with pytest.raises(NotAContainer):
        verdicts(path, the_authority(), NOW)
