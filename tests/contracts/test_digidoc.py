"""What libdigidocpp, the worker and `zimogs verify` say of one container; where they differ on purpose, and why.

Containers sealed in Latvia are opened with DigiDoc4 all over the Baltics; a seal that it calls invalid is worth little.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED

import pytest
from asn1crypto import ocsp

from jobs.model.errors import Rejected
from sandbox.asice import archive, read_container
from sandbox.pki.revocation import ocsp_response
from sandbox.variants.signapi import ContainerWriter
from tests.support import asice
from tests.support.asice import FILES, SIGNATURES
from tests.support.edoc import write_sealed
from tests.support.libdigidocpp import DigiDoc, a_digidoc
from tests.support.pades import stamped_at
from tests.support.pki import NOON, an_answer, the_authority, the_proofs, the_seal
from tests.support.xades import Recipe, swap
from worker.audit import AuditOutcome, FileReport, audit
from worker.verification.asice.pair import judge_container

pytest.importorskip("pydigidoc", reason="libdigidocpp comes with pydigidoc, for which not every machine has a wheel")

AFTER = NOON + timedelta(days=3)
ROOT = the_authority().root.certificate


@pytest.fixture(scope="module")
def digidoc(tmp_path_factory: pytest.TempPathFactory) -> DigiDoc:
    return a_digidoc(tmp_path_factory.mktemp("digidoc"))


def write(folder: Path, content: bytes) -> Path:
    container = folder / "sealed.asice"
    container.write_bytes(content)
    return container


def delivered(folder: Path, container: Path, files: Mapping[str, bytes] = FILES) -> str:
    """The level at which the worker delivers it, or why it does not."""
    originals = [folder / name for name in files]
    for path, content in zip(originals, files.values(), strict=True):
        path.write_bytes(content)
    try:
        return judge_container(originals, container, anchors=[ROOT], now=AFTER).level_name
    except Rejected as refusal:
        return refusal.reason


def audited(container: Path) -> FileReport:
    return asyncio.run(audit(container, [ROOT], AFTER))


def answered(after: timedelta) -> Recipe:
    """A seal with an answer of the responder that is so much younger than its timestamp."""
    seal, authority = the_seal(), the_authority()
    number = seal.certificate.serial_number
    answer = ocsp_response(authority.responder, authority.issuing.certificate, number, NOON + after)
    return Recipe(proofs=the_proofs(seal, answer))


# What all call good


@pytest.mark.parametrize("writer", list(ContainerWriter))
@pytest.mark.parametrize("times", [0, 1])
def test_what_the_practice_vendor_seals_and_archives_is_good_to_all(
    digidoc: DigiDoc, tmp_path: Path, writer: ContainerWriter, times: int
) -> None:
    container = write_sealed(tmp_path, FILES, writer)
    for time in range(times):
        target = tmp_path / f"archived{time}.asice"
        archive(read_container(container), target, the_authority(), NOON + timedelta(hours=time + 1))
        container = target
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == ("XAdES B-LTA" if times else "XAdES B-LT")
    assert audited(container).ok


@pytest.mark.parametrize(
    "content",
    [
        asice.sealed().content,
        asice.deflated(asice.sealed().content, one_way=True),
        asice.archive(asice.entries_of(asice.sealed().content), comment=b"EDOC/2.0; LIB/2.6.18"),
        asice.sealed(recipe=Recipe(archive=stamped_at(NOON))).content,
        asice.sealed(recipe=answered(timedelta(minutes=10))).content,
    ],
    ids=["stored", "deflated", "remarks", "archived", "answered-after-ten-minutes"],
)
def test_what_another_hand_seals_is_good_to_all(digidoc: DigiDoc, tmp_path: Path, content: bytes) -> None:
    container = write(tmp_path, content)
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container).startswith("XAdES B-LT")
    assert audited(container).ok


def test_a_responder_of_the_issuing_ca_needs_no_place_in_a_trust_list(digidoc: DigiDoc, tmp_path: Path) -> None:
    container = write_sealed(tmp_path, FILES, ContainerWriter.EDOC)
    listed = a_digidoc(tmp_path, lists_responder=True)
    assert (digidoc.judge(container), listed.judge(container)) == ([""], [""])


def test_a_responder_that_leaves_its_certificate_out_is_found_among_the_others(tmp_path: Path) -> None:
    seal, authority = the_seal(), the_authority()
    number = seal.certificate.serial_number
    whole = ocsp.OCSPResponse.load(ocsp_response(authority.responder, authority.issuing.certificate, number, NOON))
    basic = whole["response_bytes"]["response"].parsed
    parts = {name: basic[name] for name in ("tbs_response_data", "signature_algorithm", "signature")}
    body = {"response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(parts)}
    bare = ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump()
    container = write(tmp_path, asice.sealed(recipe=Recipe(proofs=the_proofs(seal, bare))).content)
    assert a_digidoc(tmp_path, lists_responder=True).judge(container) == [""]
    assert delivered(tmp_path, container) == "XAdES B-LT"
    assert audited(container).ok


# What none calls good


def with_signatures(change: Callable[[str], str]) -> bytes:
    sealed = asice.sealed().content
    return asice.rewritten(sealed, {SIGNATURES: change(dict(asice.entries_of(sealed))[SIGNATURES].decode()).encode()})


def stamp_of_another(text: str) -> str:
    stamp = "<xades:SignatureTimeStamp>.*?</xades:SignatureTimeStamp>"
    other = dict(asice.entries_of(asice.sealed({"other.txt": b"other"}).content))[SIGNATURES].decode()
    (found,) = re.findall(stamp, other)
    return re.sub(stamp, found, text)


OTHER = asice.sealed({"invoice.txt": b"Invoice 1: 900.00 EUR"}).content
UNLISTED = [one for one in asice.entries_of(asice.sealed().content) if "manifest" not in one[0]]
SWAPPED = {SIGNATURES: dict(asice.entries_of(OTHER))[SIGNATURES]}
REVOKED = Recipe(proofs=the_proofs(the_seal(), an_answer(the_seal().certificate, revoked_at=NOON - timedelta(hours=1))))


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (asice.rewritten(asice.sealed().content, {"invoice.txt": b"Invoice 900"}), AuditOutcome.ALTERED),
        (asice.archive([*asice.entries_of(asice.sealed().content), ("x.txt", b"x")]), AuditOutcome.ALTERED),
        (asice.rewritten(asice.sealed().content, SWAPPED), AuditOutcome.ALTERED),
        (with_signatures(swap("2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z")), AuditOutcome.ALTERED),
        (with_signatures(stamp_of_another), AuditOutcome.ALTERED),
        (asice.archive(UNLISTED), AuditOutcome.ALTERED),
        (asice.sealed(recipe=REVOKED).content, AuditOutcome.REVOKED),
        (asice.sealed(recipe=answered(timedelta(hours=-13))).content, AuditOutcome.UNPROVEN),
    ],
    ids=["changed", "added", "swapped", "restated", "restamped", "unlisted", "revoked", "answered-half-a-day-before"],
)
def test_what_was_forged_or_proves_nothing_is_good_to_none(
    digidoc: DigiDoc, tmp_path: Path, content: bytes, outcome: AuditOutcome
) -> None:
    container = write(tmp_path, content)
    assert digidoc.judge(container) != [""]
    assert not delivered(tmp_path, container).startswith("XAdES")
    assert audited(container).outcome is outcome


# Where we differ on purpose


def test_a_second_archive_timestamp_is_wrong_to_version_4_3_and_good_here(digidoc: DigiDoc, tmp_path: Path) -> None:
    """It covers the TimeStampValidationData before it (ETSI EN 319 132-1 §5.5.2.2), which that version leaves out.

    Later versions hash every unsigned property in its order; when one of them comes, this becomes what all call good.
    """
    container = write_sealed(tmp_path, FILES, ContainerWriter.BASELINE)
    for time in (1, 2):
        target = tmp_path / f"archived{time}.asice"
        archive(read_container(container), target, the_authority(), NOON + timedelta(hours=time))
        container = target
    (complaint,) = digidoc.judge(container)
    assert "message imprint mismatch" in complaint
    assert (delivered(tmp_path, container), audited(container).ok) == ("XAdES B-LTA", True)


@pytest.mark.parametrize("hours", [1, 22, 44])
def test_an_answer_long_after_the_timestamp_is_a_warning_there_and_a_better_proof_here(
    digidoc: DigiDoc, tmp_path: Path, hours: int
) -> None:
    """A later answer says more of the moment of sealing, not less (ETSI EN 319 102-1 §5.2.5)."""
    container = write(tmp_path, asice.sealed(recipe=answered(timedelta(hours=hours))).content)
    (complaint,) = digidoc.judge(container)
    assert "are over 15m off" in complaint
    assert (delivered(tmp_path, container), audited(container).ok) == ("XAdES B-LT", True)


def test_an_answer_shortly_before_the_timestamp_is_refused_there_and_told_here(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """It stands until its nextUpdate (RFC 6960 §4.2.2.1): a seal that was paid for is not lost over a second."""
    container = write(tmp_path, asice.sealed(recipe=answered(timedelta(seconds=-1))).content)
    (complaint,) = digidoc.judge(container)
    assert "TimeStamp time is greater than OCSP producedAt" in complaint
    assert delivered(tmp_path, container) == "XAdES B-LT"
    (seal,) = audited(container).signatures
    assert (seal.ok, len(seal.remarks)) == (True, 1)


def test_a_compressed_media_type_passes_there_is_told_here_and_never_delivered(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """ETSI EN 319 162-1 §A.1 forbids it; it alters nothing, but what looks at a file's first bytes does not know it."""
    entries = asice.entries_of(asice.sealed().content)
    container = write(tmp_path, asice.archive(entries, method=ZIP_DEFLATED, first=ZIP_DEFLATED))
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "cannot-tell"
    report = audited(container)
    assert (report.ok, len(report.remarks)) == (True, 1)


