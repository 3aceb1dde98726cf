"""The vendor in the stories' words: implements `jobs.ports.SealingService` over SignAPI and the platform."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from jobs.digest import SignatureValue
from jobs.errors import Rejected, SealingError, Uncertain
from jobs.model import Authorization, Document, Profile, Seal
from jobs.ports import DigestSet
from jobs.reasons import Reason
from jobs.records import Prepared
from worker.eparaksts.judgement import Gone
from worker.eparaksts.platform import Platform
from worker.eparaksts.replies import Configuration, StoredFile
from worker.eparaksts.signapi import MOST_SESSIONS, SignApi

Place = Callable[[Document], tuple[Path, Path]]

CONFIGURATION_LIFE = timedelta(minutes=5)


class Eparaksts:
    """Seals with eZīmogs+ mākonī. `place` tells where a document's original stands and its sealed file shall stand.

    When it `validates`, the vendor's own validation is asked for each sealed file, beside our own verification.
    """

    def __init__(
        self,
        signapi: SignApi,
        platform: Platform,
        place: Place,
        now: Callable[[], datetime],
        *,
        validates: bool = False,
    ) -> None:
        self._signapi = signapi
        self._platform = platform
        self._place = place
        self._now = now
        self._validates = validates
        self._asking = asyncio.Lock()
        self._known: tuple[datetime, Configuration] | None = None

    async def open_sessions(self, count: int) -> tuple[str, ...]:
        """Open `count` sessions, a hundred with each call."""
        sessions: list[str] = []
        while len(sessions) < count:
            sessions += await self._signapi.start(min(MOST_SESSIONS, count - len(sessions)))
        return tuple(sessions)

    async def upload(self, session: str, document: Document) -> None:
        """Send the original into its session, once.

        Raises Rejected when it is too large or refused. When the answer is lost, the session is looked into; unless
        it holds the whole file it is closed and Uncertain raised: go on with another session.
        """
        largest = await self.file_max_length()
        if document.size > largest:
            raise Rejected(Reason.TOO_LARGE, f"{document.size} bytes; the vendor takes {largest} at most")
        original, _ = self._place(document)
        try:
            await self._signapi.upload(session, original, document)
        except Uncertain:
            if [file.size for file in await self._files(session)] != [document.size]:
                await self.close(session)
                raise

    async def digests(self, sessions: Sequence[str], seal: Seal, profile: Profile) -> DigestSet:  # noqa: ARG002  PDF is the only format yet
        """Have the digests calculated. Raises Rejected when one of the documents cannot be sealed."""
        return await self._signapi.calculate_digest(sessions, seal)

    async def sign(self, prepared: Prepared, authorization: Authorization) -> tuple[SignatureValue, ...]:
        """Exchange the code and sign all digests at once. The token it gets lives in this function only."""
        token = await self._platform.exchange(authorization.code)
        digests = [item.digest for item in prepared.documents]
        values = await self._platform.sign_batch(token, prepared.seal.identity, prepared.signature_algorithm, digests)
        return tuple(map(SignatureValue.of, values))

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        """Turn values into sealed files, by session: None where sealed, else the vendor's error. Called once."""
        return await self._signapi.finalize(values, seal)

    async def is_sealed(self, session: str, document: Document) -> bool:
        """Look whether the session holds a file larger than the original; one that is gone holds none."""
        return await self._sealed_file(session, document) is not None

    async def download(self, session: str, document: Document) -> None:
        """Fetch the sealed file to the shelf. Raises Rejected when there is none, or not our document in it."""
        file = await self._sealed_file(session, document)
        if file is None:
            raise Rejected(Reason.NOT_FINALIZED, "the vendor no longer holds a sealed file of this document")
        await self._require_valid(session, file)
        _, sealed = self._place(document)
        await self._signapi.download(session, file, sealed, document)

    async def close(self, session: str) -> None:
        """Let the vendor forget the session. Never raises: an open session only expires."""
        with suppress(SealingError):
            await self._signapi.close(session)

    async def session_life(self) -> timedelta:
        """How long the vendor keeps a session."""
        return (await self._configuration()).session_life

    async def file_max_length(self) -> int:
        """How many bytes a file may have."""
        return (await self._configuration()).file_max_length

    async def _require_valid(self, session: str, file: StoredFile) -> None:
        if self._validates and not (verdict := await self._signapi.validate(session, file)).passed:
            objections = ", ".join(verdict.objections) or "no signature found"
            raise Rejected(Reason.NOT_VERIFIED, f"the vendor's own validation says: {objections}")

    async def _configuration(self) -> Configuration:
        async with self._asking:
            if self._known is None or self._now() - self._known[0] >= CONFIGURATION_LIFE:
                self._known = self._now(), await self._signapi.config()
            return self._known[1]

    async def _sealed_file(self, session: str, document: Document) -> StoredFile | None:
        larger = [file for file in await self._files(session) if file.size > document.size]
        return max(larger, key=lambda file: file.size, default=None)

    async def _files(self, session: str) -> tuple[StoredFile, ...]:
        try:
            return await self._signapi.files(session)
        except Gone:
            return ()
