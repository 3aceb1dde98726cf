"""No secret leaves the client: not in a log line, an error, a traceback or a repr, even when the vendor repeats it."""

import logging
import traceback

import pytest
from aiohttp import web
from pydantic import SecretStr

from jobs.model.errors import SealingError
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.wire.practice import SECRET, Practice, answering
from worker.eparaksts.tokens import Credentials


def text_of(error: BaseException) -> str:
    """Everything an error can tell, with its causes and contexts."""
    texts: list[str] = []
    following: BaseException | None = error
    while following is not None:
        texts += [str(following), repr(following), repr(vars(following)), repr(following.args)]
        following = following.__cause__ or following.__context__
    return "\n".join([*texts, *(frame for frame in _frames(error) if "/worker/" in frame)])


def _frames(error: BaseException) -> list[str]:
    """A traceback with the values of its variables, as some loggers print it."""
    return list(traceback.TracebackException.from_exception(error, capture_locals=True).stack.format())


def assert_secret(texts: str, *secrets: SecretStr | str) -> None:
    for secret in secrets:
        assert (secret if isinstance(secret, str) else secret.get_secret_value()) not in texts


FAILURES = [
    pytest.param(Kind.STATUS, {"status": 500}, id="500"),
    pytest.param(Kind.STATUS, {"status": 400}, id="400"),
    pytest.param(Kind.STATUS, {"status": 401}, id="401"),
    pytest.param(Kind.RESET, {}, id="reset"),
    pytest.param(Kind.HALF_BODY, {}, id="half-a-body"),
]


@pytest.mark.parametrize(("kind", "rule"), FAILURES)
async def test_a_failed_exchange_tells_neither_code_nor_client_secret(
    practice: Practice, caplog: pytest.LogCaptureFixture, kind: Kind, rule: dict[str, object]
) -> None:
    caplog.set_level(logging.NOTSET)
    code = await practice.code(practice.client.platform.identification_url("state"))
    practice.order(At.TOKEN, kind, **rule)
    with pytest.raises(SealingError) as caught:
        await practice.client.platform.exchange(code)
    assert_secret(text_of(caught.value) + caplog.text, code, SECRET)


@pytest.mark.parametrize(("kind", "rule"), FAILURES)
async def test_a_failed_signature_call_does_not_tell_its_token(
    practice: Practice, caplog: pytest.LogCaptureFixture, kind: Kind, rule: dict[str, object]
) -> None:
    caplog.set_level(logging.NOTSET)
    prepared = await practice.prepare([practice.document()])
    token = await practice.signing_token(prepared)
    practice.order(At.SIGN, kind, **rule)
    with pytest.raises(SealingError) as caught:
        await practice.client.platform.sign_batch(
            token, prepared.seal.identity, prepared.signature_algorithm, [prepared.documents[0].digest]
        )
    assert_secret(text_of(caught.value) + caplog.text + repr(token), token.value)


async def test_a_whole_batch_logs_no_secret(practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.NOTSET)
    prepared = await practice.prepare([practice.document()])
    authorization = await practice.consent(prepared)
    await practice.client.service.sign(prepared, authorization)
    assert_secret(caplog.text + repr(authorization) + repr(practice), authorization.code, SECRET)


async def test_credentials_do_not_show_their_secret() -> None:
    credentials = Credentials("practice", SecretStr(SECRET))
    assert_secret(repr(credentials) + str(credentials.basic()), SECRET, credentials.basic())


async def test_a_vendor_that_repeats_the_token_in_its_refusal_is_not_quoted(practice: Practice) -> None:
    async def parrot(request: web.Request) -> web.Response:
        said = f"the header {request.headers['Authorization']} and the body {await request.text()} are wrong"
        return web.json_response({"error": "access_denied", "error_description": said}, status=403)

    token, code = await practice.login(), SecretStr("the-code")
    async with answering(parrot) as url, practice.connected(url) as client:
        with pytest.raises(SealingError) as user:
            await client.platform.user(token)
        with pytest.raises(SealingError) as exchange:
            await client.platform.exchange(code)
    assert "the header Bearer ... and" in str(user.value)
    assert_secret(text_of(user.value) + text_of(exchange.value), token.value, code, SECRET)
