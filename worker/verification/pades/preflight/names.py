"""Names that not every writer keeps (ISO 32000-2 §7.3.5): they are bytes, which most libraries take for UTF-8.

A library that writes a page again re-encodes such a name there, but not in the page's content, which then finds its
font no more. Honest as it is, nobody can tell it from an alteration.
"""

from collections.abc import Mapping

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.text import Text
from worker.verification.pades.syntax import Name, Stream, Value


def require_common_names(value: Value) -> None:
    """All names in this object, down to references, are UTF-8 without NUL. Raises Rejected."""
    if isinstance(value, Name):
        _require_common(value)
    elif isinstance(value, Stream):
        require_common_names(value.entries)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _require_common(key)
            require_common_names(inner)
    elif isinstance(value, list):
        for inner in value:
            require_common_names(inner)


def _require_common(name: str) -> None:
    # Our reader keeps a name's bytes as Latin-1.
    try:
        is_common = "\0" not in name.encode("latin-1").decode()
    except UnicodeDecodeError:
        is_common = False
    if not is_common:
        raise Rejected(
            Reason.TOO_COMPLEX, Text("the name /{name} is not in UTF-8, so that not every program keeps it", name=name)
        )
