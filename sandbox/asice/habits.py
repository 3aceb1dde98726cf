"""What tells the containers of two libraries apart, where the standards leave it open."""

from dataclasses import dataclass

from sandbox.variants.signapi import ContainerWriter


@dataclass(frozen=True, slots=True)
class ContainerHabits:
    """How a library names, packs and fills what it makes."""

    file_name: str  # of a signature file, by the number that stands in the signature's Id
    first_number: int  # of signatures and of references
    reference_id: str
    transforms_properties: bool  # whether the reference to the signed properties names a canonicalization
    states_old_certificate: bool  # SigningCertificate of XAdES 1.3.2, where EN 319 132-1 has SigningCertificateV2
    states_empty_claims: bool
    carries_chain: bool  # in KeyInfo and CertificateValues; otherwise the issuer stands in the OCSP answers
    attributes: int  # external ones of every ZIP entry
    remark: bytes  # the comment of the manifest's entry

    def signature_id(self, number: int) -> str:
        """Return the Id of the signature of this number, counted from 0."""
        return f"S{number + self.first_number}"

    def signature_entry(self, number: int) -> str:
        """Return the name of the signature file of this number, counted from 0."""
        return f"META-INF/{self.file_name.format(number + self.first_number)}"

    def reference(self, signature_id: str, place: int) -> str:
        """Return the Id of the reference to the document at this place, counted from 0."""
        return self.reference_id.format(signature_id, place + self.first_number)


HABITS = {
    ContainerWriter.BASELINE: ContainerHabits(
        file_name="signatures{}.xml",
        first_number=0,
        reference_id="{}-RefId{}",
        transforms_properties=True,
        states_old_certificate=False,
        states_empty_claims=False,
        carries_chain=True,
        attributes=0o100644 << 16,  # a regular file, as Unix sees it
        remark=b"",
    ),
    ContainerWriter.EDOC: ContainerHabits(
        file_name="edoc-signatures-S{}.xml",
        first_number=1,
        reference_id="{}-ref-{}",
        transforms_properties=False,
        states_old_certificate=True,
        states_empty_claims=True,
        carries_chain=False,
        attributes=0,
        remark=b"EDOC/2.0; LIB/2.6.18",
    ),
}
