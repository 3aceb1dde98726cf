"""`zimogs verify` reads containers too, also those of others, and agrees with the worker on what is genuine."""

import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from jobs.model.documents import SealFormat
from jobs.model.levels import Form, SealLevel
from sandbox.pki.keys import KeyKind
from tests.support import asice
from tests.support.asice import FILES, SEVERAL, SIGNATURES
from tests.support.pades import Stamp, stamped_at
from tests.support.pki import NOON, a_seal, an_answer, another_authority, reissued, the_authority, the_proofs, the_seal
from tests.support.xades import C14N_10, METHODS, Recipe, sign, swap
from worker.audit import AuditOutcome, FileReport, audit


async def audited(folder: Path, content: bytes) -> FileReport:
    file = folder / "sealed.edoc"
    file.write_bytes(content)
    return await audit(file, [the_authority().root.certificate], NOON)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", KeyKind)
async def test_a_genuine_container_is_in_order(tmp_path: Path, kind: KeyKind, method: str) -> None:
    report = await audited(tmp_path, asice.sealed(SEVERAL, Recipe(seal=the_seal(kind), method=method)).content)
    (seal,) = report.signatures
    assert report.ok, (report.sentences, seal.sentences)
    assert (report.format, report.data_files) == (SealFormat.EDOC, tuple(SEVERAL))
    assert (seal.sealed_by, seal.organisation, seal.sealed_at) == ("Example seal", "NTRLV-40000000000", NOON)
    assert (seal.form, seal.level, seal.intact, seal.trusted) == (Form.XADES, SealLevel.LT, True, True)


@pytest.mark.parametrize("method", METHODS)
async def test_an_archive_timestamp_is_told(tmp_path: Path, method: str) -> None:
    report = await audited(tmp_path, asice.sealed(SEVERAL, Recipe(method=method, archive=stamped_at(NOON))).content)
    assert (report.ok, report.signatures[0].level) == (True, SealLevel.LTA)


async def test_a_container_with_two_seals_has_two_reports(tmp_path: Path) -> None:
    first, second = asice.sealed(), asice.sealed(recipe=Recipe(seal=the_seal(KeyKind.RSA2048)))
    added = dict(asice.entries_of(second.content))[SIGNATURES]
    content = asice.archive([*asice.entries_of(first.content), ("META-INF/signatures1.xml", added)])
    report = await audited(tmp_path, content)
    assert (report.ok, len(report.signatures)) == (True, 2)


async def test_a_deflated_container_is_in_order(tmp_path: Path) -> None:
    assert (await audited(tmp_path, asice.deflated(asice.sealed().content, one_way=True))).ok


async def test_a_changed_file_is_told(tmp_path: Path) -> None:
    content = asice.rewritten(asice.sealed().content, {"invoice.txt": b"Invoice 1: 900.00 EUR"})
    (seal,) = (await audited(tmp_path, content)).signatures
    assert not seal.intact
    assert "the content was changed after it was sealed" in seal.sentences


async def test_changed_signed_properties_are_told(tmp_path: Path) -> None:
    edit = swap("2026-03-02T12:00:00Z", "2020-03-02T12:00:00Z")
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=Recipe(edit_all=edit)).content)).signatures
    assert "the content was changed after it was sealed" in seal.sentences


async def test_a_file_that_no_seal_covers_is_told(tmp_path: Path) -> None:
    entries = [*asice.entries_of(asice.sealed().content), ("extra.txt", b"unsigned")]
    report = await audited(tmp_path, asice.archive(entries))
    assert "the container's manifest lists other files than it holds" in report.sentences
    assert report.signatures[0].sentences == ("it does not cover every file of the container",)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda content: content + b"\0", "bytes at the end of the container belong to none of its files"),
        (lambda content: b"PK\3\4" + content, "bytes before mimetype belong to no file of the container"),
        (lambda content: asice.archive(asice.entries_of(content)[1:]), "does not begin with its media type"),
        (lambda content: asice.archive([*asice.entries_of(content), ("META-INF/container.xml", b"")]),
         "the container holds META-INF/container.xml, which is not validated here"),
        (lambda content: asice.archive([*asice.entries_of(content), ("invoice.tx_", b"")]).replace(
            b"invoice.tx_", b"invoice.txt"), "the container holds invoice.txt 2 times"),
        (lambda content: asice.archive([one for one in asice.entries_of(content) if "manifest" not in one[0]]),
         "the container has no manifest"),
        (lambda content: asice.archive(asice.entries_of(content)[:-1]), "the file is not sealed"),
        (lambda content: content[:-30], "the file cannot be read as a container"),
    ],
)  # fmt: skip
async def test_an_unsound_container_is_told(tmp_path: Path, change: Callable[[bytes], bytes], problem: str) -> None:
    report = await audited(tmp_path, change(asice.sealed().content))
    assert not report.ok
    assert any(problem in one for one in report.sentences), report.sentences


