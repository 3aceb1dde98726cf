"""The introspect token: kept, renewed early, one renewal at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from jobs.model.errors import Retryable
from worker.eparaksts.tokens import IntrospectToken, Token

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Issuer:
    def __init__(self, life: float = 600) -> None:
        self.time = NOON
        self.life = timedelta(seconds=life)
        self.issued = 0
        self.failing = False
        self.token = IntrospectToken(self.issue, lambda: self.time)

    async def issue(self) -> Token:
        await asyncio.sleep(0)
        if self.failing:
            raise Retryable("down")
        self.issued += 1
        return Token(SecretStr(f"token-{self.issued}"), self.time, self.time + self.life)

    async def current(self, after: float) -> str:
        self.time = NOON + timedelta(seconds=after)
        return (await self.token.current()).value.get_secret_value()


@pytest.mark.parametrize(("after", "expected"), [(0, "token-1"), (539, "token-1"), (540, "token-2"), (700, "token-2")])
async def test_a_token_is_renewed_a_minute_before_it_expires(after: float, expected: str) -> None:
    issuer = Issuer()
    await issuer.current(0)
    assert await issuer.current(after) == expected


async def test_a_short_lived_token_is_still_used_for_half_its_life() -> None:
    issuer = Issuer(life=30)
    await issuer.current(0)
    assert await issuer.current(14) == "token-1"
    assert await issuer.current(15) == "token-2"


async def test_many_callers_cause_one_renewal() -> None:
    issuer = Issuer()
    tokens = await asyncio.gather(*(issuer.token.current() for _ in range(20)))
    assert issuer.issued == 1
    assert len({id(token) for token in tokens}) == 1


async def test_a_refused_token_is_dropped_once_however_many_were_refused_with_it() -> None:
    issuer = Issuer()
    refused = await issuer.token.current()
    issuer.token.drop(refused)
    renewed = await issuer.token.current()
    issuer.token.drop(refused)
    assert await issuer.token.current() is renewed


async def test_a_failed_renewal_is_tried_again_by_the_next_caller() -> None:
    issuer = Issuer()
    issuer.failing = True
    with pytest.raises(Retryable):
        await issuer.token.current()
    issuer.failing = False
    assert await issuer.current(0) == "token-1"


def test_a_token_does_not_show_itself() -> None:
    token = Token(SecretStr("hush"), NOON, NOON)
    assert "hush" not in repr(token) + str(token.bearer())
    assert token.bearer().get_secret_value() == "Bearer hush"
