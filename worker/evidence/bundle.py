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
import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic_core import to_jsonable_python

from jobs.model.checkpoint import Extent, checkpoint_name
from jobs.model.history import History
from jobs.model.merkle import ProofStep
from jobs.model.names import RouteName
from jobs.model.records import Delivered, Prepared, Released, Signing
from jobs.settle import deliveries_of
from worker.evidence.plain_seal import PlainSeal, take_apart
from worker.storage.archives.entries import read_wherever
from worker.storage.checkpoints import Checkpoints
from worker.storage.durable import make_folder, write_once
from worker.storage.ledger_key import CHECKPOINTS
from worker.storage.tree import Location

SUMS = "SHA256SUMS"
_LONGEST = 64 << 20
"""Bytes of what lies beside a sealed file: more than any report has."""
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


class _Covering(NamedTuple):
    """A checkpoint that covers a batch, and what leads from there to its root."""

    number: int
    proof: Sequence[ProofStep]


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
    """Collect the evidence of a batch. Blocks. Raises BrokenCheckpoint, BrokenArchive and OSError."""
    records = len(history.records)
    entries = read_wherever(sources.ledger, history.batch, records)
    names = [f"{number:04}.json" for number in range(1, records + 1)]
    files = {f"records/{name}": entry for name, entry in zip(names, entries, strict=True)}
    files |= _documents(history, sources.outbox) | _certificates(history, sources.anchors)
    checkpoints = Checkpoints(sources.ledger.parent / CHECKPOINTS)
    covering = _choose(history, checkpoints)
    checkpoint = covering.number if covering else None
    is_sealed = checkpoint is not None and checkpoints.sealed(checkpoint).exists()
    seal = take_apart(checkpoints.sealed(checkpoint)) if checkpoint is not None and is_sealed else None
    if covering:
        files |= _checkpoint_files(covering, checkpoints, seal)
    name = None if checkpoint is None else checkpoint_name(checkpoint)
    facts = _describe(history) | {"checkpoint": name, "sealed": seal is not None, "exported_at": now.isoformat()}
    files["batch.json"] = (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()
    readme = _templates.get_template("README.txt")
    files["README.txt"] = readme.render(
        batch=history.batch,
        records=records,
        newest=names[-1],
        is_prepared=history.has(Prepared),
        checkpoint=name,
        seal=seal,
    ).encode()
    sums = "".join(_line(hashlib.sha256(files[path]).hexdigest(), path) for path in sorted(files))
    return Bundle(files | {SUMS: sums.encode()}, checkpoint, is_sealed)


def _choose(history: History, checkpoints: Checkpoints) -> _Covering | None:
    """The first sealed checkpoint that covers every record so far, or else the first of all."""
    first: _Covering | None = None
    extent = Extent()
    for number in checkpoints.numbers():
        extent.add(checkpoints.path(number).read_bytes())
        head, is_sealed = extent.heads.get(history.batch), checkpoints.sealed(number).exists()
        if head and head.records == len(history.records) and (is_sealed or first is None):
            extent.require_root()
            covering = _Covering(number, extent.prove(history.batch))
            if is_sealed:
                return covering
            first = covering
    return first


def _checkpoint_files(covering: _Covering, checkpoints: Checkpoints, seal: PlainSeal | None) -> dict[str, bytes]:
    path, sealed = checkpoints.path(covering.number), checkpoints.sealed(covering.number)
    proof = "".join(f"{step.side} {step.neighbour.hex()}\n" for step in covering.proof)
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
        f"documents/{delivery.name}{ending}": content
        for delivery in deliveries
        for ending in _ENDINGS
        if (content := _read_beside(outbox, history.gathered.route, delivery.name + ending)) is not None
    }
    return {"documents/originals.sha256": originals.encode(), "documents/sealed.sha256": sealed.encode()} | beside


def _read_beside(outbox: Path, route: RouteName, name: str) -> bytes | None:
    """A plain file in the outbox, None where there is none: a link that lies there may lead to a secret of ours."""
    try:
        with Location.of(outbox / route / name, outbox).opened() as descriptor:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            with os.fdopen(os.dup(descriptor), "rb") as file:
                return file.read(_LONGEST)
    except OSError:
        return None


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
        "releases": [
            {"releaser": record.releaser, "at": record.at.isoformat()}
            for record in history.records
            if isinstance(record, Released)
        ],
        "documents": [
            {
                **document.model_dump(mode="json", exclude={"remarks", "route"}),
                "outcome": to_jsonable_python(outcomes.get(document.id)),
            }
            for document in history.documents.values()
        ],
    }


def _line(digits: str, name: str) -> str:
    """As sha256sum(1) writes it: a backslash in front says that those of the name are escaped, and its line feeds."""
    escaped = name.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r")
    mark = "" if escaped == name else "\\"
    return f"{mark}{digits}  {escaped}\n"