async def test_a_container_that_would_fill_the_memory_is_not_opened(tmp_path: Path) -> None:
    content = asice.sealed().content
    at = content.rindex(b"invoice.txt") - 46 + 24
    report = await audited(tmp_path, content[:at] + b"\xff\xff\xff\xf0" + content[at + 4 :])
    assert "larger than can be validated here" in report.sentences[0]


def forged(imprint: bytes, hash_name: str) -> bytes:
    genuine = the_authority().timestamp(imprint, hash_name, NOON).der
    return genuine[:-1] + bytes([genuine[-1] ^ 1])


def elsewhere(imprint: bytes, hash_name: str) -> bytes:
    return the_authority().timestamp(imprint[::-1], hash_name, NOON).der


@pytest.mark.parametrize("stamp", [forged, elsewhere, stamped_at(NOON, another_authority())])
async def test_a_timestamp_that_proves_nothing_is_told(tmp_path: Path, stamp: Stamp) -> None:
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=Recipe(stamp=stamp)).content)).signatures
    assert seal.level is SealLevel.B
    assert any("the timestamp is not to be trusted" in one for one in seal.sentences)


@pytest.mark.parametrize("stamp", [forged, elsewhere, stamped_at(NOON, another_authority())])
async def test_an_archive_timestamp_that_proves_nothing_is_told(tmp_path: Path, stamp: Stamp) -> None:
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=Recipe(archive=stamp)).content)).signatures
    (sentence,) = seal.sentences
    assert (seal.level, sentence.partition(": ")[0]) == (SealLevel.LT, "an archive timestamp is not to be trusted")


async def test_a_missing_timestamp_is_told(tmp_path: Path) -> None:
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=Recipe(stamp=None)).content)).signatures
    assert (seal.level, "there is no timestamp" in seal.sentences) == (SealLevel.B, True)


async def test_missing_proofs_lower_the_level(tmp_path: Path) -> None:
    recipe = Recipe(proofs=the_proofs(the_seal(), an_answer(a_seal(the_authority()).certificate)))
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=recipe).content)).signatures
    assert (seal.level, seal.trusted) == (SealLevel.T, True)
    assert seal.sentences == ("nothing in the file proves that its certificates were not revoked",)


async def test_a_revoked_seal_is_not_trusted(tmp_path: Path) -> None:
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - timedelta(days=1))
    recipe = Recipe(proofs=the_proofs(the_seal(), revoked))
    (seal,) = (await audited(tmp_path, asice.sealed(recipe=recipe).content)).signatures
    assert (seal.trusted, seal.sentences) == (False, ("a certificate was revoked",))


async def test_a_container_that_leads_to_no_anchor_is_not_trusted(tmp_path: Path) -> None:
    file = tmp_path / "sealed.edoc"
    file.write_bytes(asice.sealed(FILES).content)
    (seal,) = (await audit(file, [another_authority().root.certificate], NOON)).signatures
    assert (seal.intact, seal.trusted, seal.ok) == (True, False, False)


async def test_a_container_sealed_years_ago_is_still_in_order(tmp_path: Path) -> None:
    file = tmp_path / "sealed.edoc"
    file.write_bytes(asice.sealed(FILES).content)
    assert (await audit(file, [the_authority().root.certificate], NOON + timedelta(days=3650))).ok


async def test_a_timestamp_from_the_future_is_told(tmp_path: Path) -> None:
    file = tmp_path / "sealed.edoc"
    file.write_bytes(asice.sealed(FILES).content)
    (seal,) = (await audit(file, [the_authority().root.certificate], NOON - timedelta(days=1))).signatures
    assert "the timestamp lies in the future" in seal.sentences


