"""The evidence of one batch as a folder that another program, and a person with openssl and sha256sum, can check.

README.txt       how to check it                SHA256SUMS    every file, for sha256sum(1)
batch.json       who approved what and when, in one table
records/         the batch's records, byte for byte
documents/       hashes of originals and sealed files, sidecars, the vendor's reports
certificates/    of the seal, and the roots
checkpoint/      the checkpoint that covers the batch, the proof, the seal in plain parts
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jinja2 import Environment, PackageLoader, StrictUndefined

from jobs.model.checkpoint import Checkpoint, checkpoint_name, decode_checkpoint
from jobs.model.history import History
from jobs.model.records import Delivered, Prepared, Signing
from jobs.settle import deliveries_of
from worker.evidence.plain_seal import PlainSeal, take_apart
from worker.storage.chains import record_path
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, write_once
from worker.storage.ledger_key import CHECKPOINTS

SUMS = "SHA256SUMS"
_ENDINGS = (".json", ".validation.json")
"""How the names of what lies beside a sealed file in the outbox end, behind its own."""

_templates = Environment(
    loader=PackageLoader("worker.evidence"),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701  it is plain text
    trim_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the evidence is taken from: the ledger with the checkpoints beside it, the outbox, and the roots."""

    ledger: Path
    outbox: Path
    anchors: Sequence[x509.Certificate]


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a bundle by path, and the number of the checkpoint in it, None where none covers the batch."""

    files: Mapping[str, bytes]
    checkpoint: int | None
    is_sealed: bool

    def write(self, folder: Path) -> None:
        """Write everything into a new folder. Blocks. Raises FileExistsError."""
        make_folder(folder.parent)
        folder.mkdir()
        for path, content in self.files.items():
            write_once(make_folder((folder / path).parent) / Path(path).name, content)


def collect(history: History, sources: Sources, now: datetime) -> Bundle:
    """Collect the evidence of a batch. Blocks. Raises BrokenCheckpoint and OSError."""
    records = len(history.records)
    paths = [record_path(sources.ledger, history.batch, number) for number in range(1, records + 1)]
    files = {f"records/{path.name}": path.read_bytes() for path in paths}
    files |= _documents(history, sources.outbox) | _certificates(history, sources.anchors)
    checkpoints = Checkpoints(sources.ledger.parent / CHECKPOINTS)
    checkpoint = _choose(history, checkpoints)
    seal = _seal(checkpoint, checkpoints)
    if checkpoint:
        files |= _checkpoint_files(checkpoint, history, checkpoints, seal)
    name = checkpoint_name(checkpoint.number) if checkpoint else None
    facts = _describe(history) | {"checkpoint": name, "sealed": seal is not None, "exported_at": now.isoformat()}
    files["batch.json"] = (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()
    readme = _templates.get_template("README.txt")
    files["README.txt"] = readme.render(
        batch=history.batch,
        records=records,
        newest=paths[-1].name,
        is_prepared=history.has(Prepared),
        checkpoint=name,
        seal=seal,
    ).encode()
    sums = "".join(_line(hashlib.sha256(files[path]).hexdigest(), path) for path in sorted(files))
    return Bundle(files | {SUMS: sums.encode()}, checkpoint.number if checkpoint else None, seal is not None)


def _choose(history: History, checkpoints: Checkpoints) -> Checkpoint | None:
    """The first sealed checkpoint that covers every record so far, or else the first of all."""
    covering: list[Checkpoint] = []
    for number in checkpoints.numbers():
        checkpoint = decode_checkpoint(checkpoints.path(number).read_bytes())
        head = checkpoint.by_batch.get(history.batch)
        if head and head.records == len(history.records):
            if checkpoints.sealed(number).exists():
                return checkpoint
            covering.append(checkpoint)
    return covering[0] if covering else None


def _seal(checkpoint: Checkpoint | None, checkpoints: Checkpoints) -> PlainSeal | None:
    if checkpoint is None or not checkpoints.sealed(checkpoint.number).exists():
        return None
    return take_apart(checkpoints.sealed(checkpoint.number))


def _checkpoint_files(
    checkpoint: Checkpoint, history: History, checkpoints: Checkpoints, seal: PlainSeal | None
) -> dict[str, bytes]:
    path, sealed = checkpoints.path(checkpoint.number), checkpoints.sealed(checkpoint.number)
    proof = "".join(f"{step.side} {step.neighbour.hex()}\n" for step in checkpoint.prove(history.batch))
    files = {path.name: path.read_bytes(), "proof.txt": proof.encode()}
    if seal:
        files |= {
            sealed.name: sealed.read_bytes(),
            "signed-info.xml": seal.signed_info,
            "signature.bin": seal.signature,
            "signature-value.xml": seal.stamped,
            "timestamp.tst": seal.timestamp,
            "seal.pem": seal.certificate,
            "chain.pem": seal.chain,
        }
    return {f"checkpoint/{name}": content for name, content in files.items()}


def _documents(history: History, outbox: Path) -> dict[str, bytes]:
    originals = "".join(
        _line(file.sha256.hex, f"{document.name}/{file.name}" if document.data_files else document.name)
        for document in history.documents.values()
        for file in document.files
    )
    deliveries = deliveries_of(history)
    sealed = "".join(_line(delivery.sha256.hex, delivery.name) for delivery in deliveries)
    beside = {
        f"documents/{delivery.name}{ending}": path.read_bytes()
        for delivery in deliveries
        for ending in _ENDINGS
        if (path := outbox / history.gathered.route / f"{delivery.name}{ending}").is_file()
    }
    return {"documents/originals.sha256": originals.encode(), "documents/sealed.sha256": sealed.encode()} | beside


def _certificates(history: History, anchors: Sequence[x509.Certificate]) -> dict[str, bytes]:
    files = {"certificates/anchors.pem": b"".join(anchor.public_bytes(Encoding.PEM) for anchor in anchors)}
    if history.has(Prepared):
        seal = x509.load_der_x509_certificate(base64.b64decode(history.prepared.seal.certificate))
        files["certificates/seal.pem"] = seal.public_bytes(Encoding.PEM)
    return files


def _describe(history: History) -> dict[str, Any]:
    """The facts of a batch, in a form that only grows within one `version`."""
    gathered = history.gathered
    outcomes = {each.document: each for each in history.last(Delivered).outcomes} if history.has(Delivered) else {}
    return {
        "format": "zimogs-evidence",
        "version": 1,
        "batch": history.batch,
        "route": gathered.route,
        "seal": gathered.seal,
        "profile": gathered.profile.model_dump(mode="json"),
        "state": history.state,
        "since": history.since.isoformat(),
        "approvals": [
            {"approver": record.approver, "at": record.at.isoformat()}
            for record in history.records
            if isinstance(record, Signing)
        ],
        "documents": [
            {
                **document.model_dump(mode="json", exclude={"remarks", "route"}),
                "outcome": outcomes[document.id].model_dump(mode="json") if document.id in outcomes else None,
            }
            for document in gathered.documents
        ],
    }


def _line(digits: str, name: str) -> str:
    """As sha256sum(1) writes it: a backslash in front says that those of the name are escaped, and its line feeds."""
    escaped = name.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")
    mark = "" if escaped == name else "\\"
    return f"{mark}{digits}  {escaped}\n"
