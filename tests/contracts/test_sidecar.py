"""What stands beside a sealed file, as its published form describes it."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from jobs.model.metadata import read_metadata
from jobs.model.names import batch_id
from jobs.model.seals import SealedBy
from tests.support.builders import ANNA, INVOICES, NOON
from tests.support.pki import the_seal
from tests.support.schemas import validator_of
from tests.support.shelves import Downloaded, downloaded
from worker.storage.layout import Layout
from worker.storage.outbox import DiskOutbox
from worker.storage.schemas import describe_metadata, describe_sealed
from worker.storage.sidecar import read_sidecar

FIRST = batch_id(INVOICES, 1)
PUBLISHED = Path(__file__).parents[2] / "deploy" / "schemas"
SAID = b'{"number": "R-17", "total": 121.00, "currency": "EUR", "other": {"order": "A-7"}}'


@pytest.fixture
def certificate() -> bytes:
    return the_seal().certificate.public_bytes(Encoding.DER)


@pytest.fixture
def item(tmp_path: Path) -> Downloaded:
    plain = downloaded(Layout(tmp_path / "data"), name="a.pdf")
    document = plain.document.model_copy(update={"metadata": read_metadata(SAID)})
    return Downloaded(document, plain.content, plain.place)


@pytest.fixture
def sealed_by(certificate: bytes) -> SealedBy:
    told = base64.b64encode(certificate).decode()
    return SealedBy(label="SIA PARAUGS: eZīmogs", certificate=told, approver=ANNA, approved_at=NOON)


async def written(tmp_path: Path, item: Downloaded, sealed_by: SealedBy | None, **settings: bool) -> dict[str, Any]:
    outbox = DiskOutbox(tmp_path / "outbox", Layout(tmp_path / "data"), **settings)
    await outbox.deliver(FIRST, item.document, item.copy.model_copy(update={"sealed_by": sealed_by}))
    content: dict[str, Any] = json.loads((tmp_path / "outbox/invoices/a.pdf.json").read_bytes())
    return content


async def test_it_names_seal_approver_and_batch_and_carries_the_metadata(
    tmp_path: Path, item: Downloaded, sealed_by: SealedBy, certificate: bytes
) -> None:
    sidecar = await written(tmp_path, item, sealed_by)
    assert sidecar["seal"] == {
        "label": "SIA PARAUGS: eZīmogs",
        "certificate_serial": f"{x509.load_der_x509_certificate(certificate).serial_number:x}",
        "certificate_sha256": sha256(certificate).hexdigest(),
    }
    assert sidecar["approval"] == {"approver": ANNA, "approved_at": "2026-11-23T12:00:00Z"}
    assert (sidecar["batch"], sidecar["route"], sidecar["version"]) == (FIRST, INVOICES, 1)
    assert sidecar["metadata"] == {
        "number": "R-17",
        "total": "121.00",
        "currency": "EUR",
        "other": {"order": "A-7"},
    }


async def test_it_leaves_the_approver_out_where_that_is_set(
    tmp_path: Path, item: Downloaded, sealed_by: SealedBy
) -> None:
    sidecar = await written(tmp_path, item, sealed_by, name_approver=False)
    assert sidecar["approval"] == {"approved_at": "2026-11-23T12:00:00Z"}


async def test_what_is_not_known_is_left_out(tmp_path: Path, item: Downloaded) -> None:
    plain = Downloaded(item.document.model_copy(update={"metadata": None}), item.content, item.place)
    assert set(await written(tmp_path, plain, None)) == {
        "format",
        "version",
        "document",
        "batch",
        "route",
        "original",
        "sealed",
    }


async def test_it_is_as_its_published_form_describes_it_and_can_be_read_back(
    tmp_path: Path, item: Downloaded, sealed_by: SealedBy
) -> None:
    schema = json.loads((PUBLISHED / "sealed.json").read_bytes())
    validator = validator_of(schema)
    sidecar = await written(tmp_path, item, sealed_by)
    validator.validate(sidecar)
    validator.validate({**sidecar, "of a later version": 1})
    assert not validator.is_valid({name: value for name, value in sidecar.items() if name != "sealed"})
    read = read_sidecar(tmp_path / "outbox/invoices/a.pdf.json")
    assert read is not None
    assert read.metadata == item.document.metadata


async def test_the_memory_of_deliveries_stays_small(tmp_path: Path, item: Downloaded, sealed_by: SealedBy) -> None:
    await written(tmp_path, item, sealed_by)
    (log,) = (tmp_path / "outbox/.delivered").iterdir()
    assert not {b"metadata", b"approval", b"certificate_sha256"} & set(log.read_bytes().split(b'"'))


@pytest.mark.parametrize(("name", "described"), [("sealed", describe_sealed), ("metadata", describe_metadata)])
def test_what_is_published_is_what_the_program_describes(name: str, described: Any) -> None:
    """Where they differ, `zimogs schema NAME > deploy/schemas/NAME.json` publishes anew."""
    assert json.loads((PUBLISHED / f"{name}.json").read_bytes()) == described()


def test_metadata_that_its_published_form_allows_is_taken() -> None:
    schema = json.loads((PUBLISHED / "metadata.json").read_bytes())
    validator = validator_of(schema)
    validator.validate(json.loads(SAID))
    assert not validator.is_valid({"amount": 1})
    assert not validator.is_valid({"other": {"a": {"b": "c"}}})