async def test_a_signature_that_is_none_is_told(tmp_path: Path) -> None:
    content = asice.sealed(recipe=Recipe(edit_key=lambda _: "<ds:KeyInfo></ds:KeyInfo>")).content
    (seal,) = (await audited(tmp_path, content)).signatures
    assert (seal.sealed_by, seal.intact, seal.ok) == ("unknown", False, False)
    assert "the signature cannot be validated" in seal.sentences[0]


async def test_a_signature_that_somebody_else_put_beside_ours_later_decides_nothing(tmp_path: Path) -> None:
    """DigiDoc adds signatures of people whose trust list is another; ours is as good as before."""
    theirs = another_authority()
    stranger = a_seal(theirs)
    proofs = theirs.validation_data(stranger.certificate, NOON)
    stamp = stamped_at(NOON + timedelta(minutes=1), theirs)
    beside = sign(FILES, Recipe(seal=stranger, proofs=proofs, stamp=stamp)).xml
    entries = [*asice.entries_of(asice.sealed().content), ("META-INF/signatures1.xml", beside)]
    report = await audited(tmp_path, asice.archive(entries))
    assert [(one.is_ours, one.ok) for one in report.signatures] == [(True, True), (False, False)]
    assert report.ok


# --- what could make two readers see two things -----------------------------------------------------------------------


async def test_a_link_among_the_files_is_told(tmp_path: Path) -> None:
    content = asice.sealed().content
    at = content.rindex(b"invoice.txt") - 46 + 38
    report = await audited(tmp_path, content[:at] + (0o120777 << 16).to_bytes(4, "little") + content[at + 4 :])
    assert "invoice.txt is no plain file but a link, folder or device" in report.sentences


async def test_headers_that_disagree_are_told(tmp_path: Path) -> None:
    content = asice.sealed().content
    at = content.index(b"invoice.txt") - 30 + 22
    report = await audited(tmp_path, content[:at] + b"\1\0\0\0" + content[at + 4 :])
    assert "invoice.txt is described in two ways" in report.sentences


async def test_a_description_behind_the_content_that_disagrees_is_told(tmp_path: Path) -> None:
    content = asice.deflated(asice.sealed().content, one_way=True)
    at = content.index(b"PK\7\x08") + 12
    report = await audited(tmp_path, content[:at] + b"\1\0\0\0" + content[at + 4 :])
    assert "mimetype is described in two ways" in report.sentences


async def test_a_name_that_leads_out_of_the_container_is_told(tmp_path: Path) -> None:
    content = asice.archive([*asice.entries_of(asice.sealed().content), ("../invoice.txt", b"x")])
    report = await audited(tmp_path, content)
    assert "../invoice.txt leads out of the container" in report.sentences


XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
TRANSFORMS = f'<ds:Transforms><ds:Transform Algorithm="{XSLT}"></ds:Transform></ds:Transforms>'
ANOTHER = (
    '<ds:Reference URI="other.txt"><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">'
    "</ds:DigestMethod><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>"
)


@pytest.mark.parametrize(
    ("recipe", "why"),
    [
        (Recipe(edit_all=swap("<asic:", '<!DOCTYPE a [<!ENTITY b "c">]><asic:')), "holds a DTD"),
        (Recipe(edit_all=swap("<ds:Object>", '<ds:Object Id="S0-signed">')), "one Id stands in two places"),
        (Recipe(edit_info=swap('URI="invoice.txt">', f'URI="invoice.txt">{TRANSFORMS}')), "a transform changes"),
        (Recipe(edit_info=swap(f'{C14N_10}"></ds:Transform>', f'{XSLT}"></ds:Transform>')), "a transform changes"),
        (Recipe(edit_info=swap('URI="#S0-signed"', 'URI="#S0"')), "other properties than those that it shows"),
        (Recipe(edit_info=swap("</ds:SignedInfo>", f"{ANOTHER}</ds:SignedInfo>")), "covers other.txt, which the"),
        (Recipe(digest="sha1"), "sha1 is too weak"),
        (Recipe(seal=reissued(the_seal(), key=rsa.generate_private_key(65537, 1024))), "1024 bits is too weak"),  # noqa: S505
    ],
)  # fmt: skip
async def test_a_signature_that_may_mean_something_else_is_told(tmp_path: Path, recipe: Recipe, why: str) -> None:
    report = await audited(tmp_path, asice.sealed(recipe=recipe).content)
    sentences = [*report.sentences, *(one for seal in report.signatures for one in seal.sentences)]
    assert not report.ok
    assert any(why in one for one in sentences), sentences


