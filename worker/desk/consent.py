"""The desk's view of the platform. A token is got, used and forgotten inside one call: it never reaches a page."""

from collections.abc import Callable
from datetime import datetime

from pydantic import SecretStr

from jobs.model.names import PersonalCode
from jobs.model.seals import AuthorizationRequest, Seal
from worker.eparaksts.enrolment import enrol
from worker.eparaksts.identities import PersonalPurpose, User
from worker.eparaksts.pkce import new_verifier
from worker.eparaksts.platform import Platform


class AnotherPerson(Exception):
    """Somebody else came back from the platform than the one who is signed in on the desk."""


class PlatformConsent:
    """Two addresses for the browser, and what a one-time code tells.

    `flow` is the way of logging in that is offered, None for all (vendor §3.3); `timestamps_by` says which of the
    holder's certificates is enrolled with a seal (vendor §4.8). With `pkce` each code is bound to a verifier.
    """

    def __init__(
        self,
        platform: Platform,
        *,
        flow: str | None,
        now: Callable[[], datetime],
        timestamps_by: PersonalPurpose = PersonalPurpose.AUTHENTICATION,
        pkce: bool = True,
    ) -> None:
        self._platform = platform
        self._flow = flow
        self._now = now
        self._timestamps_by = timestamps_by
        self._pkce = pkce

    def new_proof(self) -> str | None:
        """What the code of a new dialog shall be bound to (RFC 7636); None where that is switched off."""
        return new_verifier() if self._pkce else None

    def identification_url(self, state: str, verifier: SecretStr | None) -> str:
        """Where the browser goes so that a person says who they are (leg 1)."""
        return self._platform.identification_url(state, verifier=verifier, acr_values=self._flow)

    def authorization_url(self, request: AuthorizationRequest, state: str, verifier: SecretStr | None) -> str:
        """Where the browser goes so that a person consents to exactly this (leg 2)."""
        return self._platform.authorization_url(request, state, verifier=verifier, acr_values=self._flow)

    def sign_out_url(self, after: str) -> str:
        """Where the browser goes so that the platform forgets the person too; it comes back to `after`."""
        return self._platform.sign_out_url(after)

    async def identify(self, code: SecretStr, verifier: SecretStr | None) -> User:
        """Spend the code of a leg 1 to learn who it was. Raises Retryable, Permanent or Uncertain."""
        return await self._platform.user(await self._platform.exchange(code, verifier))

    async def enrol(self, code: SecretStr, verifier: SecretStr | None, label: str, holder: PersonalCode) -> Seal:
        """Spend the code of a leg 1 to enrol a seal.

        Raises AnotherPerson unless it was the holder who came back; Retryable, Permanent or Uncertain.
        """
        token = await self._platform.exchange(code, verifier)
        user = await self._platform.user(token)
        if user.personal_code != holder:
            raise AnotherPerson(user.name)
        return await enrol(self._platform, token, label, holder, self._now(), timestamps_by=self._timestamps_by)
