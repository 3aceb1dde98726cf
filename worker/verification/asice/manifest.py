"""The container's manifest (OpenDocument 1.2 part 3 §3.2): it names the data files, and nothing else."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from worker.verification.asice.markup import read_children, read_root, require_attributes, shape
from worker.verification.refusal import require

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_PATH, _TYPE, _VERSION = f"{_NAMESPACE}full-path", f"{_NAMESPACE}media-type", f"{_NAMESPACE}version"
_ENTRIES = shape("manifest:file-entry+")


def read_manifest(content: bytes, media_type: str, files: AbstractSet[str]) -> Mapping[str, str]:
    """The data files' media types; the container's own is this. Raises Rejected and lxml.etree.XMLSyntaxError."""
    root = read_root(content, "manifest:manifest")
    require_attributes(root, {_VERSION: {"1.2"}}, optional={_VERSION})
    listed = []
    for entry in read_children(root, _ENTRIES):
        require_attributes(entry, {_PATH: None, _TYPE: None})
        require(len(entry) == 0 and not (entry.text or "").strip(), "an entry of the manifest holds something")
        listed.append((entry.get(_PATH, ""), entry.get(_TYPE, "")))
    types = dict(listed)
    require(len(types) == len(listed), "the manifest lists a file twice")
    require(types.pop("/", None) == media_type, "the manifest states another media type for the container")
    require(types.keys() == files, "the manifest does not list exactly the files of the container")
    return types
