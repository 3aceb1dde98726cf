"""Hostile acts on containers: what is sealed along, what the signature claims, and what stands in it afterwards.

§ are those of ETSI EN 319 132-1.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

from lxml import etree

from sandbox.asice import Document, hash_document
from sandbox.asice.container import SIGNATURES
from sandbox.asice.xml import DIGEST, append_child, base64_text, ds, xades
from sandbox.pki.keys import compute_hash
from sandbox.weather.acts import HostileAct

EXTRA, ANOTHER_CONTENT = "pielikums.txt", b"Pay 999 EUR"
SECOND = "META-INF/signatures1.xml"
POLICY = "urn:oid:1.3.6.1.4.1.99999.1"
APPROVAL = "http://uri.etsi.org/01903/v1.2.2#ProofOfApproval"

AppendClaim = Callable[[etree._Element], None]  # noqa: SLF001 - the name that lxml gives its elements
"""Appends to the signed properties of a signature: those of itself stand first, then those of its data objects."""


def claim_for(act: HostileAct | None) -> AppendClaim | None:
    """Return what the act has the signature claim, if anything."""
    return CLAIMS.get(act) if act else None


def substitute(
    act: HostileAct | None, documents: Sequence[Document], sources: dict[str, Path], target: Path
) -> tuple[list[Document], dict[str, Path]]:
    """Return what is sealed in the place of these documents, with its sources; files of its own stand by `target`."""
    if act not in {HostileAct.ADD_FILE, HostileAct.SWAP_FILE}:
        return list(documents), sources
    path = target.with_suffix(".other")
    path.write_bytes(ANOTHER_CONTENT)
    name = EXTRA if act is HostileAct.ADD_FILE else documents[0].name
    kept = documents if act is HostileAct.ADD_FILE else documents[1:]
    return [*kept, hash_document(name, path)], {**sources, name: path}


def tamper_with_container(act: HostileAct, container: Path) -> None:
    """Put something more into a sealed container; acts of another kind do nothing here."""
    with ZipFile(container, "a") as archive:
        if act is HostileAct.SLIP_IN_FILE:
            archive.writestr(EXTRA, ANOTHER_CONTENT)
        if act is HostileAct.SIGN_TWICE:
            (signed,) = (name for name in archive.namelist() if SIGNATURES.fullmatch(name))
            archive.writestr(SECOND, archive.read(signed))


def _claim_role(properties: etree._Element) -> None:
    """Append SignerRoleV2 (§5.2.6)."""
    role = append_child(append_child(properties[0], xades("SignerRoleV2")), xades("ClaimedRoles"))
    append_child(role, xades("ClaimedRole"), "Valdes loceklis")


def _claim_policy(properties: etree._Element) -> None:
    """Append SignaturePolicyIdentifier (§5.2.9)."""
    policy = append_child(append_child(properties[0], xades("SignaturePolicyIdentifier")), xades("SignaturePolicyId"))
    append_child(append_child(policy, xades("SigPolicyId")), xades("Identifier"), POLICY)
    digest = append_child(policy, xades("SigPolicyHash"))
    append_child(digest, ds("DigestMethod"), Algorithm=DIGEST["sha256"])
    append_child(digest, ds("DigestValue"), base64_text(compute_hash("sha256", b"")))


def _claim_place(properties: etree._Element) -> None:
    """Append SignatureProductionPlaceV2 (§5.2.5)."""
    append_child(append_child(properties[0], xades("SignatureProductionPlaceV2")), xades("City"), "Elsewhere")


def _claim_commitment(properties: etree._Element) -> None:
    """Append CommitmentTypeIndication (§5.2.3) to the properties of the data objects."""
    commitment = append_child(properties[1], xades("CommitmentTypeIndication"))
    append_child(append_child(commitment, xades("CommitmentTypeId")), xades("Identifier"), APPROVAL)
    append_child(commitment, xades("AllSignedDataObjects"))


CLAIMS: dict[HostileAct, AppendClaim] = {
    HostileAct.CLAIM_ROLE: _claim_role,
    HostileAct.CLAIM_POLICY: _claim_policy,
    HostileAct.CLAIM_PLACE: _claim_place,
    HostileAct.CLAIM_COMMITMENT: _claim_commitment,
}
