"""Reading SignAPI's answers, in every shape that was ever seen (vendor §7): whole, or not at all.

Pure; raises Unreadable.
"""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jobs.model.digest import Digest, DigestSet, SessionDigest
from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from jobs.model.seals import Seal
from jobs.model.text import Text, quote
from worker.eparaksts.certificates import parse_certificate
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.fields import (
    decode_base64,
    read_data,
    require_duration,
    require_field,
    require_id,
    require_number,
    require_objects,
    require_text,
    shape,
)
from worker.eparaksts.limits import ClientLimits
from worker.eparaksts.session_files import SessionFile
from worker.eparaksts.wire import Reply

_LONGEST_ERROR = 300


def read_nothing(_: Reply) -> None:
    """An answer of which only its success counts."""


def read_sessions(reply: Reply, amount: int) -> tuple[str, ...]:
    """Session ids, under either of their names (vendor §4.1): as many as were asked for, each once."""
    answer = read_data(reply)
    has_many = isinstance(answer, dict) and "sessionIds" in answer
    ids = require_field(answer, "sessionIds") if has_many else [require_field(answer, "sessionId")]
    if not isinstance(ids, list):
        raise Unreadable(f"'sessionIds' is {shape(ids)}")
    sessions = tuple(require_id({"sessionId": each}, "sessionId") for each in ids)
    if len(set(sessions)) != amount or len(sessions) != amount:
        raise Unreadable(f"{amount} sessions were asked for, {len(sessions)} came")
    return sessions


def check_upload(reply: Reply, size: int, name: str | None = None) -> None:
    """Check that the vendor stored as many bytes as were sent (vendor §4.3), and under that `name`.

    Raises Rejected for another name: it would be sealed, and the container not be what was approved.
    """
    for entry in require_objects(read_data(reply)):
        if name is not None and "name" in entry and entry["name"] != name:
            raise Rejected(
                Reason.UNUSABLE_NAME,
                Text("the sealing service keeps {name} as {kept}", name=repr(name), kept=repr(entry["name"])),
            )
        if "size" in entry and require_number(entry, "size") != size:
            raise Unreadable(f"{size} bytes were sent, {entry['size']} were stored")


def read_files(reply: Reply) -> tuple[SessionFile, ...]:
    """The files of a session (vendor §4.4); a hash has no size (vendor §4.6)."""
    files = []
    for entry in require_objects(read_data(reply)):
        is_hash = str(entry.get("type")).lower() == "hash"
        size = 0 if is_hash else require_number(entry, "size")
        files.append(SessionFile(require_id(entry, "id"), size, str(entry.get("name") or ""), is_hash))
    return tuple(files)


def read_digests(reply: Reply, sessions: Sequence[str], seal: Seal) -> DigestSet:
    """The digests in the vendor's order, on which the summary depends; every session exactly once (vendor §2, §4.7)."""
    answer = read_data(reply)
    digests = []
    for entry in require_objects(require_field(answer, "sessionDigests")):
        session, value = require_id(entry, "sessionId"), require_text(entry, "digest")
        try:
            digests.append(SessionDigest(session=session, digest=Digest.of(decode_base64(value))))
        except ValueError as error:
            raise Unreadable(f"a digest is unusable: {error}") from None
    if len(digests) != len(sessions) or {each.session for each in digests} != set(sessions):
        raise Unreadable(f"digests of {len(sessions)} sessions were asked for, {len(digests)} others or fewer came")
    return DigestSet(
        digests=tuple(digests),
        summary=require_text(answer, "digests_summary"),
        summary_algorithm=require_text(answer, "algorithm"),
        signature_algorithm=signature_algorithm(answer.get("signature_algorithm"), seal, digests[0].digest),
    )


def signature_algorithm(named: object, seal: Seal, digest: Digest) -> str:
    """The platform's name of the algorithm: from SignAPI's, or from the certificate's key and digest (vendor §4.7)."""
    name = named.lower() if isinstance(named, str) else ""
    if "ecdsa" in name:
        return "ecdsa"
    if match := re.fullmatch(r"rsa-sha-?(1|256|384|512)|sha-?(256|384|512)-?with-?rsa", name):
        return f"rsa-sha{match[1] or match[2]}"
    if isinstance(parse_certificate(seal.certificate).public_key(), RSAPublicKey):
        return f"rsa-{digest.algorithm}"
    return "ecdsa"


def read_results(reply: Reply, sessions: Sequence[str]) -> Mapping[str, str | None]:
    """What became of each session: None where the call succeeded, else the vendor's error (vendor §4.8, §4.9)."""
    entries = require_objects(require_field(read_data(reply), "results"))
    errors = {require_id(entry, "sessionId"): _describe_error(entry.get("error")) for entry in entries}
    if len(entries) != len(sessions) or errors.keys() != set(sessions):
        raise Unreadable(f"{len(sessions)} sessions were asked about, {len(entries)} results came")
    if reply.status >= HTTPStatus.BAD_REQUEST and None in errors.values():
        raise Unreadable(f"it is a refusal ({reply.status}), but not every session has an error")
    return errors


def read_limits(reply: Reply) -> ClientLimits:
    """The client's limits (vendor §4.11)."""
    answer = read_data(reply)
    return ClientLimits(
        file_max_length=require_number(answer, "fileMaxLength"),
        session_life=require_duration(answer, "sessionExpirationTimeout"),
    )


def _describe_error(error: Any) -> str | None:
    if error is None:
        return None
    if isinstance(error, dict):
        words = [str(error[name]) for name in ("code", "message") if error.get(name)]
        return quote(": ".join(words), _LONGEST_ERROR) or "the vendor named no reason"
    return quote(str(error), _LONGEST_ERROR)
