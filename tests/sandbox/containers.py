"""Containers sealed by the practice vendor, for tests to look at and to spoil."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from shutil import copyfile
from zipfile import ZipFile

from sandbox.asice import Document, append_signature, finish, hash_document, prepare, read_container, write_container
from sandbox.pki import KeyKind
from tests.sandbox.practice import NOW, a_seal, the_authority

FILES = {"līgums Nr. 7 (1+1).xml": b"<contract>ten thousand</contract>", "pielikumi/tāme & cena.txt": b"100 EUR\n"}


def signature_over(documents: tuple[Document, ...], kind: KeyKind = KeyKind.P256, number: int = 0) -> bytes:
    """A signature file over these documents, sealed now."""
    seal = a_seal(kind)
    prepared = prepare(documents, seal.certificate_der, the_authority().chain, NOW, number=number)
    return finish(prepared, seal.sign_digest(prepared.digest), the_authority(), seal.certificate, NOW)


def a_container(
    folder: Path, files: Mapping[str, bytes] = FILES, kind: KeyKind = KeyKind.P256, now: datetime = NOW
) -> Path:
    """A sealed container in the folder, with these files."""
    sources = write_files(folder / "originals", files)
    documents = tuple(hash_document(name, path) for name, path in sources.items())
    target = folder / "sealed.asice"
    write_container(target, documents, sources, now)
    append_signature(target, 0, signature_over(documents, kind), now)
    return target


def hash_only(folder: Path, files: Mapping[str, bytes]) -> Path:
    """A container sealed by the hashes of these files alone."""
    documents = tuple(Document(name, hashlib.sha256(content).digest()) for name, content in files.items())
    target = folder / "hash.asice"
    write_container(target, documents, {}, NOW)
    append_signature(target, 0, signature_over(documents), NOW)
    return target


def with_another_signature(container: Path, target: Path, kind: KeyKind = KeyKind.RSA2048) -> Path:
    """The container sealed once more."""
    opened = read_container(container)
    number = opened.next_number
    copyfile(container, target)
    append_signature(target, number, signature_over(opened.hash_documents(), kind, number), NOW)
    return target


def write_files(folder: Path, files: Mapping[str, bytes]) -> dict[str, Path]:
    """Write the files and say where they are."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {name: folder / name for name in files}


def rewritten(container: Path, target: Path, changes: Mapping[str, bytes | None]) -> Path:
    """The container with other contents in some entries, new entries, or without those that are None."""
    with ZipFile(container) as original, ZipFile(target, "w") as altered:
        for entry in original.infolist():
            content = changes.get(entry.filename, original.read(entry))
            if content is not None:
                altered.writestr(entry, content)
        for name, content in changes.items():
            if content is not None and name not in original.namelist():
                altered.writestr(name, content)
    return target
