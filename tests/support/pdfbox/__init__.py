"""PDFBox, as Debian packages it, for a second writer that nobody here has written: see `Sealer.java` for its shapes."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sandbox.pki import Authority, SigningIdentity
from sandbox.pki.cms import DATA, attribute, signed_data, signer_of
from sandbox.pki.der import oid, sequence
from sandbox.pki.keys import compute_hash
from tests.support.programs import required, required_file

JARS = Path("/usr/share/java")
NEEDED = ("pdfbox.jar", "fontbox.jar")
LOGGING = ("commons-logging.jar", "jcl-over-slf4j.jar", "slf4j-api.jar", "slf4j-nop.jar")
"""Either way to log will do, and Java passes over what is not there."""
SIGNATURE_TIME_STAMP = oid("1.2.840.113549.1.9.16.2.14")  # ETSI EN 319 122-1

Signer = Callable[[bytes], bytes]
"""Gives a CMS in DER over what has this SHA-256 digest."""


class PdfBoxError(Exception):
    """PDFBox refused; the message is what it said."""


@dataclass(frozen=True, slots=True)
class PdfBox:
    """One Java machine that does one thing after another."""

    orders: IO[str]
    answers: IO[str]

    def sign(self, source: Path, target: Path, signer: Signer) -> None:
        """Write the PDF with a signature in a field of its own, as one more revision."""
        answer = self._order("sign", source, target)
        if answer.startswith("digest "):
            answer = self._say(signer(bytes.fromhex(answer.removeprefix("digest "))).hex())
        _require_done(answer)

    def store(self, source: Path, target: Path, proofs: Sequence[tuple[str, Path]]) -> None:
        """Write the PDF with a security store, as one more revision; each proof is its array's key and its file."""
        _require_done(self._order("store", source, target, *(f"{key}={path}" for key, path in proofs)))

    def _order(self, *words: str | Path) -> str:
        return self._say("\t".join(map(str, words)))

    def _say(self, line: str) -> str:
        self.orders.write(f"{line}\n")
        self.orders.flush()
        return self.answers.readline().rstrip("\n")


def _require_done(answer: str) -> None:
    if answer != "done":
        raise PdfBoxError(answer or "it ended without a word")


@contextmanager
def running_pdfbox() -> Iterator[PdfBox]:
    """Have PDFBox running; where Java or its package is missing the test is skipped."""
    jars = [required_file(JARS / name) for name in NEEDED]
    path = ":".join(map(str, (*jars, *(JARS / name for name in LOGGING))))
    command: list[str | Path] = [
        required("java"),
        "-XX:TieredStopAtLevel=1",
        "-cp",
        path,
        Path(__file__).with_name("Sealer.java"),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield PdfBox(process.stdin, process.stdout)
        finally:
            process.stdin.close()


def cms_maker(seal: SigningIdentity, authority: Authority, now: datetime) -> Signer:
    """Sign as the practice vendor does: CAdES with a timestamp of this authority; the key is one that takes SHA-256."""

    def sign(digest: bytes) -> bytes:
        signer = signer_of(seal.certificate)
        attributes = signer.signed_attributes(DATA, digest)
        value = seal.sign_digest(compute_hash(signer.hash_name, attributes))
        token = authority.timestamp(compute_hash("sha256", value), "sha256", now)
        certificates = (signer.certificate_der, authority.issuing.certificate_der)
        signer_info = signer.signer_info(attributes, value, attribute(SIGNATURE_TIME_STAMP, token.der))
        return signed_data(sequence(DATA), signer.hash_name, certificates, signer_info)

    return sign


def seal_with_pdfbox(box: PdfBox, folder: Path, seal: SigningIdentity, authority: Authority, now: datetime) -> None:
    """Make `sealed.pdf` of `original.pdf` at level B-LT: one revision with the signature, and one with its proofs."""
    original, signed, sealed = (folder / f"{name}.pdf" for name in ("original", "signed", "sealed"))
    box.sign(original, signed, cms_maker(seal, authority, now))
    proofs = authority.validation_data(seal.certificate, now)
    kinds = {"Certs": proofs.certificates, "OCSPs": proofs.ocsp_responses, "CRLs": proofs.crls}
    files = []
    for kind, contents in kinds.items():
        for number, content in enumerate(contents):
            path = folder / f"{kind}{number}"
            path.write_bytes(content)
            files.append((kind, path))
    box.store(signed, sealed, files)
