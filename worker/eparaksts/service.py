"""The vendor in the stories' words: implements `jobs.ports.SealingService` over SignAPI and the platform."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from jobs.model.digest import Digest, DigestSet, SignatureValue
from jobs.model.documents import Content, DataFile, Document, Profile, SealFormat
from jobs.model.errors import ConsentRefused, ConsentVoid, Permanent, Rejected, SealingError, SealRefused, Uncertain
from jobs.model.names import PersonalCode
from jobs.model.reasons import Reason
from jobs.model.records import Prepared
from jobs.model.seals import Authorization, Seal, normalise_label
from jobs.model.text import Text
from jobs.model.vendor_limits import LimitKind
from jobs.ports import SessionState, VendorLimits
from worker.eparaksts.download import complete
from worker.eparaksts.failures import Gone
from worker.eparaksts.limits import CurrentLimits
from worker.eparaksts.parts import Parts
from worker.eparaksts.platform import Platform
from worker.eparaksts.session_files import SessionFile, find_sealed_file, holds_all
from worker.eparaksts.signapi import MOST_SESSIONS, SignApi
from worker.eparaksts.tokens import Token
from worker.storage.layout import data_files

_CONTROL = DataFile(name="control.txt", size=1, sha256=Digest.sha256(b"zimogs"), media_type="text/plain")

PathsOf = Callable[[Document], tuple[Path, Path]]
"""Tells where a document's original stands, and where its sealed file shall stand."""
Bring = Callable[[Document], Awaitable[None]]
"""Has a document's original stand there. Raises OSError."""

_PLAUSIBLE = timedelta(minutes=1)
"""How far two clocks may be apart before it is worth a call to make sure."""


async def bring_nothing(_: Document) -> None:
    """For whoever has all of them."""


