"""Hostile acts: each is done, each is sound cryptography, and only who compares with the original can find it."""

import io
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from asn1crypto import cms
from pyhanko.sign.general import find_unique_cms_attribute

from sandbox.pades.lossless.document import Pdf
from sandbox.variants.signapi import PdfWriter
from sandbox.weather.acts import HostileAct
from sandbox.weather.operations import Operation
from sandbox.weather.rules import Kind, Rule
from tests.sandbox.integration import Integration, seal_documents
from tests.sandbox.practice import an_invoice
from tests.sandbox.sealing import a_session, download_sealed, names_in, seal_files
from tests.sandbox.verifiers import pdfsig_report, signatures
from tests.sandbox.written import a_page
from tests.sandbox.xades_verifiers import xmlsec1_accepts

LACKING = a_page(b"", b" /Resources <</XObject <</Wm 9 0 R>>>>")
DONE = {
    HostileAct.PAINT: b"/Rect [0 0 595 842]",
    HostileAct.ANNOTATE: b"/Subtype /FreeText",
    HostileAct.SCRIPT: b"/AA <</E <</S /JavaScript",
    HostileAct.OPEN_ACTION: b"/OpenAction <</S /JavaScript",
    HostileAct.NAMED_SCRIPT: b"/JavaScript <</Names [(a) <</S /JavaScript",
    HostileAct.SUPPLY: b"9 0 obj\n<</Type /XObject",
    HostileAct.REPLACE_PAGE: b"(Pay 999 EUR) Tj",
    HostileAct.EDIT_AFTERWARDS: b"(Pay 999 EUR) Tj",
}
CLAIMED = {
    HostileAct.CLAIM_ROLE: b"<xades:ClaimedRole>Valdes loceklis<",
    HostileAct.CLAIM_POLICY: b"<xades:SignaturePolicyIdentifier>",
    HostileAct.CLAIM_PLACE: b"<xades:City>Elsewhere<",
    HostileAct.CLAIM_COMMITMENT: b"<xades:CommitmentTypeIndication>",
}

FILES_CHANGED = (HostileAct.ADD_FILE, HostileAct.SWAP_FILE, HostileAct.SLIP_IN_FILE, HostileAct.SIGN_TWICE)


async def a_hostile_pdf(integration: Integration, act: HostileAct, writer: PdfWriter = PdfWriter.PYHANKO) -> bytes:
    await integration.choose(pdf_writer=writer)
    await integration.order({"operation": act.operation, "kind": "hostile", "act": act})
    (session_id,) = await seal_documents(integration, [LACKING if act is HostileAct.SUPPLY else an_invoice()])
    return await download_sealed(integration, session_id)


async def a_hostile_container(integration: Integration, act: HostileAct) -> bytes:
    await integration.introspect()
    session_id = await a_session(integration)
    await integration.order({"operation": act.operation, "kind": "hostile", "act": act})
    await seal_files(integration, [session_id])
    return await download_sealed(integration, session_id)


@pytest.mark.parametrize("writer", [PdfWriter.PYHANKO, PdfWriter.STREAM])
@pytest.mark.parametrize("act", DONE)
async def test_an_act_on_a_pdf_is_done_and_the_seal_is_valid(
    integration: Integration, act: HostileAct, writer: PdfWriter, tmp_path: Path
) -> None:
    document = await a_hostile_pdf(integration, act, writer)
    assert any(DONE[act] in value for value in whole(document))
    assert "Signature is Valid" in pdfsig_report(document, tmp_path)


def whole(document: bytes) -> list[bytes]:
    """The file, and the objects that lie compressed in it."""
    return [document, *(b"%d %d obj\n%b" % (*reference, value) for reference, value in Pdf.of(document).objects())]


def token_of(document: bytes) -> cms.SignedData:
    """The timestamp on the only signature of a PDF."""
    (signature,) = signatures(document)
    token = find_unique_cms_attribute(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")
    return token["content"]


@pytest.mark.parametrize(("act", "days"), [(HostileAct.BACKDATE, -1), (HostileAct.POSTDATE, 1)])
async def test_a_timestamp_may_lie_by_a_day(
    integration: Integration, act: HostileAct, days: int, tmp_path: Path
) -> None:
    document = await a_hostile_pdf(integration, act)
    stamped = token_of(document)["encap_content_info"]["content"].parsed["gen_time"].native
    claimed = signatures(document)[0].self_reported_timestamp
    assert claimed is not None
    assert round((stamped - claimed) / timedelta(days=1)) == days
    assert "Signature is Valid" in pdfsig_report(document, tmp_path)


async def test_a_timestamp_may_be_signed_with_a_hash_that_is_broken(integration: Integration, tmp_path: Path) -> None:
    document = await a_hostile_pdf(integration, HostileAct.WEAKEN)
    (signer,) = token_of(document)["signer_infos"]
    assert signer["signature_algorithm"]["algorithm"].native == "sha1_ecdsa"
    assert "Signature is Valid" in pdfsig_report(document, tmp_path)


@pytest.mark.parametrize(
    "act", [HostileAct.ADD_FILE, HostileAct.SWAP_FILE, HostileAct.SLIP_IN_FILE, HostileAct.SIGN_TWICE, *CLAIMED]
)
async def test_an_act_on_a_container_is_done_and_the_signature_is_valid(
    integration: Integration, act: HostileAct, tmp_path: Path
) -> None:
    content = await a_hostile_container(integration, act)
    container = tmp_path / "sealed.edoc"
    container.write_bytes(content)
    with ZipFile(io.BytesIO(content)) as archive:
        signature = archive.read("META-INF/signatures0.xml")
        contents = [archive.read(name) for name in archive.namelist()]
    assert CLAIMED.get(act, b"") in signature
    assert ("pielikums.txt" in names_in(content)) == (act in {HostileAct.ADD_FILE, HostileAct.SLIP_IN_FILE})
    assert (b"Pay 999 EUR" in contents) == (act in {HostileAct.ADD_FILE, HostileAct.SLIP_IN_FILE, HostileAct.SWAP_FILE})
    assert ("META-INF/signatures1.xml" in names_in(content)) == (act is HostileAct.SIGN_TWICE)
    assert xmlsec1_accepts(container, integration.sandbox.vendor.authority.root_pem, tmp_path)


async def test_an_act_on_a_file_of_the_other_form_does_nothing(integration: Integration) -> None:
    assert "pielikums.txt" not in names_in(await a_hostile_container(integration, HostileAct.PAINT))


@pytest.mark.parametrize("act", list(HostileAct))
def test_an_act_belongs_to_the_call_at_which_it_is_done(act: HostileAct) -> None:
    assert Rule(operation=act.operation, kind=Kind.HOSTILE, act=act).act is act
    other = Operation.FINALIZE if act.operation is Operation.CALCULATE_DIGEST else Operation.CALCULATE_DIGEST
    with pytest.raises(ValueError, match="happens at"):
        Rule(operation=other, kind=Kind.HOSTILE, act=act)


@pytest.mark.parametrize("senseless", [{"kind": Kind.HOSTILE}, {"kind": Kind.RESET, "act": HostileAct.BACKDATE}])
def test_an_act_belongs_to_what_is_hostile(senseless: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="an act belongs to what is hostile"):
        Rule.model_validate({"operation": Operation.FINALIZE, **senseless})
