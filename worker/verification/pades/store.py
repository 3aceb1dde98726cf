"""The document security store (ISO 32000-2 §12.8.4.3): evidence kept in the file, and how it may grow."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from worker.verification.cms import read_signed_data
from worker.verification.evidence import Evidence, read_answer, read_certificate, read_list
from worker.verification.pades.allowed import PROOF, STORE, VRI
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Name, Stream, Value
from worker.verification.pades.tail import PdfState
from worker.verification.refusal import refused, require

_READERS: dict[str, Callable[[bytes], object]] = {"Certs": read_certificate, "OCSPs": read_answer, "CRLs": read_list}
_KINDS = {"Cert": "Certs", "OCSP": "OCSPs", "CRL": "CRLs"}
_KEY = re.compile(r"[0-9A-Fa-f]{40}")
"""A VRI's key is a SHA-1 in hexadecimal (§12.8.4.4): a name for a signature, which nothing depends on."""
_read_token = lru_cache(maxsize=64)(read_signed_data)
"""A timestamp token (RFC 3161): nothing is asked of it, so nothing more is read."""


@dataclass(frozen=True, slots=True)
class Store:
    """What a store holds: all that can be read, and which certificates stood there before us."""

    evidence: Evidence = field(default_factory=Evidence)
    inherited: frozenset[bytes] = field(default=frozenset(), repr=False)


def require_grown_store(step: RevisionStep, earlier: Store) -> Store:
    """The store only grew, by proofs that we understand; what stood there is taken over unread.

    Raises Rejected for what does not belong there, so that no object of the store can serve as page content as well.
    """
    was, now = step.before.catalogue.get("DSS"), step.after.catalogue.get("DSS")
    inherited = earlier if step.before.revisions else _read_inherited(step.before, was)
    if now is None:
        require(was is None, "what was appended after the seal takes proofs away")
        return inherited
    return _Growth(step, inherited).grown(was, now)


@dataclass(slots=True)
class _Growth:
    step: RevisionStep
    earlier: Store
    found: dict[str, set[bytes]] = field(default_factory=lambda: {kind: set() for kind in _READERS})

    def grown(self, was: Value, now: Value) -> Store:
        step = self.step
        step.explain(now, was)
        old, new = step.before.dictionary(was), step.after.dictionary(now)
        step.require_listed(step.find_changes(old, new), STORE, "the security store was changed")
        require(new.get("Type") in (None, Name("DSS")), "the security store is something else")
        for kind in _READERS:
            self._require_grown(kind, old.get(kind), new.get(kind))
        step.explain(new.get("VRI"), old.get("VRI"))
        known, entries = step.before.dictionary(old.get("VRI")), step.after.dictionary(new.get("VRI"))
        require(known.keys() <= entries.keys(), "what was appended after the seal takes proofs away")
        for key in step.find_changes(known, entries) | {key for key in entries if step.writes(entries[key])}:
            if key != "Type":
                self._require_entry(key, known.get(key), entries.get(key))
        evidence = self.earlier.evidence
        kinds = (evidence.certificates, evidence.ocsp_responses, evidence.crls)
        both = (known_.union(self.found[kind]) for known_, kind in zip(kinds, _READERS, strict=True))
        return Store(Evidence(*both), self.earlier.inherited)

    def _require_entry(self, key: str, was: Value, now: Value) -> None:
        """One signature's validation-related information (§12.8.4.4)."""
        require(_KEY.fullmatch(key), "the security store names a signature as nobody does")
        self.step.explain(now, was)
        old, new = self.step.before.dictionary(was), self.step.after.dictionary(now)
        self.step.require_listed(new.keys() - old.keys(), VRI, "the security store's VRI holds")
        for kind, listed in _KINDS.items():
            self._require_grown(listed, old.get(kind), new.get(kind))
        if self.step.find_changes(old, new) & {"TS"}:
            self._take(new.get("TS"), old.get("TS"), _read_token)
        require(new.get("Type") in (None, Name("VRI"), old.get("Type")), "the security store's VRI is something else")
        self.step.explain_plain([new.get("TU")])

    def _require_grown(self, kind: str, was: Value, now: Value) -> None:
        """The list keeps what it had, and gains proofs of its kind."""
        self.step.explain(now, was)
        old, new = self.step.before.array(was), self.step.after.array(now)
        kept = [one for one in old if one in new and not self.step.writes(one)]
        for item in new:
            if item not in kept:
                self.found[kind].add(self._take(item, item if item in old else None, _READERS[kind]))
        contents = {_content(self.step.before.resolve(one)) for one in old if one not in kept}
        require(contents <= self.found[kind], "what was appended after the seal takes proofs away")

    def _take(self, item: Value, was: Value, read: Callable[[bytes], object]) -> bytes:
        """A proof that this revision brings, or takes from elsewhere in the file: a plain stream of its kind."""
        self.step.explain(item, was)
        content = _content(self.step.after.resolve(item))
        try:
            read(content)
        except ValueError as error:
            raise refused(f"the security store holds what is no proof: {error}") from error
        return content


def _content(stream: Value) -> bytes:
    plain = isinstance(stream, Stream) and stream.entries.keys() <= PROOF.keys()
    require(plain, "the security store holds something else than plain streams")
    return bytes(stream.decode())


def _read_inherited(original: PdfState, value: Value) -> Store:
    """What can be read of a store that stood in the original. Nothing is wrong with what cannot."""
    found: dict[str, frozenset[bytes]] = {}
    for kind, read in _READERS.items():
        contents: set[bytes] = set()
        listed: list[Value] = []
        with suppress(ValueError):
            listed = original.array(original.dictionary(value).get(kind))
        for item in listed:
            try:
                content = _content(original.resolve(item))
                read(content)
            except Exception:  # noqa: BLE001, S112 - whatever somebody put there before us is not ours to judge
                continue
            contents.add(content)
        found[kind] = frozenset(contents)
    return Store(Evidence(*found.values()), found["Certs"])
