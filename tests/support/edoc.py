"""Containers sealed by the practice vendor with either library's habits, at NOON."""

from collections.abc import Mapping
from pathlib import Path

from sandbox.asice import append_signature, finish, hash_document, prepare, write_container
from sandbox.pki.keys import KeyKind
from sandbox.variants.signapi import ContainerWriter
from tests.support.pki import NOON, the_authority, the_seal


def write_sealed(
    folder: Path, files: Mapping[str, bytes], writer: ContainerWriter, kind: KeyKind = KeyKind.P256
) -> Path:
    """Write these files into the folder, and beside them the container that seals them."""
    sources = {name: folder / name for name in files}
    for name, path in sources.items():
        path.write_bytes(files[name])
    documents = [hash_document(name, path) for name, path in sources.items()]
    seal, authority, target = the_seal(kind), the_authority(), folder / "sealed.edoc"
    prepared = prepare(documents, seal.certificate_der, authority.chain, NOON, writer=writer)
    signatures = finish(prepared, seal.sign_digest(prepared.digest), authority, seal.certificate, NOON)
    write_container(target, documents, sources, NOON, writer=writer)
    append_signature(target, 0, signatures, NOON, writer=writer)
    return target
