"""SignAPI: sessions, files, digests and finalization, call by call (vendor §4)."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from jobs.model.digest import DigestSet, SignatureValue
from jobs.model.documents import DataFile, Profile, SealFormat
from jobs.model.errors import SealingError
from jobs.model.seals import Seal
from worker.eparaksts import signapi_replies as replies
from worker.eparaksts.bodies import FileBody, as_json
from worker.eparaksts.download import receive
from worker.eparaksts.failures import TokenRefused
from worker.eparaksts.limits import ClientLimits
from worker.eparaksts.operations import BYTES_PER_ENTRY, TERMS, Endpoints, Operation, seconds_for
from worker.eparaksts.session_files import SessionFile
from worker.eparaksts.tokens import IntrospectToken
from worker.eparaksts.validation_report import ValidationReport, read_validation
from worker.eparaksts.wire import Body, Receiver, Reply, VendorCall, Wire, read_whole

T = TypeVar("T")

MOST_SESSIONS = 100
"""In one start call (vendor §4.1)."""
BYTES_PER_SECOND = 50_000
"""The slowest line that files are still sent and fetched over."""


def download_seconds(told: int, room: int) -> float:
    """How long a file may take that is `told` to have so many bytes, beside the call's own patience.

    The vendor's word may have us wait for less than its originals and a seal would take, and never for more.
    """
    return min(told, TERMS[Operation.DOWNLOAD].largest + room) / BYTES_PER_SECOND


class SignApi:
    """Calls SignAPI as the client, with a fresh token once when the kept one is refused."""

    def __init__(self, wire: Wire, endpoints: Endpoints, token: IntrospectToken) -> None:
        self._wire = wire
        self._endpoints = endpoints
        self._token = token

    async def start(self, amount: int) -> tuple[str, ...]:
        """Open `amount` sessions, 100 at most."""
        return await self._ask(Operation.START, partial(replies.read_sessions, amount=amount), amount=str(amount))

    async def upload(self, session: str, path: Path, file: DataFile, *, keeps_name: bool) -> None:
        """Add the file to the session; `keeps_name` where the sealed file shows its name.

        Raises Rejected, also when the file is not what it was when it came, and Uncertain when it may have been added.
        """
        body = FileBody(path, file)
        try:
            await self._ask(
                Operation.UPLOAD,
                partial(replies.check_upload, size=file.size, name=file.name if keeps_name else None),
                body=body,
                allowance=file.size / BYTES_PER_SECOND,
                session=session,
            )
        except SealingError:
            if body.fault is not None:
                raise body.fault from None
            raise

    async def add_digests(self, session: str, files: Sequence[DataFile]) -> None:
        """Add names and SHA-256 of files that stay here (vendor §4.6).

        Raises Rejected, and Uncertain as `upload` does.
        """
        entries = [
            {
                "name": file.name,
                "digest": base64.b64encode(file.sha256.value).decode(),
                # The vendor refuses `SHA-256`: no dash, upper case (vendor §4.6).
                "digest_algorithm": file.sha256.algorithm.upper(),
            }
            for file in files
        ]
        await self._ask(Operation.ADD_DIGESTS, replies.read_nothing, body=as_json({"files": entries}), session=session)

    async def files(self, session: str, amount: int) -> tuple[SessionFile, ...]:
        """The session's files, of which `amount` were sent; once it is sealed, the sealed file alone."""
        return await self._ask(Operation.LIST, replies.read_files, room=amount * BYTES_PER_ENTRY, session=session)

    async def download(self, session: str, file: SessionFile, target: Path, originals: Sequence[DataFile]) -> None:
        """Fetch a file in which the `originals` are, sealed. Raises Rejected when it is longer than that can be."""
        room = sum(original.size + BYTES_PER_ENTRY for original in originals)
        await self._fetch(
            Operation.DOWNLOAD,
            partial(receive, target=target),
            allowance=download_seconds(file.size, room),
            room=room,
            session=session,
            document=file.id,
        )

    async def calculate_digest(self, sessions: Sequence[str], seal: Seal, sealed_as: SealFormat) -> DigestSet:
        """Have the digests to be signed calculated."""
        # Both flags set at once are refused, so the other is left out (vendor §4.7).
        flags = {"signAsPdf": True} if sealed_as is SealFormat.PDF else {"signAsPdf": False, "createNewEdoc": True}
        return await self._ask(
            Operation.CALCULATE_DIGEST,
            partial(replies.read_digests, sessions=sessions, seal=seal),
            body=as_json({"sessions": _session_ids(sessions), "certificate": seal.certificate, **flags}),
            allowance=seconds_for(len(sessions)),
            room=BYTES_PER_ENTRY * len(sessions),
        )

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        """Turn signature values into sealed files, by session: None where sealed, else the vendor's error."""
        entries = [{"sessionId": session, "signatureValue": value.base64} for session, value in values.items()]
        return await self._ask(
            Operation.FINALIZE,
            partial(replies.read_results, sessions=tuple(values)),
            body=as_json({"sessionSignatureValues": entries, "authCertificate": seal.authentication_certificate}),
            allowance=seconds_for(len(values)),
            room=BYTES_PER_ENTRY * len(values),
        )

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        """Add an archive timestamp to sealed files, by session: None where added, else the error (vendor §4.9)."""
        return await self._ask(
            Operation.ARCHIVE,
            partial(replies.read_results, sessions=sessions),
            body=as_json({"sessions": _session_ids(sessions), "authCertificate": seal.authentication_certificate}),
            allowance=seconds_for(len(sessions)),
            room=BYTES_PER_ENTRY * len(sessions),
        )

    async def validate(self, session: str, file: SessionFile, profile: Profile) -> ValidationReport:
        """The vendor's own judgement of a file that was sealed by this profile (vendor §4.12)."""
        read = partial(read_validation, profile=profile)
        return await self._ask(Operation.VALIDATE, read, session=session, document=file.id)

    async def close(self, session: str) -> None:
        """Delete the session with its files."""
        await self._ask(Operation.CLOSE, replies.read_nothing, session=session)

    async def limits(self) -> ClientLimits:
        """The client's limits."""
        return await self._ask(Operation.CONFIG, replies.read_limits)

    async def _ask(
        self,
        operation: Operation,
        read: Callable[[Reply], T],
        *,
        body: Body | None = None,
        allowance: float = 0.0,
        room: int = 0,
        **parts: str,
    ) -> T:
        return await self._fetch(
            operation, partial(read_whole, read), body=body, allowance=allowance, room=room, **parts
        )

    async def _fetch(
        self,
        operation: Operation,
        receiver: Receiver[T],
        *,
        body: Body | None = None,
        allowance: float = 0.0,
        room: int = 0,
        **parts: str,
    ) -> T:
        token = await self._token.current()
        call = VendorCall(operation, self._endpoints.url(operation, **parts), token.bearer(), body, allowance, room)
        try:
            return await self._wire.fetch(call, receiver)
        except TokenRefused:
            # Refused before anything was done (vendor §4), so this is safe for every call, finalize too.
            self._token.drop(token)
        token = await self._token.current()
        return await self._wire.fetch(replace(call, authorization=token.bearer()), receiver)


def _session_ids(sessions: Sequence[str]) -> list[dict[str, str]]:
    return [{"sessionId": session} for session in sessions]
