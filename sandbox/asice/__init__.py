"""ASiC-E containers with XAdES B-LT seals (ETSI EN 319 162-1, EN 319 132-1) in two halves, as the PDF seals are."""

from sandbox.asice.archive import ContainerNotArchivable, archive
from sandbox.asice.container import Container, NotAContainer, read_container
from sandbox.asice.documents import Document, UnfitDocument, hash_document, media_type_of
from sandbox.asice.finish import finish
from sandbox.asice.packing import append_signature, write_container
from sandbox.asice.prepare import PreparedSignature, prepare
from sandbox.asice.verdicts import NotSigned, verdicts

__all__ = [
    "Container",
    "ContainerNotArchivable",
    "Document",
    "NotAContainer",
    "NotSigned",
    "PreparedSignature",
    "UnfitDocument",
    "append_signature",
    "archive",
    "finish",
    "hash_document",
    "media_type_of",
    "prepare",
    "read_container",
    "verdicts",
    "write_container",
]
