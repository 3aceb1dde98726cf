"""Where libdigidocpp, the worker and `zimogs verify` differ over a container, and why.

The worker judges what it asked the vendor for: what nobody asked for is not delivered, however sound. `zimogs verify`
judges any file, by the standards, and tells in a remark what DigiDoc will not like. In one point both are as strict as
libdigidocpp where the standards leave it open: an answer about a certificate must not be older than the timestamp.
"""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from jobs.model.errors import Rejected
from sandbox.asice import archive, read_container
from sandbox.pki import profiles
from sandbox.pki.issuing import Lifetime, issue, vendor_name
from sandbox.pki.keys import KeyKind
from sandbox.pki.revocation import Revocation, RevocationReason
from sandbox.variants.signapi import ContainerWriter
from tests.support import asice
from tests.support.asice import FILES, SIGNATURES
from tests.support.edoc import write_sealed
from tests.support.judges import an_answer_at, answered, audited, delivered, judge, proven_by, revoked, write
from tests.support.libdigidocpp import DigiDoc, a_digidoc
from tests.support.pki import NOON, the_authority, the_proofs, the_seal
from tests.support.xades import Recipe, swap
from worker.audit import AuditOutcome

pytest.importorskip("pydigidoc", reason="libdigidocpp comes with pydigidoc, for which not every machine has a wheel")

MINUTE = timedelta(minutes=1)
SUSPENDED = Revocation(NOON - timedelta(hours=1), RevocationReason.SUPERSEDED)


@pytest.fixture(scope="module")
def digidoc(tmp_path_factory: pytest.TempPathFactory) -> DigiDoc:
    return a_digidoc(tmp_path_factory.mktemp("digidoc"))


def remarks_on(container: Path) -> tuple[str, ...]:
    """What `zimogs verify` finds odd about a sound seal."""
    (seal,) = audited(container).signatures
    assert seal.ok, seal.sentences
    return seal.remarks


# Archive timestamps


@pytest.fixture
def archived_twice(tmp_path: Path) -> Path:
    container = write_sealed(tmp_path, FILES, ContainerWriter.BASELINE)
    for time in (1, 2):
        target = tmp_path / f"archived{time}.asice"
        archive(read_container(container), target, the_authority(), NOON + timedelta(hours=time))
        container = target
    return container


def test_a_second_archive_timestamp_is_wrong_to_version_4_3_and_good_here(
    digidoc: DigiDoc, archived_twice: Path, tmp_path: Path
) -> None:
    """Each covers the unsigned properties before it, in their order (ETSI EN 319 132-1 §5.5.2.2), as since version 4.4.

    Version 4.3 looks at the first one alone, and takes a TimeStampValidationData into it that was added later.
    """
    (complaint,) = digidoc.judge(archived_twice)
    assert "message imprint mismatch" in complaint
    assert (delivered(tmp_path, archived_twice), audited(archived_twice).ok) == ("XAdES B-LTA", True)


def test_a_second_archive_timestamp_that_covers_something_else_passes_there_and_not_here(
    digidoc: DigiDoc, archived_twice: Path, tmp_path: Path
) -> None:
    """Without the proofs that it covered, version 4.3 finds the first one right, and never looks at the second."""
    content = archived_twice.read_bytes()
    signatures = dict(asice.entries_of(content))[SIGNATURES].decode()
    added = r"<xades141:TimeStampValidationData.*?</xades141:TimeStampValidationData>"
    bare, count = re.subn(added, "", signatures, flags=re.DOTALL)
    assert count == 1
    container = write(tmp_path, asice.rewritten(content, {SIGNATURES: bare.encode()}))
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.ALTERED


# When and by whom it was said that the certificate was good


