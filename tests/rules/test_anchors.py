"""Trust anchors come from files, and a file that gives none is named."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.pki import another_authority, the_authority
from worker.anchors import UnusableAnchor, load_anchors


def test_anchors_are_read_from_pem_and_der_and_each_once(tmp_path: Path) -> None:
    ours, theirs = the_authority().root.certificate, another_authority().root.certificate
    (tmp_path / "both.pem").write_bytes(
        b"Our roots:\n" + ours.public_bytes(Encoding.PEM) + theirs.public_bytes(Encoding.PEM)
    )
    (tmp_path / "ours.cer").write_bytes(ours.public_bytes(Encoding.DER))
    assert load_anchors([tmp_path / "both.pem", tmp_path / "ours.cer"]) == (ours, theirs)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableAnchor, match=r"missing\.pem cannot be read: No such file"):
        load_anchors([tmp_path / "missing.pem"])


@pytest.mark.parametrize(
    "content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_a_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "root.pem").write_bytes(content)
    with pytest.raises(UnusableAnchor, match=r"root\.pem holds no certificate"):
        load_anchors([tmp_path / "root.pem"])


def test_no_anchors_at_all_are_an_error() -> None:
    with pytest.raises(UnusableAnchor, match="no trust anchor is configured"):
        load_anchors([])
