"""The integration platform: where people identify themselves and consent, and where digests are signed (vendor §3)."""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from jobs.model.digest import Digest
from jobs.model.errors import NotThisPersons
from jobs.model.seals import AuthorizationRequest
from jobs.model.text import Text
from worker.eparaksts.bodies import BytesBody, as_form, as_json
from worker.eparaksts.identities import SignIdentity, User
from worker.eparaksts.operations import BYTES_PER_ENTRY, Endpoints, Operation, seconds_for
from worker.eparaksts.pkce import challenge_fields
from worker.eparaksts.platform_replies import (
    read_certificate,
    read_identities,
    read_signature_values,
    read_token,
    read_user,
)
from worker.eparaksts.retry import Sleep
from worker.eparaksts.tokens import Credentials, Token
from worker.eparaksts.wire import VendorCall, Wire

CLAIMS_SCOPE = "urn:lvrtc:fpeil:aa"
IDENTIFY_SCOPE = f"{CLAIMS_SCOPE} urn:safelayer:eidas:sign:identity:profile"
SIGN_SCOPE = "urn:safelayer:eidas:sign:identity:use:server"
INTROSPECT_SCOPE = "urn:safelayer:eidas:oauth:token:introspect"
FIRST_LOGIN_LOOKS = 5
FIRST_LOGIN_PAUSE = 2.0
"""Seconds between two looks."""


class Platform:
    """The calls of both browser legs, and what the server asks between and after them.

    `checks_consent` has leg 2 ask for the person's name too, so that its token can tell who consented (vendor §3.2).
    """

    def __init__(
        self,
        wire: Wire,
        endpoints: Endpoints,
        credentials: Credentials,
        *,
        redirect_uri: str,
        checks_consent: bool,
        sleep: Sleep,
        now: Callable[[], datetime],
    ) -> None:
        self._wire = wire
        self.checks_consent = checks_consent
        self._endpoints = endpoints
        self._credentials = credentials
        self._redirect_uri = redirect_uri
        self._sleep = sleep
        self._now = now

    def identification_url(
        self,
        state: str,
        *,
        verifier: SecretStr | None = None,
        acr_values: str | None = None,
        ui_locales: str | None = None,
    ) -> str:
        """Where the browser goes so that a person says who they are and which seals they may use (leg 1).

        The code that comes back is bound to the `verifier`.
        """
        asked = {"scope": IDENTIFY_SCOPE, **challenge_fields(verifier)}
        return self._authorize_url(state, asked, acr_values, ui_locales)

    def authorization_url(
        self,
        request: AuthorizationRequest,
        state: str,
        *,
        verifier: SecretStr | None = None,
        acr_values: str | None = None,
        ui_locales: str | None = None,
    ) -> str:
        """Where the browser goes so that a person consents to exactly these digests (leg 2)."""
        consent = {
            "scope": f"{CLAIMS_SCOPE} {SIGN_SCOPE}" if self.checks_consent else SIGN_SCOPE,
            "sign_identity_id": request.identity,
            "digests_summary": request.summary,
            "digests_summary_algorithm": request.summary_algorithm,
            **challenge_fields(verifier),
        }
        return self._authorize_url(state, consent, acr_values, ui_locales)

    def sign_out_url(self, after: str) -> str:
        """Where the browser goes to end the person's single sign-on; it comes back to `after` (vendor §3.12)."""
        return f"{self._endpoints.sign_out}?{urlencode({'redirect_uri': after}, quote_via=quote, safe='')}"

    async def exchange(self, code: SecretStr, verifier: SecretStr | None = None) -> Token:
        """Spend a code, with the verifier that it is bound to.

        Raises Permanent when it is spent, expired or bound to another, Uncertain when the answer is lost.
        """
        fields = {"grant_type": "authorization_code", "redirect_uri": self._redirect_uri}
        proof = {} if verifier is None else {"code_verifier": verifier.get_secret_value()}
        return await self._token(Operation.EXCHANGE, as_form(fields | {"code": code.get_secret_value()} | proof))

    async def introspect(self) -> Token:
        """Get a token that opens SignAPI."""
        fields = {"grant_type": "client_credentials", "scope": INTROSPECT_SCOPE}
        return await self._token(Operation.INTROSPECT, as_form(fields))

    async def user(self, token: Token) -> User:
        """Tell whose token it is. Raises Permanent when it is refused: the person must log in again."""
        return await self._wire.ask(self._call(Operation.USER, token), read_user)

    async def identities(self, token: Token) -> tuple[SignIdentity, ...]:
        """The person's sign identities. After a first login they may take a few seconds to appear (vendor §8).

        Raises NotThisPersons when the platform tells of none at all.
        """
        call = self._call(Operation.USER, token)
        for look in range(1, FIRST_LOGIN_LOOKS + 1):
            if identities := await self._wire.ask(call, read_identities):
                return identities
            if look < FIRST_LOGIN_LOOKS:
                await self._sleep(FIRST_LOGIN_PAUSE)
        raise NotThisPersons(Text("The platform lists no sign identities of this person. Try again in a few minutes."))

    async def certificate(self, token: Token, identity: str) -> str:
        """The identity's certificate, base64 DER on one line (vendor §3.7)."""
        call = self._call(Operation.IDENTITY, token, identity=quote(identity, safe=""))
        return await self._wire.ask(call, read_certificate)

    async def sign_batch(
        self, token: Token, identity: str, signature_algorithm: str, digests: Sequence[Digest]
    ) -> tuple[bytes, ...]:
        """Sign all digests in one call, which spends the token; values stand in the order of the digests (vendor §3.9).

        Raises Uncertain when the answer is lost or holds another number of values. The values are not verified here.
        """
        requests = [{"digest_value": base64.b64encode(digest.value).decode()} for digest in digests]
        batch = {"sign_identity_id": identity, "signature_algorithm": signature_algorithm, "requests": requests}
        call = VendorCall(
            Operation.SIGN,
            self._endpoints.url(Operation.SIGN),
            token.bearer(),
            body=as_json(batch),
            allowance=seconds_for(len(digests)),
            room=BYTES_PER_ENTRY * len(digests),
            until=token.expires_at,
        )
        return await self._wire.ask(call, partial(read_signature_values, count=len(digests)))

    def _authorize_url(self, state: str, asked: dict[str, str], acr_values: str | None, ui_locales: str | None) -> str:
        query = {
            "response_type": "code",
            "client_id": self._credentials.client_id,
            "redirect_uri": self._redirect_uri,
            "state": state,
            **asked,
            **({"acr_values": acr_values} if acr_values else {}),
            **({"ui_locales": ui_locales} if ui_locales else {}),
        }
        return f"{self._endpoints.authorize}?{urlencode(query, quote_via=quote, safe='')}"

    async def _token(self, operation: Operation, form: BytesBody) -> Token:
        call = VendorCall(operation, self._endpoints.url(operation), self._credentials.basic(), body=form)
        return await self._wire.ask(call, lambda reply: read_token(reply, self._now()))

    def _call(self, operation: Operation, token: Token, **parts: str) -> VendorCall:
        return VendorCall(operation, self._endpoints.url(operation, **parts), token.bearer(), until=token.expires_at)
