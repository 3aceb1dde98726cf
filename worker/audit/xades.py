"""One XAdES signature: its references by signxml, its certificates and timestamps by pyHanko."""

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from asn1crypto.x509 import Certificate
from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm
from signxml.exceptions import InvalidDigest, InvalidInput, InvalidSignature, SignXMLException
from signxml.util import namespaces
from signxml.verifier import VerifyResult
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from jobs.model.levels import Form
from worker.audit.assessment import ArchiveProof, SignatureClaim
from worker.audit.cms import find_weakness, read_token
from worker.audit.qualifying import Qualifying, ReadPieces, find_entry
from worker.audit.report import AuditOutcome, Problem

Hasher = Callable[[str, str], bytes]
"""Gives the hash of the data file of that name, by the algorithm's name. Raises KeyError when there is none."""

_WEAK = ("sha1", "md5", "ripemd")
"""What no name of an algorithm may hold (ETSI TS 119 312 §5)."""


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The data files of a container, and how what stands in them is got at."""

    types: Mapping[str, str | None]
    """The media type of each, by its name, as the manifest has it."""
    hash_of: Hasher
    pieces: ReadPieces


def read_claim(element: etree._Element, files: DataFiles) -> SignatureClaim:
    """Take one ds:Signature over these files apart. Raises nothing, whatever is wrong with it."""
    qualifying = Qualifying(element, lambda name: files.pieces(find_entry(name, files.types)))
    try:
        return _claim(qualifying, element, files)
    except Exception as error:  # noqa: BLE001 - one broken signature must not hide the others
        fault = Problem(AuditOutcome.CANNOT_TELL, f"the signature cannot be validated: {error}")
        return SignatureClaim(Form.XADES, qualifying.readable_certificate, qualifying.signing_time, (fault,))


def _claim(qualifying: Qualifying, element: etree._Element, files: DataFiles) -> SignatureClaim:
    certificate = qualifying.certificate
    faults = [*qualifying.faults(), *find_weakness("sha256", certificate.public_key)]
    for one in element.iter("{*}SignatureMethod", "{*}DigestMethod"):
        algorithm = one.get("Algorithm", "")
        if any(weak in algorithm.lower() for weak in _WEAK):
            faults.append(Problem(AuditOutcome.WEAK, f"{algorithm.rpartition('#')[2]} is too weak"))
    covered: set[str] = set()
    faults += _find_changes(element, certificate, files, covered) if not faults else ()
    left_out = files.types.keys() - covered
    faults += _find_other_types(qualifying, files, covered)
    uncovered = "it does not cover every file of the container"
    return SignatureClaim(
        Form.XADES,
        certificate,
        qualifying.signing_time,
        tuple(faults),
        (Problem(AuditOutcome.ALTERED, uncovered),) if left_out and not faults else (),
        tuple(read_token(stamp.token, stamp.imprint) for stamp in qualifying.signature_stamps()),
        qualifying.material(),
        tuple(
            ArchiveProof(read_token(stamp.token, stamp.imprint), qualifying.material(stamp.before))
            for stamp in qualifying.archive_stamps()
        ),
        tuple(qualifying.remarks()),
    )


def _find_other_types(qualifying: Qualifying, files: DataFiles, covered: set[str]) -> Iterator[Problem]:
    """Say whether a file is another kind of file to whoever reads the manifest, which nobody signed.

    Every file's media type is signed too (ETSI EN 319 132-1 §6.3), and libdigidocpp compares them.
    """
    stated = {find_entry(name, files.types): kind for name, kind in qualifying.media_types().items()}
    for name in sorted(covered):
        if not stated[name]:
            yield Problem(AuditOutcome.CANNOT_TELL, f"it does not say what kind of file {name} is")
        elif files.types[name] not in {None, stated[name]}:
            yield Problem(AuditOutcome.ALTERED, f"the manifest calls {name} another kind of file than it does")


def _find_changes(
    element: etree._Element, certificate: Certificate, files: DataFiles, covered: set[str]
) -> Iterator[Problem]:
    """Say whether anything that is referred to was changed; adds the files that are covered."""
    # Whether the certificate was valid is another question than whether the content is whole.
    moment = certificate.not_valid_before
    try:
        _Verifier(files, covered).verify(
            element,
            x509_cert=x509.load_der_x509_certificate(certificate.dump()),
            expect_config=XAdESSignatureConfiguration(location="./", expect_references=True, verification_time=moment),
            # The library's schema knows no ec:InclusiveNamespaces; that each part stands once is asked above.
            validate_schema=False,
        )
    except InvalidSignature:
        yield Problem(AuditOutcome.ALTERED, "the content was changed after it was sealed")
    except KeyError as error:
        yield Problem(AuditOutcome.ALTERED, f"it covers {error.args[0]}, which the container does not hold")
    except SignXMLException as error:
        yield Problem(AuditOutcome.CANNOT_TELL, f"the signature cannot be validated: {error}")


class _Verifier(XAdESVerifier):
    """signxml's verifier, which takes the hashes of files from whoever streams them: it would read each file whole."""

    def __init__(self, files: DataFiles, covered: set[str]) -> None:
        super().__init__()
        self._files = files
        self._covered = covered

    def _verify_reference(self, reference: etree._Element, *others: Any) -> VerifyResult:
        uri = reference.get("URI", "")
        if uri.startswith("#"):
            found: VerifyResult = super()._verify_reference(reference, *others)  # type: ignore[no-untyped-call]
            return found
        if reference.find("ds:Transforms", namespaces) is not None:
            raise InvalidInput(f"{uri} is changed by a transform before it is hashed")
        method, value = (reference.find(f"ds:{name}", namespaces) for name in ("DigestMethod", "DigestValue"))
        if method is None or value is None:
            raise InvalidInput(f"{uri} is referred to without its digest")
        algorithm = DigestAlgorithm(method.get("Algorithm"))
        self.check_digest_alg_expected(algorithm)  # type: ignore[no-untyped-call]
        name = find_entry(unquote(uri, errors="strict"), self._files.types)
        if b64decode(value.text or "") != self._files.hash_of(name, algorithm.name.lower()):
            raise InvalidDigest(f"{name} was changed")
        self._covered.add(name)
        return VerifyResult(b"", None, reference, b"")
