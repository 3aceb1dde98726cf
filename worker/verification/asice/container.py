"""What an ASiC-E container holds (ETSI EN 319 162-1 §4.4): its type, a manifest, one file of signatures, data files.

Nothing else may stand in it: a file that nobody approved would look as if it had been sealed too.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from mmap import mmap

from jobs.model.documents import DataFile
from worker.verification.asice.contents import read_whole
from worker.verification.asice.markup import read_children, read_root, require_attributes, shape
from worker.verification.asice.signed_info import plain_name
from worker.verification.asice.zip_entries import ZipEntry, read_entries
from worker.verification.refusal import require, require_understood

MEDIA_TYPE = "application/vnd.etsi.asic-e+zip"
_TYPE, _MANIFEST = "mimetype", "META-INF/manifest.xml"
_SIGNATURES = re.compile(r"META-INF/[^/]*signatures[^/]*\.xml")
_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_PATH, _MEDIA, _VERSION = f"{_NAMESPACE}full-path", f"{_NAMESPACE}media-type", f"{_NAMESPACE}version"
_ENTRIES = shape("manifest:file-entry+")
_LOCAL_HEADER = 30
_MAX_MANIFEST, _MAX_SIGNATURES = 4_000_000, 16_000_000


@dataclass(frozen=True, slots=True)
class Container:
    """A container with exactly the right entries: its signatures (XML), and the data files by name."""

    signatures: bytes = field(repr=False)
    files: Mapping[str, ZipEntry]
    media_types: Mapping[str, str]
    """Those of the data files, as the manifest states them."""


def read_container(content: mmap, files: Sequence[DataFile]) -> Container:
    """Read a container that must hold exactly these files. Raises Rejected, ValueError, struct.error and zlib.error.

    Of the data files themselves only the size is checked here.
    """
    entries = read_entries(content)
    _require_type(content, entries)
    approved = {file.name for file in files}
    by_name = {plain_name(entry.name, approved): entry for entry in entries}
    require(len(by_name) == len(entries), "the container has two entries of one name")
    signatures = [name for name in by_name if _SIGNATURES.fullmatch(name)]
    require(len(signatures) == 1, f"the container has {len(signatures)} files of signatures, not one")
    found = by_name.keys() - {_TYPE, _MANIFEST, *signatures}
    require(found <= approved, f"the container also holds {', '.join(sorted(found - approved))}")
    require(found == approved, f"the container lacks {', '.join(sorted(approved - found))}")
    for file in files:
        require(by_name[file.name].size == file.size, f"{file.name} does not have the size of what was approved")
    require(_MANIFEST in by_name, "the container has no manifest")
    return Container(
        signatures=read_whole(content, by_name[signatures[0]], _MAX_SIGNATURES),
        files={file.name: by_name[file.name] for file in files},
        media_types=read_manifest(read_whole(content, by_name[_MANIFEST], _MAX_MANIFEST), MEDIA_TYPE, approved),
    )


def _require_type(content: mmap, entries: Sequence[ZipEntry]) -> None:
    """The first entry tells the container's type to whoever reads its first bytes (§A.1)."""
    is_first = entries and entries[0].name == _TYPE
    told = is_first and read_whole(content, entries[0], len(MEDIA_TYPE)) == MEDIA_TYPE.encode()
    require(told, "the container does not begin with its media type")
    # Compressed or moved, it says the same, so nothing was altered; but programs that look for it there find nothing.
    require_understood(not entries[0].deflated, "the container's media type is compressed")
    at_its_place = entries[0].begin == _LOCAL_HEADER + len(_TYPE)
    require_understood(at_its_place, "an extra field moves the container's media type from its place")


def read_manifest(content: bytes, media_type: str, files: AbstractSet[str]) -> Mapping[str, str]:
    """Read the manifest (OpenDocument 1.2 part 3 §3.2): the media type of each data file; the container's own is this.

    It names the data files, and nothing else. Raises Rejected and lxml.etree.XMLSyntaxError.
    """
    root = read_root(content, "manifest:manifest")
    # More may stand in a manifest (OpenDocument 1.2 part 3 §4): nobody signs it, so it says nothing of what was sealed.
    told = {_VERSION, _PATH, _MEDIA}
    require_understood(all(told >= set(one.attrib) for one in root.iter()), "the manifest says more than types")
    require_attributes(root, {_VERSION: {"1.2"}}, optional={_VERSION})
    listed = []
    for entry in read_children(root, _ENTRIES):
        require_attributes(entry, {_PATH: None, _MEDIA: None})
        require(len(entry) == 0 and not (entry.text or "").strip(), "an entry of the manifest holds something")
        listed.append((plain_name(entry.get(_PATH, ""), files), entry.get(_MEDIA, "")))
    types = dict(listed)
    require(len(types) == len(listed), "the manifest lists a file twice")
    require(types.pop("/", None) == media_type, "the manifest states another media type for the container")
    require(types.keys() == files, "the manifest does not list exactly the files of the container")
    return types
