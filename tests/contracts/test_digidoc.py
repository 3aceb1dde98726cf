"""What libdigidocpp, the worker and `zimogs verify` all say of one container.

Containers sealed in Latvia are opened with DigiDoc4 all over the Baltics; a seal that it calls invalid is worth little.
Where the three differ on purpose stands in `test_digidoc_differences`.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from sandbox.asice import archive, read_container
from sandbox.pki.keys import compute_hash
from sandbox.variants.signapi import ContainerWriter
from tests.support import asice
from tests.support.asice import FILES, SIGNATURES
from tests.support.edoc import write_sealed
from tests.support.judges import an_answer_at, answered, audited, delivered, judge, proven_by, revoked, write
from tests.support.libdigidocpp import DigiDoc, a_digidoc
from tests.support.pades import stamped_at
from tests.support.pki import NOON, the_authority
from tests.support.xades import Edit, Recipe, swap
from worker.audit import AuditOutcome

pytest.importorskip("pydigidoc", reason="libdigidocpp comes with pydigidoc, for which not every machine has a wheel")

OLD = "SigningCertificate"
ISSUER = the_authority().issuing.certificate.subject.rfc4514_string()


@pytest.fixture(scope="module")
def digidoc(tmp_path_factory: pytest.TempPathFactory) -> DigiDoc:
    return a_digidoc(tmp_path_factory.mktemp("digidoc"))


def named(issuer: str) -> Recipe:
    """A seal whose older signing-certificate property has this issuer."""
    return Recipe(signing_certificate=OLD, edit_signed=swap(ISSUER, issuer))


def with_nonce(der: bytes) -> bytes:
    """The same answer to a request that had a nonce (RFC 8954 §2.1)."""

    def add(basic: ocsp.BasicOCSPResponse) -> None:
        nonce = ocsp.ResponseDataExtension({"extn_id": "nonce", "extn_value": b"0123456789abcdef"})
        basic["tbs_response_data"]["response_extensions"] = [nonce]
        signed = compute_hash("sha256", basic["tbs_response_data"].dump(force=True))
        basic["signature"] = the_authority().responder.sign_digest(signed)

    return changed(der, add)


def without_certificate(der: bytes) -> bytes:
    """The same answer without the responder's certificate."""

    def leave_out(basic: ocsp.BasicOCSPResponse) -> None:
        basic["certs"] = None

    return changed(der, leave_out)


def changed(der: bytes, change: Callable[[ocsp.BasicOCSPResponse], None]) -> bytes:
    basic = ocsp.OCSPResponse.load(der)["response_bytes"]["response"].parsed
    basic = ocsp.BasicOCSPResponse({name: basic[name].copy() for name in basic})
    change(basic)
    body = {"response_type": "basic_ocsp_response", "response": basic}
    return bytes(ocsp.OCSPResponse({"response_status": "successful", "response_bytes": body}).dump())


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
        asice.sealed(recipe=answered(timedelta(minutes=15))).content,
        asice.sealed(recipe=proven_by(with_nonce(an_answer_at(timedelta())))).content,
        asice.sealed(recipe=proven_by(an_answer_at(timedelta(), responder=the_authority().issuing))).content,
        asice.sealed(recipe=Recipe(signing_certificate=OLD)).content,
        asice.sealed(recipe=named(",".join(reversed(ISSUER.split(","))))).content,
        asice.sealed(recipe=named(ISSUER.replace(",", ", "))).content,
        asice.sealed(recipe=named(ISSUER.replace("CN=", "2.5.4.3="))).content,
        asice.sealed(recipe=named(ISSUER.replace("practice", "\\70ractic\\65"))).content,
    ],
    ids=[
        "stored",
        "deflated",
        "remarks",
        "archived",
        "answered-after-a-quarter-of-an-hour",
        "answered-with-a-nonce",
        "answered-by-the-ca-itself",
        "issuer",
        "issuer-from-the-other-end",
        "issuer-with-blanks",
        "issuer-by-numbers",
        "issuer-escaped",
    ],
)
def test_what_another_hand_seals_is_good_to_all(digidoc: DigiDoc, tmp_path: Path, content: bytes) -> None:
    container = write(tmp_path, content)
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container).startswith("XAdES B-LT")
    assert audited(container).ok


def test_a_responder_of_the_issuing_ca_needs_no_place_in_a_trust_list(digidoc: DigiDoc, tmp_path: Path) -> None:
    container = write_sealed(tmp_path, FILES, ContainerWriter.EDOC)
    listed = a_digidoc(tmp_path, responders=[the_authority().responder.certificate])
    assert (digidoc.judge(container), listed.judge(container)) == ([""], [""])