@pytest.mark.parametrize("hours", [1, 22, 44])
def test_an_answer_long_after_the_timestamp_is_a_warning_there_and_a_remark_here(
    digidoc: DigiDoc, tmp_path: Path, hours: int
) -> None:
    """A later answer says more of the moment of sealing, not less (ETSI EN 319 102-1 §5.2.5); DigiDoc takes it too."""
    container = write(tmp_path, asice.sealed(recipe=answered(timedelta(hours=hours))).content)
    (complaint,) = digidoc.judge(container)
    assert "are over 15m off" in complaint
    assert delivered(tmp_path, container) == "XAdES B-LT"
    (remark,) = remarks_on(container)
    assert "came long after its timestamp" in remark


def test_of_an_early_and_a_late_answer_the_first_decides_there_and_the_late_one_here(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """What one answer proves, another beside it does not take away."""
    for moments, is_good in (((-MINUTE, MINUTE), False), ((MINUTE, -MINUTE), True)):
        container = write(tmp_path, asice.sealed(recipe=answered(*moments)).content)
        assert (digidoc.judge(container) == [""]) is is_good
        assert (delivered(tmp_path, container), remarks_on(container)) == ("XAdES B-LT", ())


def test_a_list_is_no_answer_there_and_proves_as_much_here_where_it_is_told(digidoc: DigiDoc, tmp_path: Path) -> None:
    """Both are revocation data (ETSI EN 319 132-1 §5.4.2); libdigidocpp reads OCSP alone."""
    issuing, seal = the_authority().issuing, the_seal()
    draft = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuing.certificate.subject)
        .last_update(NOON + MINUTE)
        .next_update(NOON + timedelta(days=7))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    listed = draft.sign(issuing.key, hashes.SHA256()).public_bytes(Encoding.DER)
    proofs = the_proofs(seal)
    recipe = Recipe(proofs=replace(proofs, ocsp_responses=(), crls=(*proofs.crls, listed)))
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    (complaint,) = digidoc.judge(container)
    assert "OCSPValues is missing" in complaint
    assert delivered(tmp_path, container) == "XAdES B-LT"
    assert remarks_on(container) == (
        "a list, and no answer, says that its certificate was not revoked, and DigiDoc reads answers alone",
    )


def test_proofs_beside_the_timestamp_are_not_looked_for_there_and_found_here(digidoc: DigiDoc, tmp_path: Path) -> None:
    """TimeStampValidationData may hold what proves the timestamp before it good (ETSI EN 319 132-1 §5.5.1)."""

    def beside(properties: list[str]) -> list[str]:
        stamp, *proofs = properties
        return [stamp, f"<xades141:TimeStampValidationData>{''.join(proofs)}</xades141:TimeStampValidationData>"]

    container = write(tmp_path, asice.sealed(recipe=Recipe(edit_unsigned=beside)).content)
    (complaint,) = digidoc.judge(container)
    assert "RevocationValues object is missing" in complaint
    assert (delivered(tmp_path, container), remarks_on(container)) == ("XAdES B-LT", ())


