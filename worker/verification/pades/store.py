"""The document security store (ISO 32000-2 §12.8.4.3): evidence kept in the file, and which objects hold it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from worker.verification.evidence import Evidence, read_answer, read_certificate, read_list
from worker.verification.pades.syntax import Reference, Stream, Value
from worker.verification.refusal import require

_STORE = {"Type", "Certs", "OCSPs", "CRLs", "VRI"}
_STREAM = {"Type", "Length", "Filter"}
_VRI = {"Type": "Type", "Cert": "Certs", "OCSP": "OCSPs", "CRL": "CRLs", "TU": "TU"}
_READERS: dict[str, Callable[[bytes], object]] = {
    "Certs": read_certificate,
    "OCSPs": read_answer,
    "CRLs": read_list,
}


@dataclass(frozen=True, slots=True)
class Store:
    """What a store holds, and the objects that make it up."""

    evidence: Evidence
    objects: frozenset[Reference] = field(repr=False)


EMPTY = Store(Evidence(), frozenset())


def read_store(value: Value, look: Callable[[Reference], Value]) -> Store:
    """Read the catalogue's `/DSS`, whole. Raises Rejected and ValueError for anything that does not belong there.

    Every stream must be what its place says, so that no object of the store can serve as page content as well.
    """
    return EMPTY if value is None else _Walk(look).store(value)


@dataclass(frozen=True, slots=True)
class _Walk:
    look: Callable[[Reference], Value]
    seen: set[Reference] = field(default_factory=set)
    found: dict[str, set[bytes]] = field(default_factory=lambda: {kind: set() for kind in _READERS})

    def store(self, value: Value) -> Store:
        top = self._dictionary(value)
        require(top.keys() <= _STORE, f"the security store holds {sorted(top.keys() - _STORE)}")
        for entry in self._dictionary(top.pop("VRI", {})).values():
            vri = self._dictionary(entry)
            require(vri.keys() <= _VRI.keys(), f"the security store's VRI holds {sorted(vri.keys() - _VRI.keys())}")
            self._take({_VRI[key]: inner for key, inner in vri.items()})
        self._take(top)
        evidence = Evidence(*(frozenset(self.found[kind]) for kind in _READERS))
        return Store(evidence, frozenset(self.seen))

    def _take(self, entries: dict[str, Value]) -> None:
        for kind, read in _READERS.items():
            for item in self._array(entries.get(kind, [])):
                stream: Stream = self._resolved(item)
                plain = isinstance(stream, Stream) and stream.entries.keys() <= _STREAM
                require(plain, f"the security store's /{kind} hold something else than plain streams")
                content = stream.decoded()
                read(content)
                self.found[kind].add(content)

    def _dictionary(self, value: Value) -> dict[str, Value]:
        resolved = self._resolved(value)
        require(isinstance(resolved, dict), "the security store is malformed")
        return dict(resolved)

    def _array(self, value: Value) -> list[Value]:
        resolved = self._resolved(value)
        require(isinstance(resolved, list), "the security store is malformed")
        return list(resolved)

    def _resolved(self, value: Value) -> Value:
        if not isinstance(value, Reference):
            return value
        self.seen.add(value)
        return self.look(value)