def test_a_responder_that_leaves_its_certificate_out_is_found_among_the_others(tmp_path: Path) -> None:
    answer = without_certificate(an_answer_at(timedelta()))
    container = write(tmp_path, asice.sealed(recipe=proven_by(answer)).content)
    assert a_digidoc(tmp_path, responders=[the_authority().responder.certificate]).judge(container) == [""]
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


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (asice.rewritten(asice.sealed().content, {"invoice.txt": b"Invoice 900"}), AuditOutcome.ALTERED),
        (asice.archive([*asice.entries_of(asice.sealed().content), ("x.txt", b"x")]), AuditOutcome.ALTERED),
        (asice.rewritten(asice.sealed().content, SWAPPED), AuditOutcome.ALTERED),
        (with_signatures(swap("2026-03-02T12:00:00Z", "2026-03-02T11:00:00Z")), AuditOutcome.ALTERED),
        (with_signatures(stamp_of_another), AuditOutcome.ALTERED),
        (asice.archive(UNLISTED), AuditOutcome.CANNOT_TELL),
        (asice.sealed(recipe=proven_by(revoked(timedelta(hours=-1)))).content, AuditOutcome.REVOKED),
        (asice.sealed(recipe=proven_by(revoked(timedelta(hours=1)))).content, AuditOutcome.UNPROVEN),
        (asice.sealed(recipe=answered(timedelta(hours=-13))).content, AuditOutcome.UNPROVEN),
        (asice.sealed(recipe=answered(timedelta(hours=-1))).content, AuditOutcome.UNPROVEN),
        (asice.sealed(recipe=answered(timedelta(seconds=-1))).content, AuditOutcome.UNPROVEN),
        (asice.sealed(recipe=named("CN=somebody")).content, AuditOutcome.ALTERED),
        (asice.sealed(recipe=named(ISSUER.replace("O=zimogs", "O=another"))).content, AuditOutcome.ALTERED),
    ],
    ids=[
        "changed",
        "added",
        "swapped",
        "restated",
        "restamped",
        "unlisted",
        "revoked",
        "revoked-after-the-timestamp",
        "answered-half-a-day-before",
        "answered-an-hour-before",
        "answered-a-second-before",
        "another-issuer",
        "issuer-of-another-organisation",
    ],
)
def test_what_was_forged_or_proves_nothing_is_good_to_none(
    digidoc: DigiDoc, tmp_path: Path, content: bytes, outcome: AuditOutcome
) -> None:
    container = write(tmp_path, content)
    assert digidoc.judge(container) != [""]
    assert not delivered(tmp_path, container).startswith("XAdES")
    assert audited(container).outcome is outcome


def with_manifest(edit: Edit) -> bytes:
    return asice.sealed(edit_manifest=edit).content


def with_more(name: str) -> bytes:
    """A container with an empty entry that other programs make, right behind its media type."""
    first, *others = asice.entries_of(asice.sealed().content)
    return asice.archive([first, (name, b""), *others])


OPEN_OFFICE = '<!DOCTYPE manifest:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">'
FOLDER = '<manifest:file-entry manifest:full-path="META-INF/" manifest:media-type=""/>'


@pytest.mark.parametrize(
    ("content", "outcome"),
    [
        (with_more("META-INF/"), AuditOutcome.SOUND),
        (with_manifest(swap("</manifest:manifest>", f"{FOLDER}</manifest:manifest>")), AuditOutcome.SOUND),
        (with_manifest(swap("<manifest:manifest", f"{OPEN_OFFICE}<manifest:manifest")), AuditOutcome.CANNOT_TELL),
        (with_more("META-INF/MANIFEST.MF"), AuditOutcome.CANNOT_TELL),
        (with_more("META-INF/timestamp.tst"), AuditOutcome.CANNOT_TELL),
        (with_more("META-INF/ASiCManifest001.xml"), AuditOutcome.CANNOT_TELL),
    ],
    ids=["folder", "folder-in-the-manifest", "named-dtd", "java", "timestamp", "other-manifest"],
)
def test_what_other_programs_write_and_there_passes_is_never_called_altered_here(
    digidoc: DigiDoc, tmp_path: Path, content: bytes, outcome: AuditOutcome
) -> None:
    container = write(tmp_path, content)
    assert digidoc.judge(container) == [""]
    report = audited(container)
    assert report.outcome is outcome, report.sentences


@pytest.mark.parametrize("before", [timedelta(seconds=1), timedelta(hours=1)])
def test_why_an_early_answer_is_not_enough_is_told_in_words(tmp_path: Path, before: timedelta) -> None:
    container = write(tmp_path, asice.sealed(recipe=answered(-before)).content)
    (seal,) = audited(container).signatures
    assert seal.sentences == (
        "the answer that its certificate was not revoked is older than its timestamp, so that DigiDoc calls it invalid",
    )
    with pytest.raises(
        Rejected, match=r"only XAdES B-T.*is older than its timestamp of 2026-03-02 12:00:00 UTC"
    ) as told:
        judge(tmp_path, container)
    # Nothing was altered, and nobody is alarmed as if it were.
    assert told.value.reason is Reason.UNPROVEN


def test_an_early_answer_is_not_made_good_by_a_later_one_that_nobody_signed(digidoc: DigiDoc, tmp_path: Path) -> None:
    genuine = an_answer_at(timedelta(seconds=5))
    at = genuine.index(the_authority().responder.certificate_der) - 20
    forged = genuine[:at] + bytes([genuine[at] ^ 1]) + genuine[at + 1 :]
    recipe = proven_by(an_answer_at(timedelta(seconds=-5)), forged)
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    assert digidoc.judge(container) != [""]
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.UNPROVEN