def test_a_responder_of_another_ca_passes_there_where_a_trust_list_names_it_and_never_here(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """Nothing but the certificate's own CA may delegate answers about it (RFC 6960 §4.2.2.2); we read no trust list."""
    life = Lifetime(NOON - timedelta(days=30), NOON + timedelta(days=3000))
    subject = vendor_name("responder of the root")
    responder = issue(the_authority().root, subject, KeyKind.P256, life, profiles.OCSP_RESPONDER)
    recipe = proven_by(an_answer_at(timedelta(), responder=responder))
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    listed = a_digidoc(tmp_path, responders=[responder.certificate])
    assert (digidoc.judge(container) == [""], listed.judge(container)) == (False, [""])
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.UNPROVEN


# Revocation


@pytest.mark.parametrize(
    "recipe",
    [
        proven_by(an_answer_at(MINUTE), revoked(timedelta(hours=1))),
        proven_by(an_answer_at(MINUTE), an_answer_at(-MINUTE, revocation=SUSPENDED)),
    ],
    ids=["revoked-later", "suspended-before"],
)
def test_a_seal_revoked_at_another_time_was_good_there_and_in_verify_and_is_never_delivered(
    digidoc: DigiDoc, tmp_path: Path, recipe: Recipe
) -> None:
    """It was good when it was made (ETSI EN 319 102-1 §5.5.4); but that ours is revoked, somebody must see."""
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    assert digidoc.judge(container) == [""]
    assert (delivered(tmp_path, container), remarks_on(container)) == ("not-verified", ())


def test_a_later_answer_that_it_had_been_revoked_before_is_not_read_there_and_decides_here(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """Whoever answered earlier did not know it yet; libdigidocpp reads no further than the first good answer."""
    recipe = proven_by(an_answer_at(MINUTE), revoked(timedelta(hours=-1)))
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.REVOKED


# What nobody asked for


def test_two_timestamps_are_invalid_there_pass_in_verify_and_are_never_delivered(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """Several may stand there (ETSI EN 319 132-1 §5.3), as of several services; the vendor is asked for one."""
    recipe = Recipe(edit_unsigned=lambda properties: [properties[0], *properties])
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    (complaint,) = digidoc.judge(container)
    assert "More than one SignatureTimeStamp" in complaint
    assert delivered(tmp_path, container) == "not-verified"
    assert remarks_on(container) == ("it has several timestamps, for which DigiDoc calls it invalid",)


def test_a_role_passes_there_and_in_verify_and_is_never_delivered(digidoc: DigiDoc, tmp_path: Path) -> None:
    """It is a true seal, and says more than anybody approved (ETSI EN 319 132-1 §5.2.6)."""
    end = "</xades:SignedSignatureProperties>"
    role = "<xades:ClaimedRoles><xades:ClaimedRole>Valdes loceklis</xades:ClaimedRole></xades:ClaimedRoles>"
    recipe = Recipe(edit_signed=swap(end, f"<xades:SignerRoleV2>{role}</xades:SignerRoleV2>{end}"))
    container = write(tmp_path, asice.sealed(recipe=recipe).content)
    assert digidoc.judge(container) == [""]
    assert (delivered(tmp_path, container), audited(container).ok) == ("not-verified", True)


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


def test_a_blank_behind_the_media_type_passes_there_is_told_here_and_never_delivered(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """As for one that is compressed: nobody who unpacks the container is misled."""
    content = asice.rewritten(asice.sealed().content, {"mimetype": asice.MEDIA_TYPE.encode() + b"\n"})
    container = write(tmp_path, content)
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "not-verified"
    report = audited(container)
    assert (report.ok, report.remarks) == (True, ("something blank follows the container's media type",))


def test_a_name_that_does_not_say_that_it_is_utf_8_passes_there_is_told_here_and_never_delivered(
    digidoc: DigiDoc, tmp_path: Path
) -> None:
    """Older writers left the mark out (APPNOTE §4.4.4, bit 11); who goes by it shows the name in other letters."""
    name = "rēķins.txt"
    content = bytearray(asice.sealed({name: b"Invoice 1"}).content)
    for found in re.finditer(name.encode(), bytes(content)):
        for mark, length, flags in ((b"PK\3\4", 30, 6), (b"PK\1\2", 46, 8)):
            begin = found.start() - length
            if content[begin:].startswith(mark):
                content[begin + flags + 1] &= ~0x08
    container = write(tmp_path, bytes(content))
    assert digidoc.judge(container) == [""]
    with pytest.raises(Rejected, match="cannot-tell"):
        judge(tmp_path, container, {name: b"Invoice 1"})
    report = audited(container)
    assert (report.ok, len(report.remarks), report.data_files) == (True, 1, (name,))


def test_a_file_among_the_signatures_passes_there_and_is_altered_here(digidoc: DigiDoc, tmp_path: Path) -> None:
    """Nobody signed it, and whoever unpacks the container finds it among what looks sealed."""
    entries = [*asice.entries_of(asice.sealed().content), ("META-INF/x.txt", b"x")]
    container = write(tmp_path, asice.archive(entries))
    assert digidoc.judge(container) == [""]
    assert delivered(tmp_path, container) == "not-verified"
    assert audited(container).outcome is AuditOutcome.ALTERED