def test_a_file_among_the_signatures_passes_there_and_is_altered_here(digidoc: DigiDoc, tmp_path: Path) -> None:
    """Nobody signed it, and whoever unpacks the container finds it among what looks sealed."""
    entries = [*asice.entries_of(asice.sealed().content), ("META-INF/x.txt", b"x")]
    container = write(tmp_path, asice.archive(entries))
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.ALTERED


def test_a_role_passes_there_and_in_verify_and_is_never_delivered(digidoc: DigiDoc, tmp_path: Path) -> None:
    """It is a true seal, and says more than anybody approved (ETSI EN 319 132-1 §5.2.6)."""
    end = "</xades:SignedSignatureProperties>"
    role = "<xades:ClaimedRoles><xades:ClaimedRole>Valdes loceklis</xades:ClaimedRole></xades:ClaimedRoles>"
    recipe = Recipe(edit_signed=swap(end, f"<xades:SignerRoleV2>{role}</xades:SignerRoleV2>{end}"))
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    assert digidoc.judge(container) == [""]
    assert (delivered(tmp_path, container), audited(container).ok) == ("not-verified", True)


def test_another_spelling_of_the_issuer_is_invalid_there_and_passes_here(digidoc: DigiDoc, tmp_path: Path) -> None:
    """The digest beside it tells the certificate; a name in text has several spellings (RFC 4514 §5)."""
    container = write(tmp_path, asice.sealed(recipe=Recipe(signing_certificate="SigningCertificate")).content)
    (complaint,) = digidoc.judge(container)
    assert "issuer information does not match" in complaint
    assert (delivered(tmp_path, container), audited(container).ok) == ("XAdES B-LT", True)
