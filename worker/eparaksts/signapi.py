"""SignAPI: sessions, files, digests and finalization, call by call (§4)."""

import base64
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from jobs.model.digest import DigestSet, SignatureValue
from jobs.model.documents import DataFile, SealFormat
from jobs.model.seals import Seal
from worker.eparaksts import endpoints as paths
from worker.eparaksts import replies
from worker.eparaksts.bodies import FileBody, as_json
from worker.eparaksts.endpoints import Endpoints
from worker.eparaksts.judgement import TokenRefused
from worker.eparaksts.operations import Operation
from worker.eparaksts.receiving import Beginning, receive
from worker.eparaksts.replies import Configuration, StoredFile
from worker.eparaksts.signature_replies import digest_set
from worker.eparaksts.tokens import IntrospectToken
from worker.eparaksts.verdicts import Verdict, verdict
from worker.eparaksts.wire import Body, Call, Receive, Reply, Wire, read_whole

T = TypeVar("T")

MOST_SESSIONS = 100
"""In one start call (§4.1)."""
SECONDS_PER_DOCUMENT = 2.0
BYTES_PER_SECOND = 50_000
"""The slowest line that files are still sent and fetched over."""


class SignApi:
    """Calls SignAPI as the client, with a fresh token once when the kept one is refused."""

    def __init__(self, wire: Wire, endpoints: Endpoints, token: IntrospectToken) -> None:
        self._wire = wire
        self._endpoints = endpoints
        self._token = token

    async def start(self, amount: int) -> tuple[str, ...]:
        """Open `amount` sessions, 100 at most."""
        read = partial(replies.started, amount=amount)
        return await self._ask(Operation.START, paths.START.format(amount=amount), read)

    async def upload(self, session: str, path: Path, file: DataFile) -> None:
        """Add the file to the session. Raises Rejected, and Uncertain when it may have been added."""
        await self._ask(
            Operation.UPLOAD,
            paths.UPLOAD.format(session=session),
            partial(replies.uploaded, size=file.size),
            body=FileBody(path, file),
            allowance=file.size / BYTES_PER_SECOND,
        )

    async def add_digests(self, session: str, files: Sequence[DataFile]) -> None:
        """Add names and SHA-256 of files that stay here (§4.6). Raises Rejected, and Uncertain as `upload` does."""
        path = paths.ADD_DIGESTS.format(session=session)
        body = as_json({"files": [_hashed(file) for file in files]})
        await self._ask(Operation.ADD_DIGESTS, path, _nothing, body=body)

    async def files(self, session: str) -> tuple[StoredFile, ...]:
        """The session's files; once it is sealed, the sealed file alone."""
        return await self._ask(Operation.LIST, paths.LIST.format(session=session), replies.listed)

    async def download(self, session: str, file: StoredFile, target: Path, begins: Beginning) -> None:
        """Fetch a file. Raises Rejected when it does not begin as it must."""
        path = paths.DOWNLOAD.format(session=session, document=file.id)
        into = partial(receive, target=target, begins=begins)
        await self._fetch(Operation.DOWNLOAD, path, into, allowance=file.size / BYTES_PER_SECOND)

    async def calculate_digest(self, sessions: Sequence[str], seal: Seal, sealed_as: SealFormat) -> DigestSet:
        """Have the digests to be signed calculated. Both flags at once are refused, so the other is left out (§4.7)."""
        flags = {"signAsPdf": True} if sealed_as is SealFormat.PDF else {"signAsPdf": False, "createNewEdoc": True}
        asked = {"sessions": _named(sessions), "certificate": seal.certificate, **flags}
        return await self._ask(
            Operation.CALCULATE_DIGEST,
            paths.CALCULATE_DIGEST,
            partial(digest_set, sessions=sessions, seal=seal),
            body=as_json(asked),
            allowance=SECONDS_PER_DOCUMENT * len(sessions),
        )

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        """Turn signature values into sealed files, by session: None where sealed, else the vendor's error."""
        entries = [{"sessionId": session, "signatureValue": value.base64} for session, value in values.items()]
        return await self._ask(
            Operation.FINALIZE,
            paths.FINALIZE,
            partial(replies.results, sessions=tuple(values)),
            body=as_json({"sessionSignatureValues": entries, "authCertificate": seal.authentication_certificate}),
            allowance=SECONDS_PER_DOCUMENT * len(values),
        )

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        """Add an archive timestamp to sealed files, by session: None where added, else the vendor's error (§4.9)."""
        return await self._ask(
            Operation.ARCHIVE,
            paths.ARCHIVE,
            partial(replies.results, sessions=sessions),
            body=as_json({"sessions": _named(sessions), "authCertificate": seal.authentication_certificate}),
            allowance=SECONDS_PER_DOCUMENT * len(sessions),
        )

    async def validate(self, session: str, file: StoredFile) -> Verdict:
        """The vendor's own judgement of a sealed file (§4.12)."""
        path = paths.VALIDATE.format(session=session, document=file.id)
        return await self._ask(Operation.VALIDATE, path, verdict)

    async def close(self, session: str) -> None:
        """Delete the session with its files."""
        await self._ask(Operation.CLOSE, paths.CLOSE.format(session=session), _nothing)

    async def config(self) -> Configuration:
        """The client's limits."""
        return await self._ask(Operation.CONFIG, paths.CONFIG, replies.configuration)

    async def _ask(
        self,
        operation: Operation,
        path: str,
        read: Callable[[Reply], T],
        *,
        body: Body | None = None,
        allowance: float = 0.0,
    ) -> T:
        return await self._fetch(operation, path, partial(read_whole, read), body=body, allowance=allowance)

    async def _fetch(
        self, operation: Operation, path: str, into: Receive[T], *, body: Body | None = None, allowance: float = 0.0
    ) -> T:
        token = await self._token.current()
        url = self._endpoints.signapi(path)
        try:
            return await self._wire.fetch(Call(operation, url, token.bearer(), body, allowance), into)
        except TokenRefused:
            # Refused before anything was done (§4), so this is safe for every call, finalize too.
            self._token.drop(token)
        token = await self._token.current()
        return await self._wire.fetch(Call(operation, url, token.bearer(), body, allowance), into)


def _named(sessions: Sequence[str]) -> list[dict[str, str]]:
    return [{"sessionId": session} for session in sessions]


def _hashed(file: DataFile) -> dict[str, str]:
    # The vendor refuses `SHA-256`: no dash, upper case (§4.6).
    digest = base64.b64encode(file.sha256.value).decode()
    return {"name": file.name, "digest": digest, "digest_algorithm": file.sha256.algorithm.upper()}


def _nothing(_: Reply) -> None:
    return None
