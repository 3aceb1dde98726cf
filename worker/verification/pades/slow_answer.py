"""What the slow reader found, as one line of JSON: data, and nothing that is run, whoever might have written it."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from worker.guarded import AnswerLine
from worker.verification.evidence import Evidence
from worker.verification.pades.gaps import Gap
from worker.verification.pades.signatures import Signature, Signatures
from worker.verification.pades.store import Store
from worker.verification.pades.structure import Structure
from worker.verification.pades.syntax import Reference


def encode_structure(structure: Structure) -> AnswerLine:
    """A structure as JSON has it."""
    signatures = (structure.signatures.seal, *structure.signatures.timestamps)
    return {
        "signatures": [
            {
                "index": one.index,
                "reference": [*one.reference],
                "kind": one.kind,
                "contents": b64encode(one.contents).decode(),
                "gap": [one.gap.begin, one.gap.end, b64encode(one.gap.contents).decode()],
                "end": one.end,
            }
            for one in signatures
        ],
        "stores": [
            [
                *map(
                    _encode_all,
                    (
                        one.evidence.certificates,
                        one.evidence.ocsp_responses,
                        one.evidence.crls,
                        one.inherited,
                    ),
                )
            ]
            for one in structure.stores
        ],
    }


def decode_structure(reply: Mapping[str, Any]) -> Structure:
    """The same back."""
    seal, *timestamps = (
        Signature(
            index=one["index"],
            reference=Reference(*one["reference"]),
            kind=one["kind"],
            contents=b64decode(one["contents"]),
            gap=Gap(one["gap"][0], one["gap"][1], b64decode(one["gap"][2])),
            end=one["end"],
        )
        for one in reply["signatures"]
    )
    stores = (
        Store(Evidence(*(frozenset(map(b64decode, part)) for part in parts)), frozenset(map(b64decode, inherited)))
        for *parts, inherited in reply["stores"]
    )
    return Structure(Signatures(seal, tuple(timestamps)), tuple(stores))


def _encode_all(contents: Iterable[bytes]) -> list[str]:
    return sorted(b64encode(content).decode() for content in contents)
