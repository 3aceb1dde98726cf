"""Algorithms by their identifiers in XML (RFC 9231); those not listed are too weak, or nobody needs them."""

from cryptography.hazmat.primitives.asymmetric import rsa

from jobs.model.digest import HashAlgorithm
from worker.verification.asice.markup import Element, read_children, require_attributes, shape
from worker.verification.keys import SealKey
from worker.verification.refusal import require

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256": HashAlgorithm.SHA256,
    f"{_MORE}sha384": HashAlgorithm.SHA384,
    "http://www.w3.org/2001/04/xmlenc#sha512": HashAlgorithm.SHA512,
}
_NOTHING = shape("")


def read_hash(method: Element) -> HashAlgorithm:
    """The hash function of a ds:DigestMethod. Raises Rejected for a weak one."""
    require_attributes(method, {"Algorithm": None})
    read_children(method, _NOTHING)
    identifier = method.get("Algorithm", "")
    require(identifier in _DIGESTS, f"the digest algorithm {identifier} is unknown or too weak")
    return _DIGESTS[identifier]


def require_signing(method: Element, key: SealKey, hash_name: HashAlgorithm) -> None:
    """The ds:SignatureMethod is the one that this key and the approved digest call for. Raises Rejected."""
    scheme = "rsa" if isinstance(key, rsa.RSAPublicKey) else "ecdsa"
    require_attributes(method, {"Algorithm": None})
    read_children(method, _NOTHING)
    fits = method.get("Algorithm") == f"{_MORE}{scheme}-{hash_name}"
    require(fits, f"the signature method is {method.get('Algorithm')} and not {scheme} with {hash_name}")
