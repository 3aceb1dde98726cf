"""`META-INF/manifest.xml` (OpenDocument 1.2 part 3 §3): what a container holds (ETSI EN 319 162-1 §4.4.3.2)."""

from collections.abc import Iterable, Mapping

from lxml import etree

from sandbox.asice.documents import Document
from sandbox.asice.xml import MANIFEST, append_child, parse, serialise

MIMETYPE = "application/vnd.etsi.asic-e+zip"
VERSION = "1.2"


def write_manifest(documents: Iterable[Document]) -> bytes:
    """Return the manifest of a container with these documents."""
    root = etree.Element(_name("manifest"), {_name("version"): VERSION}, nsmap={"manifest": MANIFEST})
    _entry(root, "/", MIMETYPE)
    for document in documents:
        _entry(root, document.name, document.media_type)
    return serialise(root)


def read_media_types(content: bytes) -> Mapping[str, str]:
    """Return the media type of each document that a manifest lists; raises `Malformed`."""
    entries = parse(content).iterfind(_name("file-entry"))
    return {entry.get(_name("full-path"), ""): entry.get(_name("media-type"), "") for entry in entries}


def _entry(root: etree._Element, path: str, media_type: str) -> None:
    entry = append_child(root, _name("file-entry"))
    entry.set(_name("full-path"), path)
    entry.set(_name("media-type"), media_type)


def _name(name: str) -> str:
    return f"{{{MANIFEST}}}{name}"
