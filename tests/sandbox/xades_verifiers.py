"""Other people's verifiers of XAdES in a container: the programs xmlsec1 and openssl, and signxml."""

import subprocess
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

from cryptography import x509
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy
from signxml.exceptions import InvalidInput, InvalidSignature
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from tests.support.programs import required, run
from tests.support.waiting import PATIENCE


def _commits(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.content_commitment:
        raise ValueError("the certificate is not made for signing documents")


# Left to itself signxml asks for digitalSignature, which qualified certificates do not have (EN 319 412-2 §4.3.2).
COMMITS = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.AGNOSTIC, _commits)
SIGNED_PROPERTIES = "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"


def unpack(container: Path, folder: Path) -> Path:
    """The container's files in a folder, where the references of its signatures lead to them."""
    with ZipFile(container) as archive:
        archive.extractall(folder)
    return folder


def xmlsec1_accepts(container: Path, root_pem: bytes, folder: Path, number: int = 0) -> bool:
    """Say whether xmlsec1 accepts a signature, its documents and its chain up to this root."""
    opened = unpack(container, folder / "unpacked")
    (folder / "root.pem").write_bytes(root_pem)
    what = ("--verify", "--id-attr:Id", SIGNED_PROPERTIES, "--trusted-pem", folder / "root.pem")
    command: list[str | Path] = [required("xmlsec1"), *what, f"META-INF/signatures{number}.xml"]
    return subprocess.run(command, cwd=opened, capture_output=True, check=False, timeout=PATIENCE).returncode == 0


def signxml_accepts(container: Path, root_pem: bytes, folder: Path, number: int = 0) -> bool:
    """Say whether signxml accepts a signature, its schema, its documents and its chain up to this root."""
    (folder / "root.pem").write_bytes(root_pem)
    with ZipFile(container) as archive:
        content = archive.read(f"META-INF/signatures{number}.xml")
        documents = [name for name in archive.namelist() if name != "mimetype" and not name.startswith("META-INF/")]
        expected = XAdESSignatureConfiguration(expect_references=len(documents) + 1)
        try:
            XAdESVerifier().verify(
                content,
                expect_config=expected,
                ca_pem_file=str(folder / "root.pem"),
                ee_policy=COMMITS,
                uri_resolver=lambda uri: archive.read(unquote(uri)),
            )
        except (InvalidSignature, InvalidInput, KeyError):
            return False
    return True


def openssl_believes(token: bytes, imprint: bytes, root_pem: bytes, issuing_pem: bytes, folder: Path) -> bool:
    """Say whether openssl believes an RFC 3161 token over this imprint."""
    for name, content in {"token": token, "root.pem": root_pem, "issuing.pem": issuing_pem}.items():
        (folder / name).write_bytes(content)
    what = ("-digest", imprint.hex(), "-in", folder / "token", "-token_in")
    whom = ("-CAfile", folder / "root.pem", "-untrusted", folder / "issuing.pem")
    return run("openssl", "ts", "-verify", *what, *whom).returncode == 0
