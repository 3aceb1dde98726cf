"""What is signed (XMLDSIG §4.4): references to every data file and to the signed properties, and nothing else."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from jobs.model.digest import HashAlgorithm
from worker.verification.asice.algorithms import Canonicalization, read_canonicalization, read_hash
from worker.verification.asice.markup import XmlElement, name_of, read_base64, read_children, require_attributes, shape
from worker.verification.refusal import refused, require

_PROPERTIES = "http://uri.etsi.org/01903#SignedProperties"
_CHILDREN = shape("ds:CanonicalizationMethod ds:SignatureMethod ds:Reference+")
_FILE = shape("ds:DigestMethod ds:DigestValue")
_SIGNED_PROPERTIES = shape("ds:Transforms? ds:DigestMethod ds:DigestValue")
_TRANSFORMS = shape("ds:Transform")
_ESCAPED = re.compile(r"(?:[^%?#]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Digested:
    """A hash that a reference states, and the function that made it."""

    hash_name: HashAlgorithm
    value: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FileReference:
    """A reference to a data file, by the file's name in the container."""

    name: str
    identifier: str | None
    digest: Digested


@dataclass(frozen=True, slots=True)
class PropertiesReference:
    """The reference to the signed properties, by their Id."""

    target: str
    canonicalization: Canonicalization
    digest: Digested


SignedReference = FileReference | PropertiesReference


@dataclass(frozen=True, slots=True)
class SignedInfo:
    """What is signed: `canonical` is hashed and signed, `references` keep their order."""

    canonical: bytes = field(repr=False)
    method: XmlElement = field(repr=False)
    references: tuple[SignedReference, ...]
    properties: PropertiesReference

    @property
    def files(self) -> tuple[FileReference, ...]:
        """References to data files."""
        return tuple(one for one in self.references if isinstance(one, FileReference))


def read_signed_info(element: XmlElement, approved: Collection[str]) -> SignedInfo:
    """Read a ds:SignedInfo with one reference to signed properties; all others are to files. Raises Rejected.

    `approved` are the names of the files as they were handed in.
    """
    require_attributes(element, {}, optional={"Id"})
    canonicalization, method, *references = read_children(element, _CHILDREN)
    found = tuple(_reference(one, approved) for one in references)
    properties = [one for one in found if isinstance(one, PropertiesReference)]
    require(len(properties) == 1, "the seal does not refer to its signed properties exactly once")
    files = [one.name for one in found if isinstance(one, FileReference)]
    require(len(set(files)) == len(files), "the seal refers to a file twice")
    return SignedInfo(read_canonicalization(canonicalization).of(element), method, found, properties[0])


def _reference(element: XmlElement, approved: Collection[str]) -> SignedReference:
    require_attributes(element, {"URI": None}, optional={"Id", "Type"})
    uri, kind = element.get("URI", ""), element.get("Type")
    if kind == _PROPERTIES:
        *transforms, method, value = read_children(element, _SIGNED_PROPERTIES)
        require(uri.startswith("#"), "the seal's signed properties lie outside the signature")
        transform = read_children(transforms[0], _TRANSFORMS)[0] if transforms else None
        canonicalization = read_canonicalization(transform)
        digest = Digested(read_hash(method), read_base64(value))
        return PropertiesReference(uri.removeprefix("#"), canonicalization, digest)
    require(kind is None, f"the seal refers to something of the type {kind}")
    plain = all(name_of(child) != "ds:Transforms" for child in element)
    require(plain, f"the seal changes {uri} by a transform before it is hashed")
    method, value = read_children(element, _FILE)
    # A relative reference (RFC 3986 §2.1); queries and fragments mean no file.
    require(_ESCAPED.fullmatch(uri), f"the seal refers to {uri or 'everything'}, which is no file of the container")
    try:
        name = plain_name(unquote_to_bytes(uri).decode(), approved)
    except UnicodeDecodeError as error:
        raise refused(f"the seal refers to {uri}, which is no UTF-8") from error
    return FileReference(name, element.get("Id"), Digested(read_hash(method), read_base64(value)))


def plain_name(stated: str, approved: Collection[str]) -> str:
    """The approved name that is meant, where a gateway kept a quote as an upload escapes it; else what is stated.

    Browsers and their like send a quote in a file's name as %22 (WHATWG HTML, multipart/form-data), and not every
    server turns it back. A name that was approved with %22 in it still means itself.
    """
    unescaped = stated.replace("%22", '"')
    return unescaped if stated not in approved and unescaped in approved else stated
