"""Extra fields of ZIP headers (APPNOTE §4.5): only times are allowed, since everything else could hide something."""

from collections.abc import Mapping
from struct import Struct

from worker.verification.refusal import require

_HEADER = Struct("<2H")
_TIMES = 0x5455
_TIMES_LENGTH = {flags: 1 + 4 * flags.bit_count() for flags in range(8)}
_MODIFIED = 5


def require_harmless(local: bytes, central: bytes, name: str) -> None:
    """Both headers have no extra field, or times that agree. Raises Rejected and ValueError.

    The local one may add when the file was read and created; nothing depends on these, and nothing vouches for them.
    """
    here, there = _fields(local), _fields(central)
    require(here.keys() | there.keys() <= {_TIMES}, f"{name} has an extra field that may hide something")
    require(here.keys() == there.keys(), f"{name} is described in two ways")
    if _TIMES in here:
        sound = _TIMES_LENGTH.get(here[_TIMES][0]) == len(here[_TIMES]) and len(there[_TIMES]) <= _MODIFIED
        require(
            sound and here[_TIMES][:_MODIFIED] == there[_TIMES], f"{name} has an extra field that may hide something"
        )


def _fields(extra: bytes) -> Mapping[int, bytes]:
    found: dict[int, bytes] = {}
    while extra:
        if len(extra) < _HEADER.size:
            raise ValueError("an extra field of the container is cut off")
        kind, length = _HEADER.unpack_from(extra)
        if kind in found or not 0 < length <= len(extra) - _HEADER.size:
            raise ValueError("an extra field of the container is malformed")
        found[kind] = extra[_HEADER.size : _HEADER.size + length]
        extra = extra[_HEADER.size + length :]
    return found