async def test_properties_that_were_wrapped_away_are_told(tmp_path: Path) -> None:
    """Other signed properties stand where a reader looks, and the signed ones elsewhere."""

    def wrap(text: str) -> str:
        begin, end = text.index("<xades:SignedProperties "), text.index("</xades:SignedProperties>") + 25
        signed = text[begin:end]
        forged = signed.replace('Id="S0-signed"', 'Id="S0-forged"').replace("12:00:00Z", "10:00:00Z")
        elsewhere = swap("</ds:Signature>", f"<ds:Object>{signed}</ds:Object></ds:Signature>")
        return text[:begin] + forged + elsewhere(text[end:])

    (seal,) = (await audited(tmp_path, asice.sealed(recipe=Recipe(edit_all=wrap)).content)).signatures
    assert "it signs other properties than those that it shows" in seal.sentences


async def test_a_second_file_of_signatures_without_any_is_told(tmp_path: Path) -> None:
    empty = b'<asic:XAdESSignatures xmlns:asic="http://uri.etsi.org/02918/v1.2.1#"/>'
    content = asice.archive([*asice.entries_of(asice.sealed().content), ("META-INF/signatures1.xml", empty)])
    report = await audited(tmp_path, content)
    assert "META-INF/signatures1.xml holds something else than signatures" in report.sentences


async def test_somebody_elses_older_signature_that_nobody_trusts_decides_nothing(tmp_path: Path) -> None:
    stranger = Recipe(
        seal=a_seal(another_authority()), stamp=stamped_at(NOON - timedelta(hours=1)), proofs=the_proofs(the_seal())
    )
    added = dict(asice.entries_of(asice.sealed(recipe=stranger).content))[SIGNATURES]
    content = asice.archive([*asice.entries_of(asice.sealed().content), ("META-INF/signatures1.xml", added)])
    report = await audited(tmp_path, content)
    assert [(one.is_ours, one.outcome) for one in report.signatures] == [
        (True, AuditOutcome.SOUND),
        (False, AuditOutcome.UNTRUSTED),
    ]
    assert report.ok


async def test_an_expired_certificate_without_a_timestamp_is_not_called_a_change(tmp_path: Path) -> None:
    file = tmp_path / "sealed.edoc"
    file.write_bytes(asice.sealed(recipe=Recipe(stamp=None)).content)
    report = await audit(file, [the_authority().root.certificate], NOON + timedelta(days=3650))
    assert (report.outcome, report.signatures[0].intact) == (AuditOutcome.EXPIRED, True)
    assert "no timestamp proves that it was used before" in report.signatures[0].sentences[0]


async def test_a_large_container_is_never_whole_in_memory(tmp_path: Path) -> None:
    sealed = asice.sealed({"large.bin": bytes(64_000_000)}, Recipe(archive=stamped_at(NOON)))
    file = tmp_path / "sealed.edoc"
    file.write_bytes(asice.deflated(sealed.content))
    del sealed
    tracemalloc.start()
    try:
        report = await audit(file, [the_authority().root.certificate], NOON)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (report.ok, report.signatures[0].level) == (True, SealLevel.LTA)
    assert peak < 32_000_000


async def test_signed_properties_in_another_order_are_odd_and_not_called_changed(tmp_path: Path) -> None:
    end = "</xades:SignedSignatureProperties>"
    claimed = "<xades:ClaimedRoles><xades:ClaimedRole>A</xades:ClaimedRole></xades:ClaimedRoles>"
    role = f"<xades:SignerRole>{claimed}</xades:SignerRole>"
    place = "<xades:SignatureProductionPlace><xades:City>B</xades:City></xades:SignatureProductionPlace>"
    reports = [
        await audited(tmp_path, asice.sealed(recipe=Recipe(edit_signed=swap(end, f"{claims}{end}"))).content)
        for claims in (place + role, role + place)
    ]
    assert [one.ok for one in reports] == [True, True]
    odd = "its signed properties stand in another order than XAdES has them"
    assert [one.signatures[0].remarks for one in reports] == [(), (odd,)]
