"""One XAdES signature: its references by signxml, its certificates and timestamps by pyHanko."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from asn1crypto.cms import ContentInfo
from cryptography import x509
from lxml import etree
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, RevokedError, ValidationError
from signxml.exceptions import InvalidSignature
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from jobs.model.levels import Form, Level
from worker.audit.qualifying import Qualifying, Stamp
from worker.audit.report import SignatureReport, Verdict, complaints, unproven
from worker.audit.trust import Material, proving, trusting

_UNCOVERED = "it does not cover every file of the container"

Context = Callable[[Material, Sequence[x509.Certificate], datetime], ValidationContext]


class XadesAuditor:
    """Audits one ds:Signature over these files of a container."""

    def __init__(
        self, element: etree._Element, files: Mapping[str, bytes], anchors: Sequence[x509.Certificate], now: datetime
    ) -> None:
        self._element = element
        self._files = files
        self._anchors = anchors
        self._now = now
        self._found = Qualifying(element, files)

    async def report(self) -> SignatureReport:
        """Judge it. Raises nothing, whatever is wrong with the signature."""
        try:
            return await self._judged()
        except Exception as error:  # noqa: BLE001 - one broken signature must not hide the others
            return self._report(None, None, (f"the signature cannot be validated: {error}",))

    async def _judged(self) -> SignatureReport:
        bare = self._integrity()
        proven = await self._verdict(bare, proving, self._found.material())
        if proven.trusted and proven.stamped_at and proven.stamp_is_sound:
            return await self._archived(proven)
        verdict = proven if proven.revoked else await self._verdict(bare, trusting, self._found.material())
        level = Level.T if verdict.stamped_at and verdict.stamp_is_sound else Level.B
        return self._report(verdict, level, complaints(verdict, _UNCOVERED, unproven(verdict), self._now))

    async def _archived(self, verdict: Verdict) -> SignatureReport:
        """Whether archive timestamps cover the proofs, too."""
        level, sound = Level.LT, True
        for stamp in self._found.archive_stamps():
            status = await self._stamp_status(stamp, trusting, self._found.material())
            sound = sound and _is_sound(status)
            covered = await self._verdict(verdict, proving, self._found.material(stamp.before))
            if sound and covered.trusted and covered.stamp_is_sound:
                level = Level.LTA
        verdict = replace(verdict, archives_are_sound=sound)
        return self._report(verdict, level, complaints(verdict, _UNCOVERED, None, self._now))

    def _integrity(self) -> Verdict:
        """What signxml says of the references, and whether they name every file. Raises SignXMLException."""
        asked: set[str] = set()

        def resolve(uri: str) -> bytes:
            asked.add(name := unquote(uri))
            return self._files[name]

        intact = True
        try:
            self._verify(resolve)
        except InvalidSignature:
            intact = False
        return Verdict(
            intact=intact,
            trusted=False,
            revoked=False,
            covers=not intact or asked == set(self._files),
            stamped_at=self._stamped_at(),
            stamp_is_sound=True,
        )

    def _verify(self, resolve: Callable[[str], bytes]) -> None:
        moment = self._stamped_at() or self._now
        XAdESVerifier().verify(
            self._element,
            x509_cert=x509.load_der_x509_certificate(self._found.certificate.dump()),
            uri_resolver=resolve,
            expect_config=XAdESSignatureConfiguration(location="./", expect_references=True, verification_time=moment),
        )

    async def _verdict(self, bare: Verdict, context: Context, material: Material) -> Verdict:
        """Complete what integrity says with what this context says of certificates."""
        stamps = self._found.signature_stamps()
        statuses = [await self._stamp_status(stamp, context, material) for stamp in stamps]
        trusted, revoked = await self._standing(context(material, self._anchors, self._stamped_at() or self._now))
        return replace(
            bare,
            trusted=trusted,
            revoked=revoked or any(status.revoked for status in statuses),
            stamp_is_sound=all(_is_sound(status) for status in statuses),
        )

    async def _standing(self, context: ValidationContext) -> tuple[bool, bool]:
        """Whether the signer's certificate is trusted, and whether it is revoked."""
        validator: Any = CertificateValidator(self._found.certificate, validation_context=context)
        try:
            await validator.async_validate_usage({"non_repudiation"})
        except RevokedError:
            return False, True
        except (ValidationError, PathError):
            return False, False
        return True, False

    async def _stamp_status(self, stamp: Stamp, context: Context, material: Material) -> TimestampSignatureStatus:
        content = ContentInfo.load(stamp.token)["content"]
        moment = content["encap_content_info"]["content"].parsed["gen_time"].native
        stated = await validate_tst_signed_data(
            content,
            context(material, self._anchors, moment),
            lambda name: hashlib.new(name, stamp.covered).digest(),
        )
        return TimestampSignatureStatus(**stated)

    def _stamped_at(self) -> datetime | None:
        """What the signature's first timestamp says, whether or not it can be trusted."""
        for stamp in self._found.signature_stamps():
            content = ContentInfo.load(stamp.token)["content"]["encap_content_info"]["content"]
            moment: datetime = content.parsed["gen_time"].native
            return moment
        return None

    def _report(self, verdict: Verdict | None, level: Level | None, problems: tuple[str, ...]) -> SignatureReport:
        subject = self._found.subject
        return SignatureReport(
            sealed_by=subject.get("common_name", "unknown"),
            organisation=subject.get("organization_identifier"),
            sealed_at=verdict.stamped_at if verdict and verdict.stamped_at else self._found.claimed,
            form=Form.XADES,
            level=level,
            intact=verdict is not None and verdict.intact,
            trusted=verdict is not None and verdict.trusted,
            covers_whole_file=verdict is not None and verdict.intact and verdict.covers,
            problems=problems,
        )


def _is_sound(status: TimestampSignatureStatus) -> bool:
    return bool(status.intact and status.valid and status.trusted)