class EparakstsService:
    """Seals with eZīmogs+ mākonī."""

    def __init__(
        self,
        signapi: SignApi,
        platform: Platform,
        paths_of: PathsOf,
        now: Callable[[], datetime],
        offset: Callable[[], timedelta | None],
        *,
        limits: VendorLimits,
        bring: Bring = bring_nothing,
    ) -> None:
        self._bring = bring
        self._offset = offset
        self._parts = Parts(limits, now)
        self._signapi = signapi
        self._platform = platform
        self._paths_of = paths_of
        self._limits = CurrentLimits(signapi.limits, now)

    async def open_sessions(self, count: int) -> tuple[str, ...]:
        """Open `count` sessions, a hundred with each call."""
        sessions: list[str] = []
        while len(sessions) < count:
            sessions += await self._signapi.start(min(MOST_SESSIONS, count - len(sessions)))
        return tuple(sessions)

    async def upload(self, session: str, document: Document, profile: Profile) -> None:
        """Send the original's files, or only their hashes, into the session, each once.

        Raises Rejected when one is too large or refused. When an answer is lost, the session is looked into; unless
        it holds all of them whole Uncertain is raised: close it, and go on with another one.
        """
        try:
            await self._send(session, document, profile)
        except Uncertain:
            if not holds_all(await self._files(session, document), document, profile):
                raise

    async def digests(self, sessions: Sequence[str], seal: Seal, profile: Profile) -> DigestSet:
        """Have the digests calculated. Raises Rejected when one of the documents cannot be sealed."""
        return await self._signapi.calculate_digest(sessions, seal, profile.format)

    async def require_accepted(self, seal: Seal) -> None:
        """Have a digest calculated with this seal for a hash of our own, which no document can be blamed for.

        Raises SealRefused when even that is refused. What SignAPI says of a certificate that it does not take is not
        published (vendor §6), and a refused document and a refused certificate have the same status.
        """
        (session,) = await self.open_sessions(1)
        try:
            await self._signapi.add_digests(session, (_CONTROL,))
            try:
                await self._signapi.calculate_digest((session,), seal, SealFormat.EDOC)
            except Rejected as error:
                label = normalise_label(seal.label)
                raise SealRefused(
                    Text("eParaksts takes nothing with the seal {label}: {why}", label=label, why=error.detail)
                ) from None
        except (Rejected, Uncertain):
            # A client that may not send hashes at all learns nothing this way, and nobody from an answer that is lost.
            return
        finally:
            await self.close(session)

    async def sign(self, prepared: Prepared, authorization: Authorization) -> tuple[SignatureValue, ...]:
        """Exchange the code and sign all digests at once, or in parts. The token it gets lives in this function only.

        Raises ConsentVoid when the code is spent, expired or not good for so many signature calls, and ConsentRefused
        before anything is signed unless the platform says that the approver consented.
        """
        try:
            token = await self._platform.exchange(authorization.code, authorization.code_verifier)
        except Permanent as error:
            raise ConsentVoid(str(error)) from None
        if self._platform.checks_consent:
            await self._require_consent_of(authorization.approver, token)
        digests = [item.digest for item in prepared.documents]
        sign = partial(self._platform.sign_batch, token, prepared.seal.identity, prepared.signature_algorithm)
        await self._parts.learn_life(token.expires_at - token.issued_at)
        values = await self._parts.sign(digests, token.expires_at, sign)
        return tuple(map(SignatureValue.of, values))

    async def finalize(self, values: Mapping[str, SignatureValue], seal: Seal) -> Mapping[str, str | None]:
        """Turn values into sealed files, by session: None where sealed, else the vendor's error. Each is sent once."""

        async def finalize_part(part: Sequence[str]) -> Mapping[str, str | None]:
            return await self._signapi.finalize({session: values[session] for session in part}, seal)

        return await self._parts.call(LimitKind.FINALIZE, tuple(values), finalize_part)

    async def is_sealed(self, session: str, document: Document, profile: Profile) -> bool:
        """Look whether the session holds a sealed file; one that is gone holds none."""
        return await self.session_state(session, document, profile) is SessionState.SEALED

    async def session_state(self, session: str, document: Document, profile: Profile) -> SessionState:
        """Look at a session: whether it waits, holds a sealed file, or is gone."""
        try:
            files = await self._signapi.files(session, len(document.files))
        except Gone:
            return SessionState.GONE
        return SessionState.WAITS if find_sealed_file(files, document, profile) is None else SessionState.SEALED

    async def is_untouched(self, session: str, document: Document, profile: Profile) -> bool:
        """Look whether the session is there with what was sent and no sealed file; one that is gone was touched."""
        return holds_all(await self._files(session, document), document, profile)

    async def archive(self, sessions: Sequence[str], seal: Seal) -> Mapping[str, str | None]:
        """Add archive timestamps, by session: None where added, else the vendor's error. Each is sent once."""
        return await self._parts.call(LimitKind.ARCHIVE, sessions, partial(self._signapi.archive, seal=seal))

    async def download(self, session: str, document: Document, profile: Profile) -> None:
        """Fetch the sealed file to the shelf; a container that was sealed by hashes gets its files from the original.

        Raises Rejected when there is none, or it is too large for one of our document.
        """
        file = await self._require_sealed_file(session, document, profile)
        original, target = self._paths_of(document)
        sent = () if profile.content is Content.HASH_ONLY else document.files
        await self._signapi.download(session, file, target, sent)
        if profile.content is Content.HASH_ONLY:
            try:
                await self._bring(document)
                await asyncio.to_thread(complete, target, data_files(original, document))
            except FileNotFoundError:
                why = Text("it was sealed by its hash, and the original for its container is not there any more")
                raise Rejected(Reason.LOST_ORIGINAL, why) from None

    async def validation(self, session: str, document: Document, profile: Profile) -> str:
        """The vendor's own report on the sealed file, as JSON. Raises Rejected when it objects to anything."""
        file = await self._require_sealed_file(session, document, profile)
        report = await self._signapi.validate(session, file, profile)
        if not report.is_passed:
            raise Rejected(
                Reason.NOT_VERIFIED,
                Text("the vendor's own validation says: {objections}", objections=", ".join(report.objections)),
            )
        return report.text

    async def close(self, session: str) -> None:
        """Let the vendor forget the session. Never raises: an open session only expires."""
        with suppress(SealingError):
            await self._signapi.close(session)

    async def session_life(self) -> timedelta:
        """How long the vendor keeps a session."""
        return (await self._limits.get()).session_life

    async def clock_offset(self) -> timedelta | None:
        """How far our clock is ahead of the vendor's, by the Date of its answers (RFC 9110 §6.6.1).

        What looks wrong, or was never told, is asked for once more, so that a clock which was mended counts at once.
        """
        offset = self._offset()
        if offset is None or abs(offset) > _PLAUSIBLE:
            with suppress(SealingError):
                await self._signapi.limits()
        return self._offset()

    async def file_max_length(self) -> int:
        """How many bytes a file may have."""
        return (await self._limits.get()).file_max_length

    async def _require_consent_of(self, approver: PersonalCode, token: Token) -> None:
        try:
            person = await self._platform.user(token)
        except Permanent as error:
            raise ConsentRefused(
                Text(
                    "The platform does not tell who consented ({why}), so nothing was sealed. If it never does, the "
                    'administrator of zimogs can set eparaksts.consenting_person = "unchecked".',
                    why=error,
                )
            ) from error
        if person.personal_code != approver:
            raise ConsentRefused(
                Text(
                    "Another person than the approver consented at eParaksts, so nothing was sealed. "
                    "Sign out there, or use a private window, and approve again."
                )
            )

    async def _send(self, session: str, document: Document, profile: Profile) -> None:
        if profile.content is Content.HASH_ONLY:
            await self._signapi.add_digests(session, document.files)
            return
        largest = await self.file_max_length()
        await self._bring(document)
        original, _ = self._paths_of(document)
        for file, path in data_files(original, document):
            if file.size > largest:
                raise Rejected(
                    Reason.TOO_LARGE,
                    Text(
                        "{name}: {size} bytes; the vendor takes {largest} at most",
                        name=file.name,
                        size=file.size,
                        largest=largest,
                    ),
                )
            await self._signapi.upload(session, path, file, keeps_name=profile.format is SealFormat.EDOC)

    async def _require_sealed_file(self, session: str, document: Document, profile: Profile) -> SessionFile:
        file = find_sealed_file(await self._files(session, document), document, profile)
        if file is None:
            raise Rejected(Reason.NOT_FINALIZED, Text("the vendor no longer holds a sealed file of this document"))
        return file

    async def _files(self, session: str, document: Document) -> tuple[SessionFile, ...]:
        try:
            return await self._signapi.files(session, len(document.files))
        except Gone:
            return ()
